import Glibc

/// The C of sockets; every function throws `BenchError` with the system's words.
enum Sockets {
  /// A socket file that does not exist yet (unix(7)).
  static func listen(at path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw BenchError("cannot listen at \(path): the path is too long for a socket") }
    return try listen(AF_UNIX, address, called: path)
  }

  /// A port of an IPv4 address of this machine.
  static func listen(on address: String, _ port: UInt16) throws -> Int32 {
    try listen(AF_INET, try inet(address, port), called: "\(address):\(port)")
  }

  /// A UDP socket whose packets go to that place alone.
  static func connect(to address: String, _ port: UInt16) throws -> Int32 {
    let descriptor = try open(AF_INET, SOCK_DGRAM)
    let status = withSocketAddress(of: try inet(address, port)) { Glibc.connect(descriptor, $0, $1) }
    guard status == 0 else {
      defer { close(descriptor) }
      throw BenchError.system("send to \(address)")
    }
    return descriptor
  }

  /// Who is at the other end of an accepted connection.
  static func peer(of descriptor: Int32) -> BeatCollector.Peer? {
    var storage = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
    }
    guard status == 0 else { return nil }
    if storage.sin_family == sa_family_t(AF_INET) {
      return .address(text(of: storage.sin_addr))
    }
    // `struct ucred`, which Glibc's module leaves out: process, user and group.
    var credentials: [pid_t] = [0, 0, 0]
    length = socklen_t(MemoryLayout<pid_t>.stride * credentials.count)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
    return .process(credentials[0])
  }

  static func isIPv4(_ text: some StringProtocol) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, String(text), &address) == 1
  }

  /// The IPv4 addresses that a name leads to (`getaddrinfo`).
  static func addresses(of name: String) throws -> Set<String> {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(name, nil, &hints, &list)
    guard status == 0 else { throw BenchError("\(name): \(String(cString: gai_strerror(status)))") }
    defer { freeaddrinfo(list) }
    let entries = sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
    return Set(
      entries.compactMap { entry in
        entry?.pointee.ai_addr?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { text(of: $0.pointee.sin_addr) }
      })
  }

  private static func text(of address: in_addr) -> String {
    var (address, text) = (address, [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN)))
    inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  private static func listen<Address>(_ family: Int32, _ address: Address, called name: String) throws -> Int32 {
    let descriptor = try open(family, SOCK_STREAM)
    var yes: Int32 = 1
    if family == AF_INET {
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
    guard withSocketAddress(of: address, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 8) == 0 else {
      defer { close(descriptor) }
      throw BenchError.system("listen at \(name)")
    }
    return descriptor
  }

  private static func open(_ family: Int32, _ type: __socket_type) throws -> Int32 {
    let kind = Int32(type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { throw BenchError.system("open a socket") }
    return descriptor
  }

  private static func inet(_ address: String, _ port: UInt16) throws -> sockaddr_in {
    var result = sockaddr_in()
    result.sin_family = sa_family_t(AF_INET)
    result.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &result.sin_addr) == 1 else {
      throw BenchError("\(address) is no IPv4 address")
    }
    return result
  }

  private static func withSocketAddress<Address>(
    of address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
    }
  }
}
