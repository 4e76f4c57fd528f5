import MigrationModel

/// What a host says of a storage volume.
public struct VolumeDescription: Sendable, Equatable {
  /// What a guest sees of it.
  public var capacity: ByteCount
  /// How long its file is; nil where it has none.
  public var physical: ByteCount?
  /// `<format type=>` as libvirt took it from the volume's first bytes; nil where the pool knows but one.
  public var format: String?

  /// Reads the XML that `virStorageVolGetXMLDesc` prints; throws `XMLError` when it is no `<volume>` with a capacity.
  public init(parsing text: String) throws {
    let volume = try XMLDocument(parsing: text).root(named: "volume")
    capacity = try byteCount(of: try volume.required("capacity"), defaultUnit: "bytes")
    physical = try volume.child("physical").map { try byteCount(of: $0, defaultUnit: "bytes") }
    format = volume.child("target")?.child("format")?.attribute("type")
  }
}
