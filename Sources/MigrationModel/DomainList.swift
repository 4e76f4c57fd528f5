/// The domains of a host, found by name or UUID without going through all of them.
public struct DomainList: Codable, Sendable, Equatable, ExpressibleByArrayLiteral {
  public let all: [DomainIdentity]
  /// Where a name or a UUID (in lower case) stands in `all`.
  private let places: [String: [Int]]

  public init(_ all: [DomainIdentity]) {
    var places: [String: [Int]] = [:]
    places.reserveCapacity(2 * all.count)
    for (place, domain) in all.enumerated() {
      for key in Set([domain.name, domain.uuid.lowercased()]) { places[key, default: []].append(place) }
    }
    self.all = all
    self.places = places
  }

  public init(arrayLiteral elements: DomainIdentity...) { self.init(elements) }

  /// Domains of that name or that UUID, in the order of the list.
  public func alike(name: String, uuid: String) -> [DomainIdentity] {
    let uuid = uuid.lowercased()
    return Set((places[name] ?? []) + (places[uuid] ?? [])).sorted().map { all[$0] }
      .filter { $0.name == name || $0.uuid.lowercased() == uuid }
  }

  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode([DomainIdentity].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(all)
  }
}
