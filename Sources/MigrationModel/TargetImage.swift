/// An image that a copied disk needs on the destination.
public struct TargetImage: Codable, Sendable, Hashable {
  public enum Place: Codable, Sendable, Hashable {
    case file(String)
    case volume(pool: String, name: String)
  }

  /// The target of the disk: "vda".
  public var disk: String
  public var place: Place
  /// "raw", "qcow2".
  public var format: String
  /// QEMU copies only onto exactly this size, counted in blocks of 512 bytes (block/mirror.c).
  public var capacity: ByteCount
  /// The image that it stands on, there as here; nil for one that stands alone.
  public var backing: Backing?

  public struct Backing: Codable, Sendable, Hashable {
    public var path: String
    public var format: String
    public init(path: String, format: String) {
      self.path = path
      self.format = format
    }
  }

  public init(disk: String, place: Place, format: String, capacity: ByteCount, backing: Backing? = nil) {
    self.disk = disk
    self.place = place
    self.format = format
    self.capacity = capacity
    self.backing = backing
  }
}

extension TargetImage.Place: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path): path
    case .volume(let pool, let name): "volume \(name) of pool \(pool)"
    }
  }
}

/// What a copied disk needs on the destination.
public enum TargetNeed: Sendable, Hashable {
  /// An image, which can be made when it is not there.
  case image(TargetImage)
  /// Something that has to be there, for this reason: only a person can make it.
  case there(String)
}

/// A copied disk whose size nobody told.
public struct UnknownDiskSize: Error, Sendable, Hashable, CustomStringConvertible {
  public var domain: String
  public var disk: String
  public var description: String { "\(domain): the size of disk \(disk), which is to be copied, is not known" }
}

extension MigrationRequest {
  /// Whether libvirt copies the disk instead of sharing it (`qemuMigrationAnyCopyDisk`).
  public func copies(_ disk: Disk) -> Bool {
    guard copyStorage != nil, disk.source != .none else { return false }
    return migrateDisks.isEmpty ? !disk.isReadOnly && !disk.isShareable : migrateDisks.contains(disk.target)
  }

  /// The images that a move of the guest copies disks onto, in the order of its disks; none when nothing runs.
  ///
  /// `guest` is as the destination will start it. A disk that no image can be made for is left out: what it is copied
  /// onto has to be there. Throws for a copied disk without a size: libvirt would make its target, and leave it behind.
  public func targetImages(
    of guest: DomainFacts, _ sizes: [String: DiskSize]
  ) throws(UnknownDiskSize) -> [TargetImage] {
    guard guest.isActive, mode != .offline else { return [] }
    var images: [TargetImage] = []
    for disk in guest.disks where copies(disk) {
      guard let size = sizes[disk.target] else { throw UnknownDiskSize(domain: guest.name, disk: disk.target) }
      if case .image(let image) = need(of: disk, in: guest, size) { images.append(image) }
    }
    return images
  }

  /// Before it looks for the volume, so that one which is there changes nothing (`qemuMigrationDstPrepareStorage`).
  public static let noIncrementalVolume = "libvirt copies no disk of type volume incrementally"

  /// What the copy of a disk of that size is written to.
  ///
  /// A full copy holds the whole chain in one image: the XML that a migration carries names no backing images. An
  /// incremental copy holds what the top image does and stands on what is below it; were that left out, the guest would
  /// read zeros there.
  public func need(of disk: Disk, in guest: DomainFacts, _ size: DiskSize) -> TargetNeed {
    let format = disk.format ?? "raw"
    guard let place = disk.imagePlace else { return .there("only images in files and volumes can be made") }
    if copyStorage == .incremental, case .volume = place { return .there(Self.noIncrementalVolume) }
    guard format == "raw" || format == "qcow2" else { return .there("images of format \(format) are not made") }
    guard !guest.secrets.contains(where: { $0.user == "disk \(disk.target)" }) else {
      return .there("encrypted images are not made")
    }
    var image = TargetImage(disk: disk.target, place: place, format: format, capacity: size.capacity)
    guard copyStorage == .incremental, format != "raw" else { return .image(image) }
    switch disk.backing {
    case .nothing: return .image(image)
    case .image(.file(let path), let format?), .image(.block(let path), let format?):
      image.backing = TargetImage.Backing(path: path, format: format)
      return .image(image)
    case .image: return .there("what its image stands on is no file or device of a known format")
    case nil: return .there("its XML does not tell what its image stands on")
    }
  }
}

extension Disk {
  fileprivate var imagePlace: TargetImage.Place? {
    switch source {
    case .file(let path) where path.hasPrefix("/"): .file(path)
    case .volume(let pool, let volume): .volume(pool: pool, name: volume)
    case .none, .file, .block, .directory, .network, .other: nil
    }
  }
}
