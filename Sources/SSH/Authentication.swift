import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

extension ClientSession {
  /// Proves the user's identity with the keys of the configuration.
  func authenticate() throws(SSHError) {
    var status = try complete(.authentication, again: SSH_AUTH_AGAIN.rawValue) { ssh_userauth_none(raw, nil) }
    for file in configuration.identityFiles where status != SSH_AUTH_SUCCESS.rawValue {
      var key: OpaquePointer?
      guard ssh_pki_import_privkey_file(file, nil, nil, nil, &key) == SSH_OK else { continue }
      defer { ssh_key_free(key) }
      status = try complete(.authentication, again: SSH_AUTH_AGAIN.rawValue) { ssh_userauth_publickey(raw, nil, key) }
    }
    guard status == SSH_AUTH_SUCCESS.rawValue else { throw failure(.authentication) }
  }
}
