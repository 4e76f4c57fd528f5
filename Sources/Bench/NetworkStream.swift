import BenchModel
import Glibc
import Synchronization
import Threads

/// Sends a packet to a guest's echo at a steady pace, and stamps what comes back, on threads of its own.
///
/// Both ways lie in what it sees: a guest that runs but that no bridge finds yet does not answer. To a guest that has not
/// answered for a while it sends less often: what piled up would be the first thing that the guest has to work off, and
/// its beats would wait for that.
public final class NetworkStream: Sendable {
  public let interval: Duration
  private let heard: Heard
  private let descriptor: Int32
  private let sender: Worker
  private let receiver: Worker

  private final class Heard: Sendable { let answers = Mutex<[Int64]>(roomy()) }

  /// Begins at once; throws `BenchError`.
  public init(to address: String, port: UInt16 = 8, every interval: Duration = .milliseconds(1)) throws {
    self.interval = interval
    let descriptor = try Sockets.connect(to: address, port)
    let step = Int64(interval / .nanoseconds(1))
    let heard = Heard()
    self.heard = heard
    sender = Worker { _, isStopping in Self.ask(descriptor, every: step, until: isStopping, hearing: heard) }
    receiver = Worker { _, isStopping in Self.hear(descriptor, until: isStopping, into: heard) }
    self.descriptor = descriptor
  }

  /// When answers came, from `start` on.
  public func answers(since start: Int64) -> [Int64] {
    heard.answers.withLock { Array($0[beginning(at: start, of: $0, by: \.self)...]) }
  }

  /// Drops what came before `start`, but for the latest.
  func forget(before start: Int64) {
    heard.answers.withLock { $0.removeFirst(min(beginning(at: start, of: $0, by: \.self), max($0.count - 1, 0))) }
  }

  /// Returns when both threads have ended.
  public func stop() async {
    await sender.stop()
    await receiver.stop()
    close(descriptor)
  }

  /// So many steps without an answer are a while.
  private static let patience: Int64 = 4

  /// What the network does not take now is a packet that does not come back; one that is due is not made up for.
  private static func ask(
    _ descriptor: Int32, every step: Int64, until isStopping: Latch, hearing heard: Heard
  ) {
    var (number, due) = (UInt64(0), monotonicNow())
    while !isStopping.isSet {
      withUnsafeBytes(of: number.littleEndian) { _ = send(descriptor, $0.baseAddress, $0.count, 0) }
      number += 1
      let silence = monotonicNow() - (heard.answers.withLock { $0.last } ?? 0)
      due = max(due + (silence > patience * step ? patience * step : step), monotonicNow())
      sleepUntil(due)
    }
  }

  private static func hear(_ descriptor: Int32, until isStopping: Latch, into heard: Heard) {
    var buffer = [UInt8](repeating: 0, count: 64)
    while !isStopping.isSet {
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, 50) > 0 else { continue }
      let stamp = monotonicNow()
      var came = 0
      while recv(descriptor, &buffer, buffer.count, 0) > 0 { came += 1 }
      if came > 0 { heard.answers.withLock { $0.append(stamp) } }
    }
  }
}
