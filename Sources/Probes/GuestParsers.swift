import MigrationModel

extension Parse {
  /// Available 1 KiB blocks of `df -P -k`: the fourth column of the second line, which the mount point ends.
  static func freeSpace(_ text: String) -> ByteCount? {
    let lines = text.split(separator: "\n")
    guard lines.count == 2 else { return nil }
    let words = lines[1].split(separator: " ", omittingEmptySubsequences: true)
    // The device's name may hold blanks, and the mount point too: the share in use, "7%", is what is looked for.
    guard let share = words.firstIndex(where: { $0.hasSuffix("%") && $0.dropLast().allSatisfy(\.isNumber) }), share > 2,
      let kibibytes = UInt64(words[share - 1]), kibibytes < 1 << 53
    else { return nil }
    return .kibibytes(kibibytes)
  }

  /// `"virtual-size": 1024` of `qemu-img info --output=json`: the image's own, not those of nodes below it, which newer
  /// versions list as "children".
  static func imageSize(_ text: String) -> ByteCount? {
    var depth = 0
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""):
        let word = jsonString(&rest)
        guard depth == 1, word == "virtual-size" else { continue }
        let digits = rest.drop { !(48...57).contains($0) }.prefix { (48...57).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self)).map { .bytes($0) }
      default: continue
      }
    }
    return nil
  }

  /// What is left of a JSON string whose opening quote was taken, escapes as they stand; takes its closing quote.
  private static func jsonString(_ rest: inout Substring.UTF8View) -> String {
    var bytes: [UInt8] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      bytes.append(byte)
      if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() { bytes.append(escaped) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
