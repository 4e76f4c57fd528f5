/// A set whose elements are written in order, so that the same facts are the same file.
@propertyWrapper
public struct Sorted<Element: Hashable & Comparable & Codable & Sendable>: Codable, Sendable, Hashable {
  public var wrappedValue: Set<Element>

  public init(wrappedValue: Set<Element>) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    wrappedValue = Set(try decoder.singleValueContainer().decode([Element].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue.sorted())
  }
}
