import CLibssh

/// One channel on the session's thread: opens it, starts the command, moves bytes both ways, sees it end.
final class ChannelWorker {
  private enum Stage {
    /// No channel yet, or the server refused one: try at this moment.
    case pausing(until: ContinuousClock.Instant)
    case opening
    case requesting(String)
    case running
    case released
  }

  /// How long a refused open rests: a session that has just ended still counts at the server for some milliseconds.
  private static let pause = Duration.milliseconds(25)
  private static let chunk = 1 << 15

  private let state: ChannelState
  private let session: ClientSession
  private var stage = Stage.pausing(until: .now)
  private var channel: OpaquePointer?
  private var signals: ChannelSignals?
  private var refusal: String?
  private var isInputEnded = false
  private var buffer = [UInt8](repeating: 0, count: ChannelWorker.chunk)

  init(state: ChannelState, session: ClientSession) {
    self.state = state
    self.session = session
  }

  deinit { dropChannel() }

  var isReleased: Bool {
    if case .released = stage { true } else { false }
  }

  /// When this channel wants to be looked at without anything arriving.
  var nextWake: ContinuousClock.Instant? {
    switch stage {
    case .pausing(let instant): min(instant, state.openDeadline.instant)
    case .opening, .requesting: state.openDeadline.instant
    case .running: state.deadline?.instant
    case .released: nil
    }
  }

  /// Does what can be done now without blocking; true when something moved.
  func step() -> Bool {
    if isReleased { return false }
    if state.monitor.update({ $0.isOver }) { return abandon() }
    if let cause = expired { return release(step: cause.0, cause.1) }
    switch stage {
    case .pausing(let instant): return instant <= .now && startOpening()
    case .opening: return open()
    case .requesting(let command): return requestExec(command)
    case .running: return exchange()
    case .released: return false
    }
  }

  /// Ends the channel for its callers and frees it.
  func release(_ step: SSHError.Step, _ cause: SSHError.Cause) {
    state.fail(step, cause)
    dropChannel()
    stage = .released
  }

  private func release(step: SSHError.Step, _ cause: SSHError.Cause) -> Bool {
    if case .running = stage { stopCommand() }
    release(step, cause)
    return true
  }

  private var expired: (SSHError.Step, SSHError.Cause)? {
    if case .running = stage {
      guard let deadline = state.deadline, deadline.hasPassed else { return nil }
      return (.command, .timedOut(deadline.budget))
    }
    guard state.openDeadline.hasPassed else { return nil }
    return (openStep, refusal.map(SSHError.Cause.refused) ?? .timedOut(state.openDeadline.budget))
  }

  private var openStep: SSHError.Step {
    if case .connect = state.purpose { .connect } else { .exec }
  }

  // MARK: Opening

  private func startOpening() -> Bool {
    guard let channel = ssh_channel_new(session.raw) else {
      return release(step: .exec, .library(session.message))
    }
    self.channel = channel
    signals = ChannelSignals(channel)
    stage = .opening
    return true
  }

  private func open() -> Bool {
    let command: String
    switch state.purpose {
    case .exec(let text): command = text
    case .connect(let host, let port): return connect(to: host, port)
    }
    let status = ssh_channel_open_session(channel)
    if status == SSH_AGAIN { return false }
    if status == SSH_OK {
      stage = .requesting(command)
      return true
    }
    guard session.isConnected, session.wasDenied else {
      return release(step: .exec, .library(session.message))
    }
    refusal = session.message
    dropChannel()
    stage = .pausing(until: .now + Self.pause)
    return true
  }

  /// The server's answer is the whole result: what is behind the connection is not spoken to.
  private func connect(to host: String, _ port: UInt16) -> Bool {
    let status = ssh_channel_open_forward(channel, host, Int32(port), "127.0.0.1", 0)
    if status == SSH_AGAIN { return false }
    if status == SSH_OK {
      finish()
      return true
    }
    let cause: SSHError.Cause =
      session.isConnected && session.wasDenied ? .refused(session.message) : .library(session.message)
    return release(step: openStep, cause)
  }

