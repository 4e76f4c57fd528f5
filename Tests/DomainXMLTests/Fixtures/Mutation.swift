/// The same numbers on every machine (SplitMix64, Steele et al. 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// Makes bad documents of good ones.
struct Mutator {
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  /// One to four changes, half of them of the kind that leaves the document well-formed.
  mutating func mutated(_ text: String) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      switch Int.random(in: 0..<10, using: &random) {
      case 0: flip(&bytes)
      case 1: bytes.removeSubrange(span(of: bytes))
      case 2: duplicate(&bytes)
      case 3: swap(&bytes)
      case 4: splice(&bytes)
      case 5, 6: replaceNumber(&bytes)
      case 7, 8: replaceValue(&bytes)
      default: repeatElement(&bytes)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func index(in bytes: [UInt8]) -> Int { Int.random(in: 0..<bytes.count, using: &random) }

  private mutating func span(of bytes: [UInt8]) -> Range<Int> {
    let start = index(in: bytes)
    return start..<min(start + Int.random(in: 1...40, using: &random), bytes.count)
  }

  private mutating func flip(_ bytes: inout [UInt8]) {
    bytes[index(in: bytes)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
  }

  private mutating func duplicate(_ bytes: inout [UInt8]) {
    let copy = Array(bytes[span(of: bytes)])
    bytes.insert(contentsOf: copy, at: index(in: bytes))
  }

  private mutating func swap(_ bytes: inout [UInt8]) {
    let (first, second) = (span(of: bytes), span(of: bytes))
    guard first.upperBound <= second.lowerBound else { return }
    let (left, right) = (Array(bytes[first]), Array(bytes[second]))
    bytes.replaceSubrange(second, with: left)
    bytes.replaceSubrange(first, with: right)
  }

  private mutating func splice(_ bytes: inout [UInt8]) {
    let pieces = [
      "&amp;", "&#0;", "&#x110000;", "&nbsp;", "&e;", "]]>", "<![CDATA[ <x> ]]>", "<!-- ", "<?xml version='1.0'?>",
      "<!DOCTYPE domain [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", "\u{0}", "<a>", "</devices>", "\u{202E}漢\u{301}",
      String(repeating: "<a>", count: 300), String(repeating: "long text ", count: 2000), " xmlns='urn:x'",
    ]
    guard let piece = pieces.randomElement(using: &random) else { return }
    bytes.insert(contentsOf: Array(piece.utf8), at: index(in: bytes))
  }

  private static let hostile = [
    "", "-1", "0", "00", "+7", "1e9", "0x10", "4294967296", "18446744073709551615", "99999999999999999999", "١٢",
    "0-4000000000", "^0", "0-16383", "1,,2", "NaN", "it's &quot;&lt;&amp;", " 5 ", "/srv/é",
  ]

  /// The next run of digits becomes another text.
  private mutating func replaceNumber(_ bytes: inout [UInt8]) {
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    guard let start = bytes[index(in: bytes)...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
    bytes.replaceSubrange(start..<end, with: Array((Self.hostile.randomElement(using: &random) ?? "").utf8))
  }

  /// The next attribute's value becomes another text.
  private mutating func replaceValue(_ bytes: inout [UInt8]) {
    let quote = UInt8(ascii: "'")
    guard let equals = bytes[index(in: bytes)...].firstIndex(of: UInt8(ascii: "=")), equals + 1 < bytes.endIndex,
      bytes[equals + 1] == quote, let end = bytes[(equals + 2)...].firstIndex(of: quote)
    else { return }
    let value = (Self.hostile.randomElement(using: &random) ?? "").replacing("'", with: "&apos;")
    bytes.replaceSubrange((equals + 2)..<end, with: Array(value.utf8))
  }

  /// The next element without content is gone, or is there up to a hundred times.
  private mutating func repeatElement(_ bytes: inout [UInt8]) {
    guard let start = bytes[index(in: bytes)...].firstIndex(of: UInt8(ascii: "<")),
      let end = bytes[start...].firstIndex(of: UInt8(ascii: ">")), bytes[end - 1] == UInt8(ascii: "/")
    else { return }
    let element = Array(bytes[start...end])
    let count = [0, 2, 100].randomElement(using: &random) ?? 0
    bytes.replaceSubrange(start...end, with: Array(repeatElement(element, count: count).joined()))
  }

  private func repeatElement(_ element: [UInt8], count: Int) -> Repeated<[UInt8]> {
    Swift.repeatElement(element, count: count)
  }
}
