/// Ids that libvirt writes as "0-3,^2,8": CPUs or NUMA nodes.
///
/// libvirt's own grammar (`virBitmapParse`): read from left to right, "^N" takes one id out again, blanks may stand between
/// the parts, and what is left must not be empty.
enum Bitmap {
  /// Ids are below this (VIR_DOMAIN_CPUMASK_LEN), so that a hostile "0-4000000000" costs nothing.
  static let limit = 16384

  /// The ids, ascending; nil when the text is none that libvirt takes.
  static func ids(_ text: String) -> [Int]? {
    var reader = Reader(text: text.utf8[...])
    var words: [UInt64] = []
    reader.skipBlanks()
    while !reader.text.isEmpty {
      guard let part = reader.part() else { return nil }
      set(part.ids, to: part.isSet, in: &words)
      guard reader.text.isEmpty || reader.take(",") else { return nil }
      reader.skipBlanks()
    }
    let ids = words.indices.flatMap { word in bits(of: words[word]).map { word * 64 + $0 } }
    return ids.isEmpty ? nil : ids
  }

  /// Ascending ids as libvirt writes them: "0-3,8" (`virBitmapFormat`).
  static func text(_ ids: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for id in ids {
      if let last = ranges.last, last.upperBound == id - 1 {
        ranges[ranges.count - 1] = last.lowerBound...id
      } else {
        ranges.append(id...id)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  private static func set(_ ids: ClosedRange<Int>, to isSet: Bool, in words: inout [UInt64]) {
    while words.count <= ids.upperBound / 64 { words.append(0) }
    // By words: a long hostile text is full of ranges.
    for word in ids.lowerBound / 64...ids.upperBound / 64 {
      let from = UInt64.max << UInt64(max(ids.lowerBound - word * 64, 0))
      let through = UInt64.max >> UInt64(max(word * 64 + 63 - ids.upperBound, 0))
      if isSet { words[word] |= from & through } else { words[word] &= ~(from & through) }
    }
  }

  private static func bits(of word: UInt64) -> [Int] {
    var bits: [Int] = []
    var rest = word
    while rest != 0 {
      bits.append(rest.trailingZeroBitCount)
      rest &= rest - 1
    }
    return bits
  }

  private struct Reader {
    var text: Substring.UTF8View

    mutating func skipBlanks() { text = text.drop { $0 == 0x20 || (0x09...0x0D).contains($0) } }

    mutating func take(_ byte: Unicode.Scalar) -> Bool {
      guard text.first == UInt8(ascii: byte) else { return false }
      text.removeFirst()
      return true
    }

    /// "N", "N-M" or "^N", and the blanks after it.
    mutating func part() -> (ids: ClosedRange<Int>, isSet: Bool)? {
      let isSet = !take("^")
      guard let first = id() else { return nil }
      skipBlanks()
      guard take("-") else { return (first...first, isSet) }
      skipBlanks()
      guard isSet, let last = id(), first <= last else { return nil }
      skipBlanks()
      return (first...last, true)
    }

    private mutating func id() -> Int? {
      let digits = text.prefix { (0x30...0x39).contains($0) }
      text = text[digits.endIndex...]
      guard let id = Int(Substring(digits)), id < Bitmap.limit else { return nil }
      return id
    }
  }
}

/// Reads the bitmaps of one document, all together at most so many ids that hostile text cannot fill the memory.
struct BitmapReader {
  /// Enough for 2,048 vCPUs that are each bound to 2,048 CPUs.
  private var left = 1 << 22

  mutating func ids(_ text: String, in element: XMLElement) throws -> [Int] {
    guard let ids = Bitmap.ids(text) else {
      throw XMLError(.unexpected("\"\(text.prefix(40))\" is not a set of ids"), line: element.line)
    }
    left -= ids.count
    guard left >= 0 else { throw XMLError(.unexpected("more ids than any guest is bound to"), line: element.line) }
    return ids
  }
}
