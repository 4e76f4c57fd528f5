/// Where the user asked to go: `[user@]host[:port]`, an IPv6 address in brackets when a port follows.
public struct SSHDestination: Sendable, Hashable, CustomStringConvertible {
  public let user: String?
  /// A name, an alias of the OpenSSH configuration, or an address without brackets.
  public let host: String
  public let port: UInt16?

  public init(user: String? = nil, host: String, port: UInt16? = nil) throws(SSHError) {
    if let user, let fault = Self.fault(inUser: user) { throw Self.malformed(host, fault) }
    if let fault = Self.fault(inHost: host) { throw Self.malformed(host, fault) }
    if port == 0 { throw Self.malformed(host, "port 0 is no port") }
    self.user = user
    self.host = host
    self.port = port
  }

  /// Reads `[user@]host[:port]`. Throws `malformedDestination` with what is wrong.
  public init(_ text: String) throws(SSHError) {
    let (user, rest) = Self.splitUser(text[...])
    let (host, port) = try Self.splitPort(rest, of: text)
    try self.init(user: user.map(String.init), host: String(host), port: port)
  }

  public var description: String {
    let name = host.contains(":") && port != nil ? "[\(host)]" : host
    return (user.map { "\($0)@" } ?? "") + name + (port.map { ":\($0)" } ?? "")
  }

  private static func splitUser(_ text: Substring) -> (Substring?, Substring) {
    guard let at = text.lastIndex(of: "@") else { return (nil, text) }
    return (text[..<at], text[text.index(after: at)...])
  }

  private static func splitPort(_ rest: Substring, of text: String) throws(SSHError) -> (Substring, UInt16?) {
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { throw malformed(text, "'[' without ']'") }
      let host = rest[rest.index(after: rest.startIndex)..<end]
      let tail = rest[rest.index(after: end)...]
      if tail.isEmpty { return (host, nil) }
      guard tail.first == ":" else { throw malformed(text, "only ':port' may follow ']'") }
      return (host, try portNumber(tail.dropFirst(), of: text))
    }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return (rest, nil) }
    return (parts[0], try portNumber(parts[1], of: text))
  }

  private static func portNumber(_ digits: Substring, of text: String) throws(SSHError) -> UInt16 {
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits), port > 0 else {
      throw malformed(text, "'\(digits)' is no port number")
    }
    return port
  }

  /// What makes a host name unusable; the characters are those that OpenSSH's valid_hostname refuses, because
  /// a name can reach a shell through ProxyCommand.
  static func fault(inHost host: String) -> String? {
    if host.isEmpty { return "the host name is empty" }
    if host.hasPrefix("-") { return "a host name cannot begin with '-'" }
    return firstUnsafe(in: host, also: "@[]").map { "the host name contains \($0)" }
  }

  static func fault(inUser user: String) -> String? {
    if user.isEmpty { return "the user name is empty" }
    if user.hasPrefix("-") { return "a user name cannot begin with '-'" }
    return firstUnsafe(in: user, also: "").map { "the user name contains \($0)" }
  }

  private static func firstUnsafe(in text: String, also: String) -> String? {
    let unsafe = "'`\"$\\;&<>|(){}," + also
    let found = text.unicodeScalars.first { scalar in
      scalar.value <= 0x20 || scalar.value == 0x7f || unsafe.unicodeScalars.contains(scalar)
    }
    return found.map { $0.value <= 0x20 || $0.value == 0x7f ? "a blank or control character" : "'\($0)'" }
  }

  private static func malformed(_ text: String, _ reason: String) -> SSHError {
    SSHError(host: text, step: .destination, cause: .malformedDestination(reason))
  }
}
