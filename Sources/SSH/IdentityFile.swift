import CLibssh

/// A private key file as the configuration names it.
struct IdentityFile {
  enum Content {
    case key(OpaquePointer)
    case encrypted
    case missing
    case unreadable(String)
  }

  let path: String

  /// The public half: from the `.pub` file beside it, from the file itself when that is public, or from the clear head
  /// of an OpenSSH private key, which encryption leaves readable.
  func publicKey() -> PublicKey? {
    if let text = readText(path + ".pub"), let key = PublicKey(file: text[...]) { return key }
    guard let text = readText(path) else { return nil }
    return PublicKey(privateFile: text) ?? PublicKey(file: text[...])
  }

  /// The private key; whoever takes `.key` frees it. ssh_pki_import_privkey_file.
  func load() -> Content {
    var key: OpaquePointer?
    var wasAsked = false
    let status = withUnsafeMutablePointer(to: &wasAsked) { flag in
      ssh_pki_import_privkey_file(path, nil, askedForPassphrase, flag, &key)
    }
    if status == SSH_OK, let key { return .key(key) }
    if wasAsked { return .encrypted }
    guard let text = readText(path) else { return .missing }
    return text.contains("PRIVATE KEY") ? .unreadable("not a private key that libssh reads") : .missing
  }
}

/// libssh asks for a passphrase: remember that, and give none.
private let askedForPassphrase: ssh_auth_callback = { _, _, _, _, _, context in
  context?.assumingMemoryBound(to: Bool.self).pointee = true
  return -1
}

extension PublicKey {
  /// PROTOCOL.key of OpenSSH: magic, cipher, kdf, its options, a count, the public key; nil for other formats.
  init?(privateFile text: String) {
    let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    guard text.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY"), let bytes = Self.decode(body) else { return nil }
    let magic = Array("openssh-key-v1\0".utf8)
    guard bytes.starts(with: magic) else { return nil }
    var reader = WireReader(bytes.dropFirst(magic.count))
    guard reader.string() != nil, reader.string() != nil, reader.string() != nil, reader.number() != nil,
      let blob = reader.string()
    else { return nil }
    self.init(blob: blob)
  }
}
