import CLibvirt
import MigrationModel

/// A storage pool of one host. Owns one `virStoragePoolPtr` and keeps its connection open.
///
/// Methods that block are refused in async code: call them inside `blocking { }`. All of them throw `LibvirtError`.
public final class Pool: @unchecked Sendable {
  public let name: String
  public let connection: Connection
  private let raw: OpaquePointer

  /// Takes over `raw`, also when it throws.
  init(adopting raw: OpaquePointer, of connection: Connection) throws {
    do {
      let call = Call("read the name of a storage pool", on: connection.host)
      name = String(cString: try call.pointer { virStoragePoolGetName(raw) })
    } catch {
      virStoragePoolFree(raw)
      throw error
    }
    self.raw = raw
    self.connection = connection
  }

  deinit { virStoragePoolFree(raw) }

  /// Looks for volumes that came or went without libvirt; fails while one is being made (`virStoragePoolRefresh`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func refresh() throws { try call("refresh storage pool \(name)").count { virStoragePoolRefresh(raw, 0) } }

  /// Stops it, and forgets it when it is transient; its volumes stay (`virStoragePoolDestroy`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func end() throws { try call("end storage pool \(name)").count { virStoragePoolDestroy(raw) } }

  /// Its XML (`virStoragePoolGetXMLDesc`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func xml() throws -> String {
    try call("read the XML of storage pool \(name)").string { virStoragePoolGetXMLDesc(raw, 0) }
  }

  /// The XML of the volume as it is now; nil when libvirt knows none of that name, or knows one that is gone. One that
  /// came without libvirt shows after `refresh`.
  ///
  /// Only `virStorageVolGetInfo` looks at the file; `virStorageVolGetXMLDesc` tells what was seen last.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func volumeXML(_ volume: String) throws -> String? {
    let call = call("look at volume \(volume) of pool \(name)")
    do {
      return try withVolume(volume, call) { raw in
        var ignored = virStorageVolInfo()
        try call.count { virStorageVolGetInfo(raw, &ignored) }
        return try call.string { virStorageVolGetXMLDesc(raw, 0) }
      }
    } catch let error as LibvirtError where error.code == .noStorageVolume {
      return nil
    }
  }

  /// Makes a volume of exactly `capacity`, to the byte if it is raw, else to 512 bytes upwards.
  ///
  /// What has that name already stays as it is, and is an error; a volume that could not be given its size is removed.
  /// libvirt calls qemu-img with the size in KiB, rounded up (`storageBackendCreateQemuImgSetInput`), so another format
  /// is made too small and grown, which libvirt refuses below what its headers take, some 200 KiB
  /// (`virStorageVolCreateXML`, `virStorageVolResize`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func makeVolume(_ volume: VolumeSpecification) throws {
    let call = call("make volume \(volume.name) of pool \(name)")
    let isExact = volume.format == "raw" || volume.capacity.rawValue % 1024 == 0
    let first = isExact ? volume.capacity.rawValue : volume.capacity.rawValue / 1024 * 1024
    let made = try call.pointer { virStorageVolCreateXML(raw, volume.xml(capacity: first), 0) }
    defer { virStorageVolFree(made) }
    guard !isExact else { return }
    do { try call.count { virStorageVolResize(made, volume.capacity.rawValue, 0) } } catch {
      virStorageVolDelete(made, 0)
      throw error
    }
  }

  /// Removes a volume and what is in it; `.noStorageVolume` when there is none (`virStorageVolDelete`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func deleteVolume(_ volume: String) throws {
    let call = call("delete volume \(volume) of pool \(name)")
    try withVolume(volume, call) { raw in _ = try call.count { virStorageVolDelete(raw, 0) } }
  }

  private func withVolume<Result>(_ name: String, _ call: Call, _ body: (OpaquePointer) throws -> Result) throws
    -> Result
  {
    let volume = try call.pointer { virStorageVolLookupByName(raw, name) }
    defer { virStorageVolFree(volume) }
    return try body(volume)
  }

  private func call(_ operation: String) -> Call { Call(operation, on: connection.host) }
}

/// A volume to be made.
public struct VolumeSpecification: Sendable, Hashable {
  public var name: String
  public var capacity: ByteCount
  /// "raw", "qcow2".
  public var format: String
  /// It takes its room as it is written; else at once.
  public var isSparse: Bool
  /// The image that it stands on, as the new image's header names it.
  public var backing: Backing?

  public struct Backing: Sendable, Hashable {
    public var path: String
    public var format: String
    public init(path: String, format: String) {
      self.path = path
      self.format = format
    }
  }

  public init(name: String, capacity: ByteCount, format: String, isSparse: Bool = true, backing: Backing? = nil) {
    self.name = name
    self.capacity = capacity
    self.format = format
    self.isSparse = isSparse
    self.backing = backing
  }

  /// `<volume>`; qcow2 as libvirt makes it for a move by itself, in QEMU's present version (`qemuMigrationDstPrecreateDisk`).
  func xml(capacity: UInt64) -> String {
    let backingStore = backing.map {
      "<backingStore><path>\($0.path.escapedForXML)</path><format type='\($0.format.escapedForXML)'/></backingStore>"
    }
    return "<volume><name>\(name.escapedForXML)</name><capacity unit='bytes'>\(capacity)</capacity>"
      + (isSparse ? "<allocation>0</allocation>" : "")
      + "<target><format type='\(format.escapedForXML)'/>\(format == "qcow2" ? "<compat>1.1</compat>" : "")</target>"
      + "\(backingStore ?? "")</volume>"
  }
}

extension String {
  /// Text that stands for itself in XML, in an element or in an attribute in either quotes.
  var escapedForXML: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "'": text += "&apos;"
      case "\"": text += "&quot;"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
