/// A public key as SSH sends it; two keys are the same when their bytes are. RFC 4253, section 6.6.
struct PublicKey: Sendable, Hashable {
  let blob: [UInt8]
  /// The name at the head of the bytes: "ssh-ed25519".
  let type: String

  /// Nil when the text is not base64 or the bytes do not begin with a type name.
  init?(base64 text: some StringProtocol) {
    guard let bytes = Self.decode(text) else { return nil }
    self.init(blob: bytes)
  }

  init?(blob: [UInt8]) {
    guard blob.count > 4 else { return nil }
    let length = blob.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    guard length > 0, length <= 64, blob.count >= 4 + length else { return nil }
    self.blob = blob
    type = String(decoding: blob[4..<4 + length], as: UTF8.self)
  }

  /// The first key in the text of a `.pub` file: `type base64 [comment]`.
  init?(file text: Substring) {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count >= 2 else { return nil }
    self.init(base64: words[1])
  }

  /// RFC 4648, padding optional; nil for any other character.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    guard text.utf8.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
    var bytes: [UInt8] = []
    var (bits, width) = (0, 0)
    for digit in digits {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      bits = (bits << 6 | value) & 0xffff
      width += 6
      guard width >= 8 else { continue }
      width -= 8
      bytes.append(UInt8(bits >> width & 0xff))
    }
    return bytes
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
