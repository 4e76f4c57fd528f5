/// What was asked for, before anything is known of the hosts. nil means "decide from the guest".
public struct MigrationRequest: Codable, Sendable, Equatable {
  public enum Mode: String, Codable, Sendable, CaseIterable {
    case auto, plain, p2p, tunnelled, offline
  }
  public enum StorageCopy: String, Codable, Sendable {
    case all, incremental
  }
  /// What ends a transfer that is not over at its deadline.
  public enum StallAction: String, Codable, Sendable, CaseIterable {
    /// The guest stays on the source.
    case abort
    /// The guest is paused, so that it dirties nothing more and the transfer ends.
    case suspend
    /// The guest goes on at the destination and fetches what is missing; needs `postcopy`.
    case postcopy
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
  /// The destination does not run the guest before the source has let go of it.
  public var strictHandover = false
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

  /// The longest pause that the hypervisor may plan for the last pass, in ms; nil: QEMU's own 300 ms.
  public var maxDowntime: UInt64?
  /// Seconds from the start of the move, after preflight; nil: none.
  public var deadline: UInt64?
  public var onStall = StallAction.abort
  /// Seconds without a byte or a pass after which the data path counts as dead; 0: never.
  public var hangTimeout: UInt64 = 30

  /// Per cent of CPU time that auto-converge takes away at first, and with each further step; nil: QEMU's own.
  public var autoConvergeInitial: Int?
  public var autoConvergeIncrement: Int?
  /// Of the method mt: zlib's level from 0 to 9, and the number of threads on either side.
  public var compressionLevel: Int?
  public var compressionThreads: Int?
  public var decompressionThreads: Int?
  /// Of the method xbzrle, in bytes.
  public var compressionCache: UInt64?

  /// Rules whose blockers are overridden.
  public var allow: Set<String> = []

  public init() {}
}
