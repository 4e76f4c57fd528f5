import CLibssh

/// Names that `ssh-keygen -H` hashed: `|1|salt|HMAC-SHA1`.
enum HashedName {
  /// libssh does the hash: it is given the name with a key that parses always, so that its answer speaks only of the
  /// name. ssh_known_hosts_parse_line.
  static func matches(_ field: String, name: String) -> Bool {
    guard Library.isReady else { return false }
    var entry: UnsafeMutablePointer<ssh_knownhosts_entry>?
    let status = ssh_known_hosts_parse_line(name, "\(field) \(placeholder)", &entry)
    ssh_knownhosts_entry_free(entry)
    return status == SSH_OK
  }

  /// The curve's base point as a public key.
  private static let placeholder =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZm"
}
