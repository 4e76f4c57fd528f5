#if canImport(Glibc)
  import Glibc
#endif

/// A key that an agent holds.
struct AgentKey: Sendable, Equatable {
  let key: PublicKey
  let comment: String
}

/// Messages over one stream socket, each with its length in front: the agent protocol's framing.
///
/// Every wait ends at the deadline or when the session is to close; nil then, and at the stream's end.
struct AgentStream {
  let descriptor: Int32
  let deadline: Deadline
  let mailbox: Mailbox
  private static let longest = 256 << 10

  func receive() -> [UInt8]? {
    guard var head = read(4).map({ WireReader($0) }), let count = head.number() else { return nil }
    return count <= Self.longest ? read(count) : nil
  }

  /// False when the peer is gone or does not take it in time.
  func send(_ message: [UInt8]) -> Bool {
    var rest = Wire.string(message)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 { rest = rest.dropFirst(count) } else if !canRetry(Int16(POLLOUT)) { return false }
    }
    return true
  }

  private func read(_ count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: min(count, 1 << 14))
    while bytes.count < count {
      let got = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
      if got > 0 { bytes += buffer.prefix(got) } else if got == 0 || !canRetry(Int16(POLLIN)) { return nil }
    }
    return bytes
  }

  /// After a call that failed: waits if it only would have blocked. In slices, so that a close is seen.
  private func canRetry(_ events: Int16) -> Bool {
    guard errno == EAGAIN || errno == EINTR else { return false }
    while !deadline.hasPassed, !mailbox.isCloseRequested {
      var descriptors = pollfd(fd: descriptor, events: events, revents: 0)
      if poll(&descriptors, 1, min(deadline.milliseconds, 100)) > 0 { return true }
    }
    return false
  }
}

/// A connection to the user's agent. draft-miller-ssh-agent.
struct Agent {
  private static let requestIdentities: UInt8 = 11
  private static let identitiesAnswer: UInt8 = 12
  private static let signRequest: UInt8 = 13
  private static let failure: UInt8 = 5

  let stream: AgentStream

  /// Nil when nothing listens at `path`.
  init?(path: String, deadline: Deadline, mailbox: Mailbox) {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return nil }
    guard Self.connect(descriptor, path) else {
      Glibc.close(descriptor)
      return nil
    }
    stream = AgentStream(descriptor: descriptor, deadline: deadline, mailbox: mailbox)
  }

  func close() { Glibc.close(stream.descriptor) }

  /// The keys that it holds; nil when it does not answer as an agent.
  func keys() -> [AgentKey]? {
    guard stream.send([Self.requestIdentities]), let answer = stream.receive() else { return nil }
    var reader = WireReader(answer)
    guard reader.byte() == Self.identitiesAnswer, let count = reader.number() else { return nil }
    var keys: [AgentKey] = []
    for _ in 0..<count {
      guard let blob = reader.string(), let comment = reader.string() else { return nil }
      if let key = PublicKey(blob: blob) { keys.append(AgentKey(key: key, comment: printable(comment))) }
    }
    return keys
  }

  /// Answers a client as this agent with only `keys`; returns when the client hangs up or the agent fails.
  func serve(_ client: AgentStream, keys: [AgentKey]) {
    while let request = client.receive(), let answer = reply(to: request, keys: keys), client.send(answer) {}
  }

  private func reply(to request: [UInt8], keys: [AgentKey]) -> [UInt8]? {
    switch request.first {
    case Self.requestIdentities:
      let list = keys.flatMap { Wire.string($0.key.blob) + Wire.string(Array($0.comment.utf8)) }
      return [Self.identitiesAnswer] + Wire.number(keys.count) + list
    case Self.signRequest:
      var reader = WireReader(request.dropFirst())
      guard let blob = reader.string(), keys.contains(where: { $0.key.blob == blob }) else { return [Self.failure] }
      return stream.send(request) ? stream.receive() : nil
    default: return [Self.failure]
    }
  }

  private static func connect(_ descriptor: Int32, _ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  private func printable(_ bytes: [UInt8]) -> String {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
      !($0.value < 0x20 || $0.value == 0x7f)
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
