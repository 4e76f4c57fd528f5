/// What only shows when two hosts are looked at together, in one direction.
public struct PairFacts: Codable, Sendable, Equatable {
  /// Names of the two hosts.
  public var source: String
  public var destination: String
  /// Addresses to which the source resolves the name that the destination will hand back; empty when there is none.
  public var destinationResolvedOnSource: Fact<[String]>
  /// The live CPU of each guest against the destination, by the guest's UUID (`virConnectCompareHypervisorCPU`).
  public var cpuComparisons: [String: Fact<CPUComparison>]
  /// Whether a path leads to the same storage on both hosts, by path.
  public var storage: [String: Fact<StorageIdentity>]
  /// A TCP connection from the source to a free migration port of the destination.
  public var migrationPort: Fact<PortProbe>
  /// The largest packet that goes from the source to the destination in one piece.
  public var pathMTU: Fact<PathMTU>
  /// What the source's daemon finds at the destination's URI; asked only where the daemons talk to each other or might
  /// (`auto`), else known(nil).
  public var peer: Fact<PeerConnection?>

  public init(source: String, destination: String, gap: Gap) {
    self.source = source
    self.destination = destination
    destinationResolvedOnSource = .gap(gap)
    cpuComparisons = [:]
    storage = [:]
    migrationPort = .gap(gap)
    pathMTU = .gap(gap)
    peer = .known(nil)
  }
}

/// One attempt to connect from one host to a TCP port of another.
public struct PortProbe: Codable, Sendable, Hashable {
  public enum Outcome: String, Codable, Sendable {
    /// The connection came about.
    case open
    /// Refused at once: the host was reached, and nothing listens there, or a firewall refuses in its name.
    case refused
    /// No answer at all, as from a firewall that drops packets.
    case dropped
    /// The network or a firewall answered that there is no way.
    case unreachable
  }
  public var outcome: Outcome
  public var address: String
  public var port: Int
  /// Something was made to listen there for the probe.
  public var hadListener: Bool
  /// What the source's system said, where it said something.
  public var message: String
  public init(outcome: Outcome, address: String, port: Int, hadListener: Bool, message: String = "") {
    self.outcome = outcome
    self.address = address
    self.port = port
    self.hadListener = hadListener
    self.message = message
  }
}

/// What the way from one host to another carries without fragmenting. Bytes, IP header included.
public struct PathMTU: Codable, Sendable, Hashable {
  /// MTU of the source's device on the way.
  public var device: Int
  /// The largest size that was answered when it must not be fragmented; nil when not even a small packet was.
  public var carried: Int?
  public init(device: Int, carried: Int?) {
    self.device = device
    self.carried = carried
  }
}

/// What a host's own daemon, as the user that it runs as, finds at another host's URI.
public struct PeerConnection: Codable, Sendable, Hashable {
  /// Host UUID of the daemon that answered; nil when the connection failed.
  public var uuid: String?
  /// What was said when it failed.
  public var message: String
  public init(uuid: String?, message: String = "") {
    self.uuid = uuid
    self.message = message
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
