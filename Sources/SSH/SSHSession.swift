import Threads

/// What a finished command left.
public struct SSHCommandResult: Sendable, Hashable {
  public var standardOutput: [UInt8]
  /// The first 64 KiB.
  public var standardError: [UInt8]
  public var isStandardErrorTruncated: Bool
  public var exit: SSHExit

  public var isSuccess: Bool { exit == .status(0) }
}

/// One authenticated connection to a host; several commands run on it at once.
///
/// libssh's session is touched only by a pthread that belongs to this object: calls post to it and wait. After the
/// connection breaks every call throws; make a new session then.
public final class SSHSession: Sendable {
  public let configuration: SSHConfiguration
  /// What opening a channel may take when the caller does not say.
  public let timeout: Duration
  private let mailbox: Mailbox

  private init(configuration: SSHConfiguration, timeout: Duration, mailbox: Mailbox) {
    self.configuration = configuration
    self.timeout = timeout
    self.mailbox = mailbox
  }

  deinit { mailbox.requestClose() }

  /// Resolves, connects, verifies the host key and authenticates, all within `timeout`.
  ///
  /// Throws with the step that failed or hung; nothing is left behind then. Cancellation returns at once.
  public static func connect(
    _ configuration: SSHConfiguration, timeout: Duration = .seconds(10)
  ) async throws(SSHError) -> SSHSession {
    let mailbox = try Mailbox(host: configuration.label)
    let started = Monitor<Result<Void, SSHError>?>(nil)
    let deadline = Deadline(after: timeout)
    detachThread {
      SessionThread(configuration: configuration, mailbox: mailbox, deadline: deadline).run { result in
        started.update { $0 = $0 ?? result }
      }
    }
    let cancelled = SSHError(host: configuration.label, step: .connect, cause: .cancelled)
    let result = await withTaskCancellationHandler {
      await started.wait { $0 }
    } onCancel: {
      started.update { $0 = $0 ?? .failure(cancelled) }
      mailbox.requestClose()
    }
    try result.get()
    return SSHSession(configuration: configuration, timeout: timeout, mailbox: mailbox)
  }

  /// Starts `command` under the login shell of the user and leaves its three streams open.
  ///
  /// Waits while 8 channels are open on this session. Throws when the server refuses or `timeout` (else the
  /// session's own) passes.
  public func openChannel(command: String, timeout: Duration? = nil) async throws(SSHError) -> SSHChannel {
    let deadline = Deadline(after: timeout ?? self.timeout)
    return try await start(
      ChannelState(.exec(command), host: configuration.label, openDeadline: deadline, deadline: nil))
  }

  /// Runs `command` to its end with `input` as its standard input.
  ///
  /// A command that fails is a result, not a throw. Throws on time-out, on more than `outputLimit` bytes of output
  /// and when the session breaks; the session stays usable after the first two.
  public func run(
    _ command: String, input: [UInt8] = [], timeout: Duration, outputLimit: Int = 64 << 20
  ) async throws(SSHError) -> SSHCommandResult {
    let deadline = Deadline(after: timeout)
    let channel = try await start(
      ChannelState(
        .exec(command), host: configuration.label, openDeadline: deadline, deadline: deadline, input: input))
    var output: [UInt8] = []
    while let bytes = try await channel.read() {
      output += bytes
      guard output.count <= outputLimit else { throw await channel.abandon(.outputLimit(outputLimit)) }
    }
    let exit = try await channel.exit()
    let (error, isTruncated) = channel.errorOutput
    return SSHCommandResult(
      standardOutput: output, standardError: error, isStandardErrorTruncated: isTruncated, exit: exit)
  }

  /// Has the server connect to a TCP port as it sees the network, and closes that connection at once.
  ///
  /// Needs no program there, only AllowTcpForwarding. Throws `.refused` with the server's words ("Connection refused",
  /// "administratively prohibited"), and `.timedOut` when the server had no answer either within `timeout`.
  public func reach(_ host: String, port: UInt16, timeout: Duration) async throws(SSHError) {
    let purpose = ChannelState.Purpose.connect(host: host, port: port)
    _ = try await start(
      ChannelState(purpose, host: configuration.label, openDeadline: Deadline(after: timeout), deadline: nil))
  }

  /// Ends every channel and the connection; returns when the thread has let go of everything.
  public func close() async {
    mailbox.requestClose()
    await mailbox.waitUntilFinished()
  }

  private func start(_ state: ChannelState) async throws(SSHError) -> SSHChannel {
    let channel = SSHChannel(session: self, mailbox: mailbox, state: state)
    guard mailbox.post(state) else {
      throw SSHError(host: configuration.label, step: .exec, cause: .closed)
    }
    try await channel.waitUntilOpen()
    return channel
  }
}
