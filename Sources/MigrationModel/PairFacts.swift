/// What only shows when both hosts are looked at together.
public struct PairFacts: Codable, Sendable, Equatable {
  /// Addresses to which the source resolves the name that the destination will hand back; empty when there is none.
  public var destinationResolvedOnSource: Fact<[String]>
  /// The live guest CPU against the destination (`virConnectCompareHypervisorCPU` on the destination).
  public var cpuComparison: Fact<CPUComparison>
  /// Whether a path leads to the same storage on both hosts, by path.
  public var storage: [String: Fact<StorageIdentity>]

  public init(gap: Gap) {
    destinationResolvedOnSource = .gap(gap)
    cpuComparison = .gap(gap)
    storage = [:]
  }
}

/// The destination hypervisor's answer for the guest's CPU.
public struct CPUComparison: Codable, Sendable, Hashable {
  public var isCompatible: Bool
  /// Features that the guest uses and the destination lacks, where libvirt names them.
  public var missing: [String]
  /// libvirt's own words when incompatible.
  public var message: String
  public init(isCompatible: Bool, missing: [String] = [], message: String = "") {
    self.isCompatible = isCompatible
    self.missing = missing
    self.message = message
  }
}

/// Whether a path on two hosts is one storage, and how that is known.
public enum StorageIdentity: Codable, Sendable, Hashable {
  /// A nonce written beside the file on the source was read on the destination.
  case same(proof: String)
  /// What was seen on either side.
  case different(source: String, destination: String)
}