  private func requestExec(_ command: String) -> Bool {
    let status = ssh_channel_request_exec(channel, command)
    if status == SSH_AGAIN { return false }
    guard status == SSH_OK else {
      return release(step: .exec, session.wasDenied ? .refused(session.message) : .library(session.message))
    }
    stage = .running
    state.monitor.update { if !$0.isOver { $0.phase = .open } }
    return true
  }

  // MARK: Moving bytes

  private func exchange() -> Bool {
    var moved = drainOutput()
    if drainErrorOutput() { moved = true }
    if sendInput() { moved = true }
    if isComplete {
      finish()
      moved = true
    }
    return moved
  }

  private func drainOutput() -> Bool {
    let isFull = state.monitor.update { $0.output.count >= ChannelState.outputHighWater }
    if isFull { return false }
    guard let bytes = read(isError: false) else { return endOutput() }
    guard !bytes.isEmpty else { return false }
    state.monitor.update { $0.output += bytes }
    return true
  }

  private func endOutput() -> Bool {
    state.monitor.update { contents in
      defer { contents.isOutputEnded = true }
      return !contents.isOutputEnded
    }
  }

  private func drainErrorOutput() -> Bool {
    guard let bytes = read(isError: true), !bytes.isEmpty else { return false }
    state.monitor.update { contents in
      let room = ChannelState.errorOutputLimit - contents.errorOutput.count
      contents.errorOutput += bytes.prefix(room)
      if bytes.count > room { contents.isErrorOutputTruncated = true }
    }
    return true
  }

  /// What libssh holds now, nothing when it holds nothing, nil at the stream's end. An error is no end: the loop sees
  /// by itself that the connection is gone.
  private func read(isError: Bool) -> ArraySlice<UInt8>? {
    let count = ssh_channel_read_nonblocking(channel, &buffer, UInt32(buffer.count), isError ? 1 : 0)
    return count == SSH_EOF ? nil : buffer.prefix(max(0, Int(count)))
  }

  private func sendInput() -> Bool {
    guard !isInputEnded, signals?.isClosed == false else { return false }
    let (bytes, isClosed) = state.monitor.update { ($0.input.front(Self.chunk), $0.isInputClosed) }
    if bytes.isEmpty { return isClosed && endInput() }
    guard ssh_channel_window_size(channel) > 0 else { return false }
    let count = bytes.withUnsafeBytes { ssh_channel_write(channel, $0.baseAddress, UInt32($0.count)) }
    guard count > 0 else { return false }
    state.monitor.update { contents in
      contents.input.drop(Int(count))
      contents.taken += Int(count)
    }
    return true
  }

  private func endInput() -> Bool {
    isInputEnded = true
    return ssh_channel_send_eof(channel) == SSH_OK
  }

  // MARK: Ending

  /// The server has closed the channel and both of its streams are drained.
  private var isComplete: Bool {
    guard signals?.isClosed == true else { return false }
    return ssh_channel_poll(channel, 0) == SSH_EOF && ssh_channel_poll(channel, 1) == SSH_EOF
  }

  private func finish() {
    let exit = signals?.exit ?? .unknown
    state.monitor.update { contents in
      guard !contents.isOver else { return }
      contents.isOutputEnded = true
      contents.phase = .ended(exit)
    }
    dropChannel()
    stage = .released
  }

  /// A caller has let go: the command is asked to end and the channel closed.
  private func abandon() -> Bool {
    if case .running = stage { stopCommand() }
    dropChannel()
    stage = .released
    return true
  }

  /// Best effort: sshd honours it for other users than root, or since OpenSSH 9.8; a command that writes or reads ends
  /// anyway, because its streams are closed.
  private func stopCommand() {
    _ = ssh_channel_request_send_signal(channel, "TERM")
  }

  private func dropChannel() {
    guard let channel else { return }
    signals?.detach()
    ssh_channel_free(channel)
    self.channel = nil
    signals = nil
  }
}
