import Glibc

/// Keeps a lab's process alive: one end of a socket pair that closes when this process ends, however it ends.
final class Lifeline: Sendable {
  private let end: Int32

  /// Makes the pair; `reader` is for the process to be started, and the caller closes it after the start.
  static func make() throws -> (lifeline: Lifeline, reader: Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try Files.call("make a socket pair") { socketpair(AF_UNIX, kind, 0, &ends) }
    return (Lifeline(end: ends[1]), ends[0])
  }

  private init(end: Int32) { self.end = end }
  deinit { close(end) }

  /// Tells the other side to live on when this end closes; a side that is gone is not told.
  func letGo() {
    let word = Array("stay\n".utf8)
    _ = word.withUnsafeBytes { send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }
}
