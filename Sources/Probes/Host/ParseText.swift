/// The pieces of a text that a host printed, told apart by bytes: to Swift's characters "\r\n" is no newline, and an accent
/// that happens to follow a separator hides it.
extension Parse {
  /// The lines that are not empty.
  static func lines(_ text: String) -> [Substring] {
    text.utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) }
  }

  /// What stands between blanks.
  static func words(_ line: Substring, atMost count: Int = .max) -> [Substring] {
    line.utf8.split(maxSplits: count - 1, whereSeparator: isBlank).map { Substring($0) }
  }

  /// What stands between `separator`s, without the blanks around it; also where that is nothing.
  static func fields(_ line: Substring, by separator: Unicode.Scalar) -> [Substring] {
    line.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { trimmed(Substring($0)) }
  }

  /// Both sides of the first `separator`, without the blanks around them.
  static func pair(_ line: Substring, by separator: Unicode.Scalar) -> (key: Substring, value: Substring)? {
    let bytes = line.utf8
    guard let mark = bytes.firstIndex(of: UInt8(ascii: separator)) else { return nil }
    return (trimmed(Substring(bytes[..<mark])), trimmed(Substring(bytes[bytes.index(after: mark)...])))
  }

  /// The values of all lines that are a pair, by key; of a key that comes twice the first.
  static func keyed(_ text: String, by separator: Unicode.Scalar) -> [Substring: Substring] {
    Dictionary(
      lines(text).compactMap { pair($0, by: separator) }.map { ($0.key, $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  static func trimmed(_ text: Substring) -> Substring {
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return Substring(bytes[first...last])
  }

  /// A whole decimal number of digits alone, from 0 to `most`.
  static func count(_ text: Substring?, atMost most: Int = 1 << 52) -> Int? {
    guard let text, !text.isEmpty, text.utf8.allSatisfy(isDigit), let number = Int(text), number <= most else {
      return nil
    }
    return number
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
