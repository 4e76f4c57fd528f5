/// What was read from a host, or why it could not be read. A rule that needs a gap answers `unknown`, never `holds`.
public enum Fact<Value: Sendable>: Sendable {
  case known(Value)
  case gap(Gap)

  public var value: Value? {
    if case .known(let value) = self { value } else { nil }
  }

  public var gap: Gap? {
    if case .gap(let gap) = self { gap } else { nil }
  }

  public func map<Other>(_ transform: (Value) -> Other) -> Fact<Other> {
    switch self {
    case .known(let value): .known(transform(value))
    case .gap(let gap): .gap(gap)
    }
  }

  fileprivate enum CodingKeys: String, CodingKey { case known, gap }
}

extension Fact: Equatable where Value: Equatable {}

extension Fact: Codable where Value: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if container.contains(.known) {
      self = .known(try container.decode(Value.self, forKey: .known))
    } else {
      self = .gap(try container.decode(Gap.self, forKey: .gap))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .known(let value): try container.encode(value, forKey: .known)
    case .gap(let gap): try container.encode(gap, forKey: .gap)
    }
  }
}

/// Why a fact is missing: the command or call that was to give it, and how it failed.
public struct Gap: Codable, Sendable, Hashable, CustomStringConvertible {
  /// The libvirt call, command or file that was read, such as "virConnectGetCapabilities" or "/proc/cpuinfo".
  public var source: String
  public var reason: String

  public init(source: String, reason: String) {
    self.source = source
    self.reason = reason
  }

  public var description: String { "\(source): \(reason)" }
}
