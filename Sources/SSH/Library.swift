import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

/// libssh's process-wide state.
enum Library {
  /// Initialised once and never finalised: ssh_finalize under another thread's session is undefined. Needed when
  /// libssh is linked statically, where its constructor may not run; harmless when it did.
  static let isReady: Bool = ssh_init() == SSH_OK

  static let again = SSH_AGAIN
}

/// Takes a C string that libssh allocated.
func takeString(_ text: UnsafeMutablePointer<CChar>?) -> String? {
  guard let text else { return nil }
  defer { ssh_string_free_char(text) }
  return String(cString: text)
}
