import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

/// Strict: only a key that a known_hosts file has is accepted. libssh checks nothing by itself.
extension ClientSession {
  /// Asks for the types of key that are known first, as OpenSSH does, so that a host with several keys is not refused
  /// for offering another one than the known. Certificates are left out: libssh cannot verify a host's.
  static func hostKeyAlgorithms(_ configured: [String], knownTypes: [String]) -> [String] {
    let usable = configured.isEmpty ? defaultHostKeys : configured.filter { !$0.contains("-cert-") }
    let wanted = knownTypes.flatMap { $0 == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [$0] }
    return usable.filter(wanted.contains) + usable.filter { !wanted.contains($0) }
  }

  private static let defaultHostKeys = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
  ]

  /// Throws unless the server's key is known. Must follow the key exchange and precede authentication.
  func verifyHostKey(_ knownHosts: KnownHosts) throws(SSHError) {
    let (key, fingerprint) = try serverKey()
    let name = configuration.hostKeyName
    var problem = HostKeyProblem(
      kind: .unknown, name: name.text, keyType: key.type, fingerprint: fingerprint,
      file: configuration.userKnownHostsFiles.first, line: nil)
    switch knownHosts.verdict(on: key, for: name) {
    case .known:
      guard let list = configuration.revokedHostKeys, try isListed(key, in: list) else { return }
      (problem.kind, problem.file) = (.revoked, list)
    case .unknown: break
    case .changed(let file, let line): (problem.kind, problem.file, problem.line) = (.changed, file, line)
    case .otherType(let types, let file, let line):
      (problem.kind, problem.file, problem.line) = (.otherType(types), file, line)
    case .revoked(let file, let line): (problem.kind, problem.file, problem.line) = (.revoked, file, line)
    }
    throw error(.hostKey, .hostKey(problem))
  }

  /// ssh_get_server_publickey: the key that signed the exchange.
  private func serverKey() throws(SSHError) -> (PublicKey, fingerprint: String) {
    var raw: OpaquePointer?
    guard ssh_get_server_publickey(self.raw, &raw) == SSH_OK, let raw else { throw failure(.hostKey) }
    defer { ssh_key_free(raw) }
    guard let key = PublicKey(libssh: raw), let fingerprint = fingerprint(of: raw) else {
      throw error(.hostKey, .library("the server's key cannot be read"))
    }
    return (key, fingerprint)
  }

  /// RevokedHostKeys is plain public keys or a binary KRL; only the first is read here, the second is refused rather
  /// than ignored.
  private func isListed(_ key: PublicKey, in file: String) throws(SSHError) -> Bool {
    guard let text = readText(file), !text.hasPrefix("SSHKRL") else {
      throw error(.hostKey, .configuration("RevokedHostKeys \(file) cannot be read as a list of public keys"))
    }
    return text.split(separator: "\n").contains { PublicKey(file: $0)?.blob == key.blob }
  }
}

extension PublicKey {
  /// The public half of a libssh key.
  init?(libssh key: OpaquePointer) {
    var text: UnsafeMutablePointer<CChar>?
    guard ssh_pki_export_pubkey_base64(key, &text) == SSH_OK, let base64 = takeString(text) else { return nil }
    self.init(base64: base64)
  }
}

/// OpenSSH's spelling, "SHA256:…".
private func fingerprint(of key: OpaquePointer) -> String? {
  var hash: UnsafeMutablePointer<UInt8>?
  var size = 0
  guard ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) == SSH_OK, let hash else { return nil }
  var owned: UnsafeMutablePointer<UInt8>? = hash
  defer { ssh_clean_pubkey_hash(&owned) }
  return takeString(ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size))
}

extension SSHConfiguration {
  var hostKeyName: HostKeyName { HostKeyName(host: hostName, port: port, alias: hostKeyAlias) }

  /// User files first; files that do not exist are no files.
  func readKnownHosts() -> KnownHosts {
    KnownHosts(
      files: (userKnownHostsFiles + globalKnownHostsFiles).compactMap { path in
        readText(path).map { (path, $0) }
      })
  }
}
