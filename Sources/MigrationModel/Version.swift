/// A three-part version of libvirt or QEMU.
public struct Version: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
  public var major: UInt
  public var minor: UInt
  public var micro: UInt

  public init(_ major: UInt, _ minor: UInt, _ micro: UInt) {
    self.major = major
    self.minor = minor
    self.micro = micro
  }

  /// From libvirt's encoding, major × 1,000,000 + minor × 1,000 + micro (`virConnectGetLibVersion`).
  public init(encoded: UInt) { self.init(encoded / 1_000_000, encoded / 1_000 % 1_000, encoded % 1_000) }

  /// From the first "N.N" or "N.N.N" in a text such as "QEMU emulator version 7.2.22 (Debian 1:7.2)"; nil without one.
  public init?(firstIn text: String) {
    let words = text.split(whereSeparator: { !($0.isNumber && $0.isASCII) && $0 != "." })
    for word in words {
      let parts = word.split(separator: ".", omittingEmptySubsequences: false).map { UInt($0) }
      guard parts.count >= 2, let major = parts[0], let minor = parts[1] else { continue }
      self.init(major, minor, parts.count > 2 ? parts[2] ?? 0 : 0)
      return
    }
    return nil
  }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let version = Version(firstIn: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not a version such as 9.0.0"))
    }
    self = version
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public static func < (left: Version, right: Version) -> Bool {
    (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
  }

  public var description: String { "\(major).\(minor).\(micro)" }
}
