import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

/// What the callers ask of a session's thread, and the eventfd that wakes it from poll(2).
final class Mailbox: Sendable {
  private struct Contents: Sendable {
    var descriptor: Int32
    var channels: [ChannelState] = []
    var isCloseRequested = false
    var isFinished = false
  }

  private let monitor: Monitor<Contents>
  /// Stable while the thread runs: only the thread itself closes it, in `finish`.
  let descriptor: Int32

  /// Throws errno as `system` when the process has no descriptor left.
  init(host: String) throws(SSHError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw SSHError(host: host, step: .connect, cause: .errno()) }
    monitor = Monitor(Contents(descriptor: descriptor))
  }

  /// Hands a new channel to the thread; false when the thread has ended.
  func post(_ channel: ChannelState) -> Bool {
    let isAccepted = monitor.update { contents in
      guard !contents.isFinished, !contents.isCloseRequested else { return false }
      contents.channels.append(channel)
      return true
    }
    wake()
    return isAccepted
  }

  func requestClose() {
    monitor.update { $0.isCloseRequested = true }
    wake()
  }

  var isCloseRequested: Bool { monitor.update { $0.isCloseRequested } }

  /// Makes the thread look at its channels again; nothing happens once it has ended.
  func wake() {
    monitor.update { contents in
      guard !contents.isFinished else { return }
      _ = eventfd_write(contents.descriptor, 1)
    }
  }

  /// The channels posted since the last call. Clears the eventfd first, so a later wake is never lost.
  func take() -> [ChannelState] {
    clearWake()
    return monitor.update { contents in
      defer { contents.channels.removeAll() }
      return contents.channels
    }
  }

  /// Only by the thread, before it looks at what the wake was for.
  func clearWake() {
    var count: eventfd_t = 0
    _ = eventfd_read(descriptor, &count)
  }

  /// The last act of the thread: closes the eventfd and lets `waitUntilFinished` return. Gives what was never taken.
  func finish() -> [ChannelState] {
    monitor.update { contents in
      contents.isFinished = true
      close(contents.descriptor)
      defer { contents.channels.removeAll() }
      return contents.channels
    }
  }

  func waitUntilFinished() async {
    await monitor.wait { $0.isFinished ? () : nil }
  }
}

extension SSHError.Cause {
  /// The current errno, or the one given, with its text.
  static func errno(_ code: Int32 = Glibc.errno) -> SSHError.Cause {
    .system(code: code, text: String(cString: strerror(code)))
  }
}
