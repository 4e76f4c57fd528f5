/// A number of bytes.
public struct ByteCount: RawRepresentable, Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
  public var rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static func bytes(_ count: UInt64) -> ByteCount { ByteCount(rawValue: count) }
  public static func kibibytes(_ count: UInt64) -> ByteCount { ByteCount(rawValue: count << 10) }
  public static func mebibytes(_ count: UInt64) -> ByteCount { ByteCount(rawValue: count << 20) }

  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.rawValue < right.rawValue }
  /// The sum, or the largest count there is when it does not fit: sizes come from hosts and must not trap.
  public static func + (left: ByteCount, right: ByteCount) -> ByteCount {
    let (sum, overflow) = left.rawValue.addingReportingOverflow(right.rawValue)
    return ByteCount(rawValue: overflow ? .max : sum)
  }

  /// In units of 512 bytes, the last of which may be cut short: QEMU counts disks in them.
  public var sectors: UInt64 { rawValue / 512 + (rawValue % 512 == 0 ? 0 : 1) }

  /// The largest binary unit in which the count is at least 1, with one decimal where it is not whole: "1.5 GiB".
  public var description: String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var divisor: UInt64 = 1
    var unit = 0
    while unit + 1 < units.count, rawValue / divisor >= 1024 {
      divisor <<= 10
      unit += 1
    }
    let tenths = (Double(rawValue) / Double(divisor) * 10).rounded()
    let whole = UInt64(tenths) / 10
    let fraction = UInt64(tenths) % 10
    return fraction == 0 ? "\(whole) \(units[unit])" : "\(whole).\(fraction) \(units[unit])"
  }
}
