/// Facts of some hosts and of the ways between them, gathered once: what preflight judges, and what `--save-facts` keeps.
public struct Survey: Codable, Sendable, Equatable {
  /// What this version writes and the only thing that it reads.
  public static let schema = "migrate.facts/1"

  public var schema: String
  public var hosts: [HostFacts]
  public var pairs: [PairFacts]
  /// Hosts that could not be looked at, with the reason, by name.
  public var unusable: [String: String]
  /// A CPU that every host can give; nil when it was not asked for.
  public var baseline: Fact<CPUBaseline>?

  public init(hosts: [HostFacts], pairs: [PairFacts] = [], unusable: [String: String] = [:]) {
    schema = Self.schema
    self.hosts = hosts
    self.pairs = pairs
    self.unusable = unusable
  }

  /// The host of that name; nil when it was not looked at.
  public func host(_ name: String) -> HostFacts? { hosts.first { $0.name == name } }

  /// What is known of the way from one host to another; when they were never looked at together, gaps that say so.
  public func pair(from source: String, to destination: String) -> PairFacts {
    pairs.first { $0.source == source && $0.destination == destination }
      ?? PairFacts(
        source: source, destination: destination,
        gap: Gap(source: "both hosts", reason: "\(source) and \(destination) were not looked at together"))
  }
}

/// A CPU that guests could have to run on every one of some hosts (`virConnectBaselineHypervisorCPU`).
public struct CPUBaseline: Codable, Sendable, Hashable {
  public var model: String
  /// Features that it requires beyond the model, sorted.
  public var features: [String]
  /// The `<cpu>` element for a definition.
  public var xml: String
  public init(model: String, features: [String], xml: String) {
    self.model = model
    self.features = features
    self.xml = xml
  }
}
