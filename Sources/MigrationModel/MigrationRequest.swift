/// What was asked for, before anything is known of the hosts. nil means "decide from the guest".
public struct MigrationRequest: Codable, Sendable, Equatable {
  public enum Mode: String, Codable, Sendable, CaseIterable {
    case auto, plain, p2p, tunnelled, offline
  }
  public enum StorageCopy: String, Codable, Sendable {
    case all, incremental
  }

  public var mode: Mode = .auto
  /// Live or not; nil: live when the guest is active.
  public var live: Bool?
  /// Leave a definition on the destination; nil: when the source has one.
  public var persistent: Bool?
  /// Remove the definition from the source; nil: when `persistent`.
  public var undefineSource: Bool?
  /// Leave the guest paused on the destination.
  public var suspend = false
  /// Go on where libvirt holds the storage for unsafe (VIR_MIGRATE_UNSAFE).
  public var unsafe = false

  public var copyStorage: StorageCopy?
  public var migrateDisks: [String] = []
  public var synchronousWrites = false
  public var disksPort: Int?
  public var disksURI: String?

  public var postcopy = false
  public var postcopyResume = false
  public var autoConverge = false
  /// "mt", "xbzrle", "zlib", "zstd".
  public var compression: [String] = []
  public var parallel = false
  public var parallelConnections: Int?
  public var zerocopy = false
  public var tls = false
  public var tlsDestination: String?

  public var migrateURI: String?
  public var listenAddress: String?
  public var graphicsURI: String?
  public var destinationName: String?
  /// The text of the XML, not its path.
  public var destinationXML: String?
  public var persistentXML: String?
  /// MiB/s.
  public var bandwidth: UInt64?
  /// MiB/s.
  public var postcopyBandwidth: UInt64?

  /// Rules whose blockers are overridden.
  public var allow: Set<String> = []

  public init() {}
}
