import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

/// Owns one ssh_session; lives and dies on the session's thread.
final class ClientSession {
  let raw: OpaquePointer
  let configuration: SSHConfiguration
  let mailbox: Mailbox
  let deadline: Deadline
  private let event: OpaquePointer
  private let socket: SocketIdentity
  private let counter = UnsafeMutablePointer<ssh_counter_struct>.allocate(capacity: 1)

  /// Takes over `descriptor`, a connected non-blocking socket.
  init(
    descriptor: Int32, configuration: SSHConfiguration, mailbox: Mailbox, deadline: Deadline
  ) throws(SSHError) {
    guard Library.isReady, let raw = ssh_new(), let event = ssh_event_new() else {
      Glibc.close(descriptor)
      throw SSHError(host: configuration.label, step: .keyExchange, cause: .library("libssh has no memory"))
    }
    self.raw = raw
    self.event = event
    socket = SocketIdentity(descriptor)
    self.configuration = configuration
    self.mailbox = mailbox
    self.deadline = deadline
    counter.initialize(to: ssh_counter_struct())
    ssh_set_counters(raw, counter, nil)
    ssh_set_blocking(raw, 0)
    try setOptions(descriptor: descriptor)
  }

  /// Closes the socket exactly once. Who owns a socket that was given to libssh depends on its version: 0.10 closes it
  /// here or at an error before, 0.11 leaves it open always.
  deinit {
    ssh_event_remove_session(event, raw)
    ssh_event_free(event)
    ssh_silent_disconnect(raw)
    ssh_free(raw)
    if socket.isStillOpen { Glibc.close(socket.descriptor) }
    counter.deallocate()
  }

  /// Banner, key exchange. Throws when the peer is silent until the deadline, hangs up or shares no algorithm.
  func exchangeKeys(preferring knownTypes: [String]) throws(SSHError) {
    let algorithms = Self.hostKeyAlgorithms(configuration.algorithms.hostKey, knownTypes: knownTypes)
    try set(SSH_OPTIONS_HOSTKEYS, list: algorithms)
    let status = try complete(.keyExchange, again: SSH_AGAIN) { ssh_connect(raw) }
    guard status == SSH_OK else { throw failure(.keyExchange) }
    ssh_event_add_session(event, raw)
  }

  /// Repeats a non-blocking call until it no longer asks for it, waiting for the socket in between.
  func complete(_ step: SSHError.Step, again: Int32, _ call: () -> Int32) throws(SSHError) -> Int32 {
    while true {
      let status = call()
      guard status == again else { return status }
      if mailbox.isCloseRequested { throw error(step, .cancelled) }
      if deadline.hasPassed { throw error(step, .timedOut(deadline.budget)) }
      wait(milliseconds: min(deadline.milliseconds, 100))
    }
  }

  /// Waits for the socket, the eventfd or the time, whichever is first.
  func wait(milliseconds: Int32) {
    let flags = ssh_get_poll_flags(raw)
    let output = flags & SSH_WRITE_PENDING != 0 ? Int16(POLLOUT) : 0
    var descriptors = [
      pollfd(fd: ssh_get_fd(raw), events: Int16(POLLIN) | output, revents: 0),
      pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&descriptors, 2, milliseconds)
  }

  /// Moves what the socket holds into libssh's channel buffers and sends what is queued; never blocks.
  func pump() {
    _ = ssh_event_dopoll(event, 0)
  }

  /// Bytes read from the socket so far; most libssh calls read from it as they go.
  var bytesReceived: UInt64 { counter.pointee.in_bytes }

  var isConnected: Bool {
    ssh_is_connected(raw) != 0 && ssh_get_status(raw) & (SSH_CLOSED | SSH_CLOSED_ERROR) == 0
  }

  /// What libssh says about its last failure.
  var message: String { String(cString: ssh_get_error(UnsafeMutableRawPointer(raw))) }

  var wasDenied: Bool {
    ssh_get_error_code(UnsafeMutableRawPointer(raw)) == Int32(SSH_REQUEST_DENIED.rawValue)
  }

  func error(_ step: SSHError.Step, _ cause: SSHError.Cause) -> SSHError {
    SSHError(host: configuration.label, step: step, cause: cause)
  }

  /// The last failure as an error: a lost connection is told from a refusal.
  func failure(_ step: SSHError.Step) -> SSHError {
    error(step, isConnected ? .library(message) : .disconnected(message))
  }
}

/// A socket told from a later one that got the same number: by its inode, which the kernel does not give twice.
private struct SocketIdentity {
  let descriptor: Int32
  private let inode: ino_t?

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    inode = Self.inode(descriptor)
  }

  var isStillOpen: Bool { inode != nil && Self.inode(descriptor) == inode }

  /// fstat(2); nil when nothing is open there.
  private static func inode(_ descriptor: Int32) -> ino_t? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.st_ino : nil
  }
}
