import CLibssh
import Threads

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// Makes the byte stream under a session: name lookup and TCP connect, each with its own step in errors.
///
/// Our own connect and not libssh's: every address of the host is tried within one deadline, a caller can cancel, and
/// an error says which half hung.
struct Transport {
  let configuration: SSHConfiguration
  let mailbox: Mailbox
  let deadline: Deadline

  /// A connected, non-blocking, close-on-exec socket; the caller owns it.
  func connect() throws(SSHError) -> Int32 {
    var last = error(.connect, .library("the name has no usable address"))
    for address in try addresses() {
      do throws(SSHError) { return try connect(to: address) } catch {
        guard case .system = error.cause else { throw error }
        last = error
      }
    }
    throw last
  }

  /// getaddrinfo on a thread of its own, because it cannot be interrupted; it is abandoned at the deadline.
  private func addresses() throws(SSHError) -> [SocketAddress] {
    let answer = Monitor<LookupResult?>(nil)
    let (name, port, family) = (configuration.hostName, configuration.port, configuration.addressFamily)
    let mailbox = mailbox
    detachThread {
      let result = SocketAddress.lookUp(name, port: port, family: family)
      answer.update { $0 = result }
      mailbox.wake()
    }
    while true {
      if let result = answer.update({ $0 }) { return try addresses(from: result) }
      try wait(.resolve, descriptor: -1, events: 0)
    }
  }

  private func addresses(from result: LookupResult) throws(SSHError) -> [SocketAddress] {
    switch result {
    case .found(let addresses): return addresses
    case .failed(let code, let text): throw error(.resolve, .unresolvable(code: code, text: text))
    }
  }

  private func connect(to address: SocketAddress) throws(SSHError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else { throw error(.connect, .errno()) }
    do throws(SSHError) {
      try finishConnect(descriptor, to: address)
      tune(descriptor)
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private func finishConnect(_ descriptor: Int32, to address: SocketAddress) throws(SSHError) {
    if address.connect(descriptor) == 0 { return }
    guard errno == EINPROGRESS else { throw error(.connect, .errno()) }
    while try !wait(.connect, descriptor: descriptor, events: Int16(POLLOUT)) {}
    var status: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &size)
    guard status == 0 else { throw error(.connect, .errno(status)) }
  }

  /// No Nagle delay (libssh sets that only on sockets of its own); a peer that vanishes ends the connection within
  /// about half a minute also when nobody waits with a time-out.
  private func tune(_ descriptor: Int32) {
    set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 15)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
  }

  /// The kernel's defaults still work where an option is refused.
  private func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// One poll(2); true when the descriptor is ready. Throws on the deadline and when the session is to close.
  @discardableResult
  private func wait(_ step: SSHError.Step, descriptor: Int32, events: Int16) throws(SSHError) -> Bool {
    var descriptors = [
      pollfd(fd: descriptor, events: events, revents: 0),
      pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&descriptors, 2, deadline.milliseconds)
    if mailbox.isCloseRequested { throw error(step, .cancelled) }
    if descriptors[0].revents != 0 { return true }
    if deadline.hasPassed { throw error(step, .timedOut(deadline.budget)) }
    if descriptors[1].revents != 0 { mailbox.clearWake() }
    return false
  }

  private func error(_ step: SSHError.Step, _ cause: SSHError.Cause) -> SSHError {
    SSHError(host: configuration.label, step: step, cause: cause)
  }
}

enum LookupResult: Sendable {
  case found([SocketAddress])
  case failed(code: Int32, text: String)
}

/// One answer of getaddrinfo.
struct SocketAddress: Sendable {
  let family: Int32
  private let bytes: [UInt8]

  /// Blocks for as long as the resolver does.
  static func lookUp(_ name: String, port: UInt16, family: SSHConfiguration.AddressFamily) -> LookupResult {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family = family.code
    var head: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(name, String(port), &hints, &head)
    guard status == 0 else { return .failed(code: status, text: String(cString: gai_strerror(status))) }
    defer { freeaddrinfo(head) }
    return .found(sequence(first: head, next: { $0?.pointee.ai_next }).compactMap { $0.map(SocketAddress.init) })
  }

  private init(_ info: UnsafeMutablePointer<addrinfo>) {
    family = info.pointee.ai_family
    bytes = [UInt8](UnsafeRawBufferPointer(start: info.pointee.ai_addr, count: Int(info.pointee.ai_addrlen)))
  }

  /// connect(2).
  func connect(_ descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return -1 }
      return Glibc.connect(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
  }
}

extension SSHConfiguration.AddressFamily {
  var code: Int32 {
    switch self {
    case .any: AF_UNSPEC
    case .inet: AF_INET
    case .inet6: AF_INET6
    }
  }
}
