/// How a remote command ended.
public enum SSHExit: Sendable, Hashable {
  case status(Int32)
  /// The name without "SIG": "TERM".
  case signal(String)
  /// The server closed the channel without saying.
  case unknown
}

/// The part of a channel that its caller and the session's thread share.
final class ChannelState: Sendable {
  enum Phase: Sendable {
    case opening
    case open
    case ended(SSHExit)
    case failed(SSHError)
  }

  struct Contents: Sendable {
    var phase = Phase.opening
    /// Bytes for the command's standard input that libssh has not taken yet.
    var input = ByteQueue()
    /// Bytes ever queued and ever taken: a writer waits for its own mark.
    var queued = 0
    var taken = 0
    var isInputClosed = false
    var output: [UInt8] = []
    var isOutputEnded = false
    var errorOutput: [UInt8] = []
    var isErrorOutputTruncated = false

    var isOver: Bool {
      switch phase {
      case .opening, .open: false
      case .ended, .failed: true
      }
    }
  }

  /// The thread stops reading from libssh beyond this, so that the channel's window holds the sender back.
  static let outputHighWater = 1 << 20
  static let errorOutputLimit = 1 << 16

  /// What the channel is opened for.
  enum Purpose: Sendable {
    case exec(String)
    /// A TCP connection that the server makes (`direct-tcpip`, RFC 4254, 7.2).
    case connect(host: String, port: UInt16)
  }

  let purpose: Purpose
  let host: String
  /// The end of the time for opening the channel and starting the command.
  let openDeadline: Deadline
  /// The end of the time for all of it, when there is one.
  let deadline: Deadline?
  let monitor: Monitor<Contents>

  init(_ purpose: Purpose, host: String, openDeadline: Deadline, deadline: Deadline?, input: [UInt8]? = nil) {
    self.purpose = purpose
    self.host = host
    self.openDeadline = openDeadline
    self.deadline = deadline
    var contents = Contents()
    if let input {
      contents.input.append(input)
      contents.queued = input.count
      contents.isInputClosed = true
    }
    monitor = Monitor(contents)
  }

  /// Ends the channel with `cause` for every caller, unless it has ended already.
  func fail(_ step: SSHError.Step, _ cause: SSHError.Cause) {
    let error = SSHError(host: host, step: step, cause: cause)
    monitor.update { contents in
      guard !contents.isOver else { return }
      contents.phase = .failed(error)
    }
  }

  /// Suspends until `attempt` succeeds or the channel fails.
  func wait<Value: Sendable>(
    _ attempt: @escaping @Sendable (inout Contents) -> Value?
  ) async throws(SSHError) -> Value {
    let result: Result<Value, SSHError> = await monitor.wait { contents in
      if case .failed(let error) = contents.phase { return .failure(error) }
      return attempt(&contents).map(Result.success)
    }
    return try result.get()
  }
}

/// Bytes waiting to be sent; taking from the front does not move the rest each time.
struct ByteQueue: Sendable {
  private var chunks: [[UInt8]] = []
  private var offset = 0

  var isEmpty: Bool { chunks.isEmpty }

  mutating func append(_ bytes: [UInt8]) {
    if !bytes.isEmpty { chunks.append(bytes) }
  }

  /// The front bytes, at most `limit`.
  func front(_ limit: Int) -> ArraySlice<UInt8> {
    guard let first = chunks.first else { return [] }
    return first[offset..<min(first.count, offset + limit)]
  }

  /// Drops `count` bytes of what `front` gave.
  mutating func drop(_ count: Int) {
    offset += count
    guard let first = chunks.first, offset >= first.count else { return }
    chunks.removeFirst()
    offset = 0
  }
}
