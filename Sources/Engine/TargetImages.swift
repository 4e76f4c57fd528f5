import DomainXML
import Libvirt
import MigrationModel

/// What a host keeps when the process that made it for a move dies before it could clean up.
public enum StorageLeftover: Codable, Sendable, Hashable {
  case image(TargetImage)
  /// A transient pool, through which libvirt makes and removes images of a directory that no pool of its own has.
  case pool(name: String, directory: String)
}

/// An image cannot be made, or what is there cannot be copied onto or removed; nothing was changed.
public struct ImageError: Error, Sendable, Hashable, CustomStringConvertible {
  public var host: String
  public var image: TargetImage
  public var reason: String

  public var description: String { "\(host): \(image.place), for disk \(image.disk): \(reason)" }
}

/// Makes the images that copied disks need on one host, and removes those that it made.
///
/// It works through libvirt's storage pools, and so wherever the connection leads. A directory without a pool gets one for
/// the moment, called `migrate-` and `id`. Methods block, and throw `LibvirtError` and `ImageError`.
public struct ImageKeeper: Sendable {
  let connection: Connection
  let id: String

  /// - Parameter id: short, and of no other move that is under way.
  public init(on connection: Connection, id: String) {
    self.connection = connection
    self.id = id
  }

  /// Makes the images that are missing, and returns those; what is there is left as it is, whatever happens.
  ///
  /// Throws when an image that is there has another size or format, or when one cannot be made; those that were made are
  /// removed again then, and where that fails, the error says what is left.
  /// - Parameter willMake: called before anything is made, so that it can be written down first; what it throws ends the
  ///   making.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func make(_ images: [TargetImage], willMake: (StorageLeftover) throws -> Void) throws -> [TargetImage] {
    var made: [TargetImage] = []
    do {
      for image in images {
        try withPool(of: image, willMake) { pool in
          if let found = try find(image, in: pool) { return try check(found, fits: image) }
          try willMake(.image(image))
          try makeExactly(image, in: pool)
          made.append(image)
        }
      }
      return made
    } catch {
      let left = removeUnused(made)
      throw left.isEmpty ? error : ImagesLeft(cause: error, left: left)
    }
  }

  /// Removes images that `make` returned, and returns what could not be removed and why; one that is gone already is no
  /// failure.
  ///
  /// None is removed while the guest is active on this host, or when that cannot be seen. One whose size or format is not
  /// what was made stays too: it is another.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  func remove(_ made: [StorageLeftover], ofGuest uuid: String) -> [(leftover: StorageLeftover, reason: String)] {
    let images = made.compactMap { if case .image(let image) = $0 { image } else { nil } }
    let left = remove(images, ofGuest: uuid).map { (StorageLeftover.image($0.image), $0.description) }
    return left
      + made.compactMap { leftover in
        guard case .pool(let name, _) = leftover else { return nil }
        do {
          try endPool(named: name)
          return nil
        } catch { return (leftover, "storage pool \(name): \(error)") }
      }
  }

  /// The same of images alone.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func remove(_ made: [TargetImage], ofGuest uuid: String) -> [ImageError] {
    do {
      guard try !isActive(uuid) else { return made.map { refusal(of: $0, "not removed: the guest runs there") } }
      return removeUnused(made)
    } catch { return made.map { refusal(of: $0, "not removed: \(error)") } }
  }

  /// Ends the transient pools that a process left, by their names; images in them stay. One that is gone is no failure.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func endPool(named name: String) throws {
    do { try connection.pool(named: name).end() } catch let error as LibvirtError where error.code == .noStoragePool {}
  }
}

/// Images that had to be removed again and could not be, beside the reason for removing them.
public struct ImagesLeft: Error, CustomStringConvertible {
  public var cause: any Error
  public var left: [ImageError]

  public var description: String {
    "\(cause); and what was made is left there: \(left.map(\.description).joined(separator: "; "))"
  }
}

extension ImageKeeper {
  private func isActive(_ uuid: String) throws -> Bool {
    do { return try connection.domain(uuid: uuid).status().state.isActive } catch let error as LibvirtError
      where error.code == .noDomain
    { return false }
  }

