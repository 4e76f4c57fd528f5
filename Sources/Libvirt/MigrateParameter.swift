import CLibvirt
import MigrationModel

/// One parameter of a migration, of the type that libvirt expects; repeatable ones are given once for each value.
///
/// A name that the daemon does not know makes it refuse the migration with `.argumentUnsupported`.
public struct MigrateParameter: Sendable, Hashable {
  public var name: String
  public var value: TypedValue

  /// Where the guest's memory goes: "tcp://192.0.2.7:49152".
  public static func uri(_ uri: String) -> Self { .init(VIR_MIGRATE_PARAM_URI, uri) }
  public static func destinationName(_ name: String) -> Self { .init(VIR_MIGRATE_PARAM_DEST_NAME, name) }
  public static func destinationXML(_ xml: String) -> Self { .init(VIR_MIGRATE_PARAM_DEST_XML, xml) }
  public static func persistentXML(_ xml: String) -> Self { .init(VIR_MIGRATE_PARAM_PERSIST_XML, xml) }
  public static func graphicsURI(_ uri: String) -> Self { .init(VIR_MIGRATE_PARAM_GRAPHICS_URI, uri) }
  public static func listenAddress(_ address: String) -> Self { .init(VIR_MIGRATE_PARAM_LISTEN_ADDRESS, address) }
  /// MiB/s.
  public static func bandwidth(_ rate: UInt64) -> Self { .init(VIR_MIGRATE_PARAM_BANDWIDTH, rate) }
  /// MiB/s.
  public static func postcopyBandwidth(_ rate: UInt64) -> Self { .init(VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, rate) }

  /// Repeatable: the target of a disk to copy, "vda".
  public static func migrateDisk(_ target: String) -> Self { .init(VIR_MIGRATE_PARAM_MIGRATE_DISKS, target) }
  public static func disksPort(_ port: Int32) -> Self { .init(VIR_MIGRATE_PARAM_DISKS_PORT, port) }
  public static func disksURI(_ uri: String) -> Self { .init(VIR_MIGRATE_PARAM_DISKS_URI, uri) }

  /// Repeatable: "mt", "xbzrle", "zlib", "zstd".
  public static func compression(_ method: String) -> Self { .init(VIR_MIGRATE_PARAM_COMPRESSION, method) }
  /// zlib's level of the method "mt", 0 to 9.
  public static func compressionLevel(_ level: Int32) -> Self { .init(VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL, level) }
  public static func compressionThreads(_ count: Int32) -> Self {
    .init(VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS, count)
  }
  public static func decompressionThreads(_ count: Int32) -> Self {
    .init(VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS, count)
  }
  /// Bytes, of the method "xbzrle".
  public static func compressionCache(_ size: UInt64) -> Self {
    .init(VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE, size)
  }
  /// Per cent of CPU time.
  public static func autoConvergeInitial(_ share: Int32) -> Self {
    .init(VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL, share)
  }
  /// Per cent of CPU time.
  public static func autoConvergeIncrement(_ share: Int32) -> Self {
    .init(VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT, share)
  }
  public static func parallelConnections(_ count: Int32) -> Self {
    .init(VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS, count)
  }
  public static func tlsDestination(_ name: String) -> Self { .init(VIR_MIGRATE_PARAM_TLS_DESTINATION, name) }

  public init(name: String, value: TypedValue) {
    self.name = name
    self.value = value
  }

  private init(_ name: String, _ text: String) { self.init(name: name, value: .string(text)) }
  private init(_ name: String, _ number: UInt64) { self.init(name: name, value: .unsigned(number)) }
  private init(_ name: String, _ number: Int32) { self.init(name: name, value: .int(number)) }
}
