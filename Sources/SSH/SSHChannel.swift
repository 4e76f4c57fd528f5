/// A running remote command: its standard input, output and error, and how it ended.
///
/// Cancelling a task that waits in one of these calls ends the channel for all. Dropping the last reference closes it.
public final class SSHChannel: Sendable {
  private let session: SSHSession
  private let mailbox: Mailbox
  private let state: ChannelState

  init(session: SSHSession, mailbox: Mailbox, state: ChannelState) {
    self.session = session
    self.mailbox = mailbox
    self.state = state
  }

  deinit {
    state.fail(.command, .closed)
    mailbox.wake()
  }

  /// Sends `bytes` to the command's standard input; returns when the connection has taken them all.
  ///
  /// Throws when the channel or session has ended: the command no longer reads.
  public func write(_ bytes: [UInt8]) async throws(SSHError) {
    let closed = SSHError(host: state.host, step: .command, cause: .closed)
    let mark: Int? = state.monitor.update { contents in
      guard !contents.isOver, !contents.isInputClosed else { return nil }
      contents.input.append(bytes)
      contents.queued += bytes.count
      return contents.queued
    }
    mailbox.wake()
    let outcome: Result<Void, SSHError> = try await wait { contents in
      guard let mark else { return .failure(closed) }
      if contents.taken >= mark { return .success(()) }
      return contents.isOver ? .failure(closed) : nil
    }
    try outcome.get()
  }

  /// Ends the command's standard input after what was written.
  public func closeInput() async throws(SSHError) {
    state.monitor.update { $0.isInputClosed = true }
    mailbox.wake()
    try await wait { $0.input.isEmpty || $0.isOver ? () : nil }
  }

  /// The next bytes of standard output, at least one; nil at its end.
  public func read() async throws(SSHError) -> [UInt8]? {
    let bytes: [UInt8] = try await wait { contents in
      guard contents.output.isEmpty else { return contents.takeOutput() }
      return contents.isOutputEnded || contents.isOver ? [] : nil
    }
    if bytes.count >= ChannelState.outputHighWater { mailbox.wake() }
    return bytes.isEmpty ? nil : bytes
  }

  /// Waits for the command's end.
  ///
  /// Unread output holds a chatty command back: read first, to nil.
  public func exit() async throws(SSHError) -> SSHExit {
    try await wait { contents in
      if case .ended(let exit) = contents.phase { exit } else { nil }
    }
  }

  /// Standard error so far: its first 64 KiB, and whether more came.
  public var errorOutput: (bytes: [UInt8], isTruncated: Bool) {
    state.monitor.update { ($0.errorOutput, $0.isErrorOutputTruncated) }
  }

  /// Closes the channel without waiting for the command; the server is asked to terminate it.
  public func close() async {
    state.fail(.command, .closed)
    mailbox.wake()
  }

  func waitUntilOpen() async throws(SSHError) {
    try await wait { contents -> Void? in
      if case .opening = contents.phase { nil } else { () }
    }
  }

  /// Ends the channel and gives the error to throw.
  func abandon(_ cause: SSHError.Cause) async -> SSHError {
    state.fail(.command, cause)
    mailbox.wake()
    return SSHError(host: state.host, step: .command, cause: cause)
  }

  private func wait<Value: Sendable>(
    _ attempt: @escaping @Sendable (inout ChannelState.Contents) -> Value?
  ) async throws(SSHError) -> Value {
    let state = state
    let mailbox = mailbox
    let result: Result<Value, SSHError> = await withTaskCancellationHandler {
      do throws(SSHError) { return .success(try await state.wait(attempt)) } catch { return .failure(error) }
    } onCancel: {
      state.fail(.command, .cancelled)
      mailbox.wake()
    }
    return try result.get()
  }
}

extension ChannelState.Contents {
  fileprivate mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }
}
