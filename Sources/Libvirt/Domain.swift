import CLibvirt
import MigrationModel

/// A guest as one host knows it. Owns one `virDomainPtr` and keeps its connection open.
///
/// Methods that block are refused in async code: call them inside `blocking { }`. All of them throw `LibvirtError`.
public final class Domain: @unchecked Sendable {
  public let name: String
  public let uuid: String
  public let connection: Connection
  let raw: OpaquePointer

  /// Takes over `raw`, also when it throws.
  init(adopting raw: OpaquePointer, of connection: Connection) throws {
    do {
      let identity = try RawDomainIdentity(of: raw, Call("read the identity of a domain", on: connection.host))
      name = identity.name
      uuid = identity.uuid
    } catch {
      virDomainFree(raw)
      throw error
    }
    self.raw = raw
    self.connection = connection
  }

  deinit { virDomainFree(raw) }

  func call(_ operation: String) -> Call { Call("\(operation) \(name)", on: connection.host) }

  /// `virDomainGetState`, and `virDomainHasManagedSaveImage` when it is shut off.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func status() throws -> DomainStatus {
    var (state, reason): (Int32, Int32) = (0, 0)
    try call("read the state of").count { virDomainGetState(raw, &state, &reason, 0) }
    let isSaved = state == VIR_DOMAIN_SHUTOFF.rawValue ? try hasManagedSave() : false
    return DomainStatus(rawState: state, rawReason: reason, isSaved: isSaved)
  }

  /// Whether the host keeps a definition of it (`virDomainIsPersistent`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func isPersistent() throws -> Bool {
    try call("read the persistence of").count { virDomainIsPersistent(raw) } == 1
  }

  /// `virDomainHasManagedSaveImage`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func hasManagedSave() throws -> Bool {
    try call("look for a saved image of").count { virDomainHasManagedSaveImage(raw, 0) } == 1
  }

  /// The live XML, or the persistent one with `.inactive` (`virDomainGetXMLDesc`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func xml(_ flags: DomainXMLFlags = []) throws -> String {
    try call("read the XML of").string { virDomainGetXMLDesc(raw, flags.rawValue) }
  }

  /// What a block job on the disk `target` does: "pull", "copy", "commit" or "backup"; nil when there is none
  /// (`virDomainGetBlockJobInfo`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func blockJob(onDisk target: String) throws -> String? {
    var info = virDomainBlockJobInfo()
    let isThere = try call("look for a block job on \(target) of").count {
      virDomainGetBlockJobInfo(raw, target, &info, 0)
    }
    return isThere == 0 ? nil : blockJobName(info.type)
  }

  /// The size of the disk `target`; waits for other calls on the domain, where `Connection.diskSizes` leaves its disks out
  /// (`virDomainGetBlockInfo`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func size(ofDisk target: String) throws -> DiskSize {
    var info = virDomainBlockInfo()
    try call("read the size of disk \(target) of").count { virDomainGetBlockInfo(raw, target, &info, 0) }
    return DiskSize(
      capacity: .bytes(info.capacity), allocation: .bytes(info.allocation), physical: .bytes(info.physical))
  }

  /// `virDomainCreate`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func start() throws { try call("start").count { virDomainCreate(raw) } }

  /// `virDomainSuspend`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func suspend() throws { try call("suspend").count { virDomainSuspend(raw) } }

  /// `virDomainResume`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func resume() throws { try call("resume").count { virDomainResume(raw) } }

  /// Stops the guest at once, as pulling the plug does (`virDomainDestroy`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func destroy() throws { try call("destroy").count { virDomainDestroy(raw) } }

  /// Removes the definition as a migration does, which keeps firmware variables
  /// (`virDomainUndefineFlags` with VIR_DOMAIN_UNDEFINE_KEEP_NVRAM and _TPM).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func undefine() throws {
    let flags = VIR_DOMAIN_UNDEFINE_KEEP_NVRAM.rawValue | VIR_DOMAIN_UNDEFINE_KEEP_TPM.rawValue
    try call("undefine").count { virDomainUndefineFlags(raw, flags) }
  }
}

/// What `Domain.xml` is to contain (`virDomainXMLFlags`).
public typealias DomainXMLFlags = virDomainXMLFlags

/// The two names of a `virDomainPtr`, which are known without a round trip.
struct RawDomainIdentity {
  var name: String
  var uuid: String

  /// `virDomainGetName`, `virDomainGetUUIDString`.
  init(of raw: OpaquePointer, _ call: Call) throws {
    name = String(cString: try call.pointer { virDomainGetName(raw) })
    uuid = try uuidText(call) { virDomainGetUUIDString(raw, $0) }
  }
}

/// The text of a UUID that one of libvirt's calls writes.
func uuidText(_ call: Call, _ body: (UnsafeMutablePointer<CChar>?) -> Int32) throws -> String {
  var text = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
  try call.count { text.withUnsafeMutableBufferPointer { body($0.baseAddress) } }
  return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
}

/// `virDomainBlockJobType`; 3 commits a lower image, 4 the active one.
func blockJobName(_ type: Int32) -> String {
  let names = ["unknown", "pull", "copy", "commit", "commit", "backup"]
  return names.indices.contains(Int(type)) ? names[Int(type)] : "job \(type)"
}
