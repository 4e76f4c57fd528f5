/// A failure on the way to a host or in a command there: which host, which step, why, and what mends it.
public struct SSHError: Error, Sendable, Hashable {
  /// What was being done.
  public enum Step: String, Sendable, Hashable, CaseIterable {
    case destination, configuration, resolve, connect, proxy, keyExchange, hostKey, authentication, exec, command
  }

  /// Why it failed.
  public enum Cause: Sendable, Hashable {
    /// The text does not read as `[user@]host[:port]`.
    case malformedDestination(String)
    /// `ssh -G` failed or resolved to something that cannot be used.
    case configuration(String)
    /// The name has no address; getaddrinfo's code and text.
    case unresolvable(code: Int32, text: String)
    /// A system call failed; errno and its text.
    case system(code: Int32, text: String)
    case timedOut(Duration)
    case cancelled
    /// The session or channel was closed on this side.
    case closed
    /// The peer ended the connection or the transport broke.
    case disconnected(String)
    /// libssh refused or failed; its own words.
    case library(String)
    case hostKey(HostKeyProblem)
    case authentication(AuthenticationProblem)
    /// The server refused to open a channel or to run the command.
    case refused(String)
    /// The command wrote more than the caller allowed.
    case outputLimit(Int)
  }

  public let host: String
  public let step: Step
  public let cause: Cause

  public init(host: String, step: Step, cause: Cause) {
    self.host = host
    self.step = step
    self.cause = cause
  }
}

/// A host key that is not accepted.
public struct HostKeyProblem: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// No known_hosts file has the host.
    case unknown
    /// The host is known with another key of the same type.
    case changed
    /// The host is known, but only with keys of these other types.
    case otherType([String])
    /// The key is marked `@revoked`, or listed in RevokedHostKeys.
    case revoked
  }

  public var kind: Kind
  /// As known_hosts names the host: "name", or "[name]:port".
  public var name: String
  public var keyType: String
  /// As OpenSSH prints it: "SHA256:…".
  public var fingerprint: String
  /// The file that decides, or the one where the key would belong; nil when no file is configured.
  public var file: String?
  /// The line of `file` that decides.
  public var line: Int?
}

/// What was tried before the server refused.
public struct AuthenticationProblem: Sendable, Hashable {
  public var user: String
  /// Such as "agent key SHA256:…" and "key file /root/.ssh/id_ed25519".
  public var tried: [String]
  /// The methods that the server offers: "publickey", "password".
  public var offered: [String]
  /// Key files that could not be used because they are encrypted.
  public var encrypted: [String]
  /// Why other sources of keys gave nothing: an agent that does not answer, a file that cannot be read.
  public var notes: [String]
  /// True when the server accepted a key and wants a further method.
  public var isPartial: Bool
}
