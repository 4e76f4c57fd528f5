/// How to reach a host, as the user's OpenSSH configuration resolves it.
public struct SSHConfiguration: Sendable, Hashable {
  /// A process whose standard input and output carry the connection.
  public enum Proxy: Sendable, Hashable {
    /// A ProxyCommand, tokens expanded, for the user's own shell syntax.
    case shell(String)
    /// ProxyJump as an `ssh -W` argument vector; no shell reads it.
    case program([String])
  }

  public enum AddressFamily: String, Sendable, Hashable { case any, inet, inet6 }

  /// The algorithm lists that `ssh -G` prints, in its order; empty means libssh's default.
  public struct Algorithms: Sendable, Hashable {
    public var keyExchange: [String] = []
    public var hostKey: [String] = []
    public var ciphers: [String] = []
    public var macs: [String] = []
    public var publicKey: [String] = []

    public init() {}
  }

  public var hostName: String
  public var port: UInt16
  public var user: String
  public var identityFiles: [String] = []
  public var userKnownHostsFiles: [String] = []
  public var globalKnownHostsFiles: [String] = []
  /// The file of RevokedHostKeys, if any.
  public var revokedHostKeys: String?
  /// The agent's socket; nil when there is no agent or the configuration says `none`.
  public var identityAgent: String?
  public var identitiesOnly = false
  public var proxy: Proxy?
  /// The name under which the host key is looked up instead of the host name and port.
  public var hostKeyAlias: String?
  public var addressFamily = AddressFamily.any
  public var algorithms = Algorithms()

  public init(hostName: String, port: UInt16 = 22, user: String) {
    self.hostName = hostName
    self.port = port
    self.user = user
  }

  /// How errors name the host: "host", or "host:port" when the port is not 22.
  public var label: String {
    if port == 22 { return hostName }
    return hostName.contains(":") ? "[\(hostName)]:\(port)" : "\(hostName):\(port)"
  }
}
