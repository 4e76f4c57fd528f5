/// The lines of the known_hosts files, and what they say about a host's key. sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
///
/// Our own reading and not libssh's: libssh 0.10 takes one user file and one global file, ignores `@revoked`, and
/// matches `*.example.org,!bad.example.org` for the host that the line excludes.
struct KnownHosts: Sendable {
  struct Entry: Sendable, Equatable {
    enum Marker: Sendable, Equatable { case none, revoked, certificateAuthority }

    var marker: Marker
    /// The comma-separated patterns, or one hashed name.
    var hosts: String
    var key: PublicKey
    var file: String
    var line: Int
  }

  enum Verdict: Sendable, Equatable {
    case known
    case unknown
    case changed(file: String, line: Int)
    case otherType([String], file: String, line: Int)
    case revoked(file: String, line: Int)
  }

  var entries: [Entry]

  /// Lines that do not parse are skipped, as OpenSSH does; a later line may still know the host.
  init(files: [(path: String, text: String)]) {
    entries = files.flatMap { file in
      file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
        Entry(line, file: file.path, line: index + 1)
      }
    }
  }

  /// Judges `key` for a host. A key that is revoked under any of the names is refused whatever else is known; a host on
  /// another port than 22 may also be known by its name alone, but then only to accept it (ssh.c, check_host_key).
  func verdict(on key: PublicKey, for host: HostKeyName) -> Verdict {
    let named = entries.filter { host.matches($0.hosts) }
    let bare = host.bare.map { bare in entries.filter { bare.matches($0.hosts) } } ?? []
    if let entry = (named + bare).first(where: { $0.marker == .revoked && $0.key.blob == key.blob }) {
      return .revoked(file: entry.file, line: entry.line)
    }
    let plain = named.filter { $0.marker == .none }
    if (plain + bare.filter { $0.marker == .none }).contains(where: { $0.key.blob == key.blob }) { return .known }
    if let entry = plain.first(where: { $0.key.type == key.type }) {
      return .changed(file: entry.file, line: entry.line)
    }
    guard let entry = plain.first else { return .unknown }
    return .otherType(plain.map(\.key.type), file: entry.file, line: entry.line)
  }

  /// The key types that are known for a host, in file order; those to ask the server for first.
  func keyTypes(for host: HostKeyName) -> [String] {
    let names = [host] + (host.bare.map { [$0] } ?? [])
    return names.flatMap { name in
      entries.filter { $0.marker == .none && name.matches($0.hosts) }.map(\.key.type)
    }
  }
}

extension KnownHosts.Entry {
  /// `[marker] hosts type base64 [comment]`; nil for comments, blank lines and what does not parse.
  init?(_ text: Substring, file: String, line: Int) {
    var words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let first = words.first, !first.hasPrefix("#") else { return nil }
    marker = .none
    if first.hasPrefix("@") {
      guard let known = Self.markers[first] else { return nil }
      marker = known
      words.removeFirst()
    }
    guard words.count >= 3, let key = PublicKey(base64: words[2]), key.type == words[1] else { return nil }
    hosts = words[0]
    self.key = key
    self.file = file
    self.line = line
  }

  private static let markers: [String: Marker] = ["@revoked": .revoked, "@cert-authority": .certificateAuthority]
}

/// The name under which a host's key is kept: lower case, "[name]:port" when the port is not 22.
struct HostKeyName: Sendable, Equatable {
  let text: String
  /// The same host without its port, when there is one.
  private let bareText: String?

  var bare: HostKeyName? { bareText.map { HostKeyName(text: $0, bareText: nil) } }

  init(host: String, port: UInt16, alias: String?) {
    let name = (alias ?? host).lowercased()
    let hasPort = alias == nil && port != 22
    self.init(text: hasPort ? "[\(name)]:\(port)" : name, bareText: hasPort ? name : nil)
  }

  private init(text: String, bareText: String?) {
    self.text = text
    self.bareText = bareText
  }

  /// Whether a host field names this host: hashed, or patterns of which none negated may match.
  func matches(_ field: String) -> Bool {
    if field.hasPrefix("|") { return HashedName.matches(field, name: text) }
    var isMatch = false
    for pattern in field.lowercased().split(separator: ",") {
      if pattern.hasPrefix("!") {
        if Self.matches(text[...], pattern.dropFirst()) { return false }
      } else if Self.matches(text[...], pattern) {
        isMatch = true
      }
    }
    return isMatch
  }

  /// `*` and `?` only. Linear in practice: backtracks to the last `*`.
  private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
    let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
    var (at, from) = (0, 0)
    var star: (at: Int, from: Int)?
    while at < text.count {
      if from < pattern.count, pattern[from] == UInt8(ascii: "*") {
        star = (at, from)
        from += 1
      } else if from < pattern.count, pattern[from] == UInt8(ascii: "?") || pattern[from] == text[at] {
        (at, from) = (at + 1, from + 1)
      } else if let last = star {
        star = (last.at + 1, last.from)
        (at, from) = (last.at + 1, last.from + 1)
      } else {
        return false
      }
    }
    return pattern[from...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
