import CLibssh

/// What the server says about a channel's end, from libssh's callbacks: the only way to learn of an exit by signal
/// in 0.10 (ssh_channel_get_exit_status gives -1).
final class ChannelSignals {
  private(set) var exit: SSHExit?
  private(set) var isClosed = false
  private let channel: OpaquePointer
  private let callbacks: UnsafeMutablePointer<ssh_channel_callbacks_struct>

  init(_ channel: OpaquePointer) {
    self.channel = channel
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: ssh_channel_callbacks_struct())
    callbacks.pointee.size = MemoryLayout<ssh_channel_callbacks_struct>.size
    callbacks.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
    callbacks.pointee.channel_exit_status_function = { _, _, status, context in
      ChannelSignals.from(context)?.exit = .status(status)
    }
    callbacks.pointee.channel_exit_signal_function = { _, _, name, _, _, _, context in
      ChannelSignals.from(context)?.exit = .signal(name.map { String(cString: $0) } ?? "")
    }
    callbacks.pointee.channel_close_function = { _, _, context in
      ChannelSignals.from(context)?.isClosed = true
    }
    ssh_add_channel_callbacks(channel, callbacks)
  }

  deinit { callbacks.deallocate() }

  /// Before ssh_channel_free: libssh keeps a freed channel, with its callbacks, until the server's close arrives.
  func detach() { ssh_remove_channel_callbacks(channel, callbacks) }

  private static func from(_ context: UnsafeMutableRawPointer?) -> ChannelSignals? {
    context.map { Unmanaged<ChannelSignals>.fromOpaque($0).takeUnretainedValue() }
  }
}
