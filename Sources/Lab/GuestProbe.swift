import Threads

/// Pings an address at a steady pace from a thread of its own and measures how long no answer came.
///
/// Raw ICMP (raw(7), RFC 792): needs root. What it sees includes the network's relearning of where a guest is.
public final class GuestProbe: Sendable {
  /// What was seen from the start to the stop.
  public struct Report: Codable, Sendable, Equatable {
    public var sent = 0
    public var received = 0
    /// The longest time between two answers, one after the other; nil before the second.
    public var longestGap: Duration?
    /// When that gap began, from the start of the probe.
    public var longestGapBegan: Duration?
    /// From the start to the stop.
    public var elapsed: Duration = .zero
  }

  private let isStopping = Flag()
  private let task: Task<Report, any Error>

  /// Begins at once; throws `LabError` of code `systemCallFailed` when no raw socket is to be had.
  public init(address: String, every interval: Duration = .milliseconds(5)) throws {
    let socket = try EchoSocket(address: address)
    let flag = isStopping
    task = Task { try await blocking { try Self.watch(socket, every: interval, until: flag) } }
  }

  deinit { isStopping.set() }

  /// Ends the probe and returns what it saw; asked again it answers the same.
  public func stop() async throws -> Report {
    isStopping.set()
    return try await task.value
  }

  private static func watch(_ socket: EchoSocket, every interval: Duration, until flag: Flag) throws -> Report {
    let clock = ContinuousClock()
    let start = clock.now
    var next = start
    var last: ContinuousClock.Instant?
    var report = Report()
    while !flag.isSet {
      if socket.send(sequence: UInt16(truncatingIfNeeded: report.sent)) { report.sent += 1 }
      next = max(next.advanced(by: interval), clock.now)
      while try socket.receive(before: next) {
        let now = clock.now
        if let last { report.note(gap: now - last, began: last - start) }
        last = now
        report.received += 1
      }
    }
    report.elapsed = clock.now - start
    return report
  }
}

extension GuestProbe.Report {
  fileprivate mutating func note(gap: Duration, began: Duration) {
    guard gap > longestGap ?? .zero else { return }
    longestGap = gap
    longestGapBegan = began
  }
}
