import Threads

/// Asks at a steady pace, from its making until it is stopped, on a thread of its own.
public final class SteadyProbe<Report: Sendable>: Sendable {
  private let isStopping = Latch()
  private let task: Task<Report, any Error>

  /// - Parameter body: asks until the flag is set, and returns what it saw; it may block.
  init(_ body: @escaping @Sendable (Latch) throws -> Report) {
    let flag = isStopping
    task = Task { try await blocking { try body(flag) } }
  }

  deinit { isStopping.set() }

  /// Ends the probe and returns what it saw; asked again it answers the same. Throws `LabError` of code
  /// `systemCallFailed` when the network could not be asked.
  public func stop() async throws -> Report {
    isStopping.set()
    return try await task.value
  }
}

/// Sends every `interval` until the flag is set, and notes each answer with its time; both count from the start. Returns
/// how long it took.
/// - Parameters:
///   - send: is given the number of the request, from 0.
///   - receive: waits for one answer; nil when the deadline passed first.
func askSteadily<Answer>(
  every interval: Duration, until flag: Latch, send: (Int) -> Void,
  receive: (ContinuousClock.Instant) throws -> Answer?, note: (Answer, Duration) -> Void
) throws -> Duration {
  let start = ContinuousClock.now
  var (next, number) = (start, 0)
  while !flag.isSet {
    send(number)
    number += 1
    next = max(next.advanced(by: interval), .now)
    while let answer = try receive(next) { note(answer, ContinuousClock.now - start) }
  }
  return ContinuousClock.now - start
}

/// The longest time between two answers, one after the other.
struct LongestGap {
  private(set) var length: Duration?
  /// When it began.
  private(set) var began: Duration?
  private(set) var last: Duration?

  mutating func note(answerAt time: Duration) {
    if let last, time - last > length ?? .zero { (length, began) = (time - last, last) }
    last = time
  }
}