  private func removeUnused(_ made: [TargetImage]) -> [ImageError] {
    made.reversed().compactMap { image in
      do {
        try withPool(of: image, { _ in }) { pool in
          guard let found = try find(image, in: pool) else { return }
          try check(found, fits: image)
          try pool.deleteVolume(image.volumeName)
        }
        return nil
      } catch let error as ImageError {
        return error
      } catch { return refusal(of: image, "not removed: \(error)") }
    }
  }

  /// A pool may round the size, as one of logical volumes does: what came out wrong goes again.
  private func makeExactly(_ image: TargetImage, in pool: Pool) throws {
    try pool.makeVolume(try specification(of: image, in: pool))
    do {
      guard let made = try find(image, in: pool) else {
        throw refusal(of: image, "it is not there although it was made")
      }
      try check(made, fits: image)
    } catch {
      try pool.deleteVolume(image.volumeName)
      throw error
    }
  }

  /// Runs `body` with the pool that the image belongs to: the one that is named or has its directory, else a transient one
  /// that ends with `body`.
  private func withPool(
    of image: TargetImage, _ willMake: (StorageLeftover) throws -> Void, _ body: (Pool) throws -> Void
  ) throws {
    switch image.place {
    case .volume(let pool, _): try body(connection.pool(named: pool))
    case .file(let path):
      let directory = directory(of: path)
      if let pool = try connection.pool(ofDirectory: directory) { return try body(pool) }
      try refuseInactivePool(of: directory, image)
      let name = "migrate-\(id)"
      try willMake(.pool(name: name, directory: directory))
      let pool = try connection.makeTransientPool(named: name, ofDirectory: directory)
      let outcome = Result { try body(pool) }
      let end = Result { try pool.end() }
      try outcome.get()
      try end.get()
    }
  }

  /// What an inactive pool would mount there is not there: an image would come to lie below the mount point.
  private func refuseInactivePool(of directory: String, _ image: TargetImage) throws {
    let pools = try connection.storagePools().filter { !$0.isActive }
    let owner = pools.first { pool in
      guard let target = try? StoragePool(parsing: pool.xml, isActive: false).target else { return false }
      return target == directory || target == directory + "/"
    }
    if let owner {
      throw refusal(of: image, "its directory belongs to storage pool \(owner.name), which is not active")
    }
  }

  /// The volume as it is now, also when it came without libvirt's doing.
  private func find(_ image: TargetImage, in pool: Pool) throws -> VolumeDescription? {
    if let xml = try pool.volumeXML(image.volumeName) { return try VolumeDescription(parsing: xml) }
    try pool.refresh()
    return try pool.volumeXML(image.volumeName).map { try VolumeDescription(parsing: $0) }
  }

  /// libvirt takes the format from the first bytes, and a guest may write there what it likes: of a raw image only a
  /// qcow2 header says that it is another, and its length counts.
  private func check(_ found: VolumeDescription, fits image: TargetImage) throws {
    let isRaw = image.format == "raw"
    let format = found.format ?? "raw"
    guard isRaw ? format != "qcow2" : format == image.format else {
      throw refusal(of: image, "it has the format \(format) and not \(image.format)")
    }
    let size = isRaw ? found.physical ?? found.capacity : found.capacity
    guard size.sectors == image.capacity.sectors else {
      throw refusal(of: image, "it has \(size.rawValue) bytes, and the disk has \(image.capacity.rawValue)")
    }
  }

  private func specification(of image: TargetImage, in pool: Pool) throws -> VolumeSpecification {
    let isSparse = try StoragePool(parsing: pool.xml(), isActive: true).holdsFiles
    return VolumeSpecification(
      name: image.volumeName, capacity: image.capacity, format: image.format,
      isSparse: isSparse,
      backing: image.backing.map { VolumeSpecification.Backing(path: $0.path, format: $0.format) })
  }

  private func refusal(of image: TargetImage, _ reason: String) -> ImageError {
    ImageError(host: connection.host, image: image, reason: reason)
  }
}

extension TargetImage {
  /// How its pool calls it: a file by its name.
  fileprivate var volumeName: String {
    switch place {
    case .volume(_, let name): name
    case .file(let path): path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
  }
}

extension StorageLeftover {
  var place: String {
    switch self {
    case .image(let image): "\(image.place)"
    case .pool(let name, _): "storage pool \(name)"
    }
  }
}
