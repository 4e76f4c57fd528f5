import CLibvirt
import Glibc
import MigrationModel

/// A network or storage pool as its host describes it.
public struct HostResource: Sendable, Hashable {
  public var name: String
  public var isActive: Bool
  public var xml: String
}

/// A domain with what the listing told of it.
public struct ListedDomain: Sendable {
  public var domain: Domain
  public var status: DomainStatus
  public var isPersistent: Bool
}

extension Connection {
  /// `virDomainLookupByName`; an unknown name is `.noDomain`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domain(named name: String) throws -> Domain {
    try call("look up domain \(name)") { raw, call in
      try Domain(adopting: try call.pointer { virDomainLookupByName(raw, name) }, of: self)
    }
  }

  /// `virDomainLookupByUUIDString`; an unknown UUID is `.noDomain`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domain(uuid: String) throws -> Domain {
    try call("look up domain \(uuid)") { raw, call in
      try Domain(adopting: try call.pointer { virDomainLookupByUUIDString(raw, uuid) }, of: self)
    }
  }

  /// Defines a domain, which is not started; one of that UUID and name is redefined (`virDomainDefineXML`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func define(_ xml: String) throws -> Domain {
    try call("define a domain") { raw, call in
      try Domain(adopting: try call.pointer { virDomainDefineXML(raw, xml) }, of: self)
    }
  }

  /// Every domain, running or not (`virConnectListAllDomains`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domains() throws -> [Domain] {
    try call("list the domains") { raw, call in
      try list(call) { virConnectListAllDomains(raw, $0, 0) }.map { try Domain(adopting: $0, of: self) }
    }
  }

  /// Every domain with its state, in three round trips however many there are; one that comes or goes between them may
  /// be told as transient or not saved.
  ///
  /// (`virConnectGetAllDomainStats`, `virConnectListAllDomains` with the persistent and the managed-save filter.)
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func listedDomains() throws -> [ListedDomain] {
    try call("list the domains with their states") { raw, call in
      let persistent = try uuids(raw, call, VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
      let saved = try uuids(raw, call, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE)
      return try states(raw, call).map { domain, state, reason in
        ListedDomain(
          domain: domain,
          status: DomainStatus(rawState: state, rawReason: reason, isSaved: saved.contains(domain.uuid)),
          isPersistent: persistent.contains(domain.uuid))
      }
    }
  }

  /// UUIDs of the domains that have snapshots (`virConnectListAllDomains`, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domainsWithSnapshots() throws -> Set<String> {
    try call("list the domains with snapshots") { try uuids($0, $1, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT) }
  }

  /// UUIDs of the domains that have checkpoints (`virConnectListAllDomains`, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domainsWithCheckpoints() throws -> Set<String> {
    try call("list the domains with checkpoints") { try uuids($0, $1, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT) }
  }

  private func uuids(_ raw: OpaquePointer, _ call: Call, _ filter: virConnectListAllDomainsFlags) throws -> Set<String>
  {
    let domains = try list(call) { virConnectListAllDomains(raw, $0, filter.rawValue) }
    defer { domains.forEach { virDomainFree($0) } }
    return Set(try domains.map { try RawDomainIdentity(of: $0, call).uuid })
  }

  /// Sizes of every domain's disks by the domain's UUID and the disk's target, in one round trip. A disk whose size is not
  /// told is absent, such as that of a guest which is busy (`virConnectGetAllDomainStats`, VIR_DOMAIN_STATS_BLOCK,
  /// VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func diskSizes() throws -> [String: [String: DiskSize]] {
    try call("read the sizes of the domains' disks") { raw, call in
      let sizes = try statistics(raw, call, VIR_DOMAIN_STATS_BLOCK, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT.rawValue) {
        (try RawDomainIdentity(of: $0, call).uuid, $1.diskSizes)
      }
      return Dictionary(sizes, uniquingKeysWith: { first, _ in first })
    }
  }

  private func states(_ raw: OpaquePointer, _ call: Call) throws -> [(Domain, state: Int32, reason: Int32)] {
    try statistics(raw, call, VIR_DOMAIN_STATS_STATE) {
      virDomainRef($0)
      return (try Domain(adopting: $0, of: self), $1.int("state.state") ?? -1, $1.int("state.reason") ?? 0)
    }
  }

  private func statistics<T>(
    _ raw: OpaquePointer, _ call: Call, _ kind: virDomainStatsTypes, _ flags: UInt32 = 0,
    _ read: (OpaquePointer, TypedParameterReader) throws -> T
  ) throws -> [T] {
    var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
    let count = try call.count { virConnectGetAllDomainStats(raw, kind.rawValue, &records, flags) }
    defer { virDomainStatsRecordListFree(records) }
    return try UnsafeBufferPointer(start: records, count: Int(count)).compactMap { $0?.pointee }.map { record in
      try read(record.dom, TypedParameterReader(pointer: record.params, count: record.nparams))
    }
  }

  /// Every virtual network with its XML, a round trip for each and two more (`virConnectListAllNetworks`,
  /// `virNetworkGetXMLDesc`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func networks() throws -> [HostResource] {
    try call("list the networks") { raw, call in
      let networks = try list(call) { virConnectListAllNetworks(raw, $0, 0) }
      defer { networks.forEach { virNetworkFree($0) } }
      let active = try list(call) { virConnectListAllNetworks(raw, $0, VIR_CONNECT_LIST_NETWORKS_ACTIVE.rawValue) }
      defer { active.forEach { virNetworkFree($0) } }
      let activeNames = Set(
        try active.map { network in String(cString: try call.pointer { virNetworkGetName(network) }) })
      return try networks.map { network in
        let name = String(cString: try call.pointer { virNetworkGetName(network) })
        return HostResource(
          name: name, isActive: activeNames.contains(name), xml: try call.string { virNetworkGetXMLDesc(network, 0) })
      }
    }
  }

  /// Every storage pool with its XML, a round trip for each and two more (`virConnectListAllStoragePools`,
  /// `virStoragePoolGetXMLDesc`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func storagePools() throws -> [HostResource] {
    try call("list the storage pools") { raw, call in
      let pools = try list(call) { virConnectListAllStoragePools(raw, $0, 0) }
      defer { pools.forEach { virStoragePoolFree($0) } }
      let active = try list(call) {
        virConnectListAllStoragePools(raw, $0, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE.rawValue)
      }
      defer { active.forEach { virStoragePoolFree($0) } }
      let activeNames = Set(
        try active.map { pool in String(cString: try call.pointer { virStoragePoolGetName(pool) }) })
      return try pools.map { pool in
        let name = String(cString: try call.pointer { virStoragePoolGetName(pool) })
        return HostResource(
          name: name, isActive: activeNames.contains(name), xml: try call.string { virStoragePoolGetXMLDesc(pool, 0) })
      }
    }
  }

  /// Names of the network filters, sorted; `.noSupport` where no driver knows them (`virConnectListAllNWFilters`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func networkFilters() throws -> [String] {
    try call("list the network filters") { raw, call in
      let filters = try list(call) { virConnectListAllNWFilters(raw, $0, 0) }
      defer { filters.forEach { virNWFilterFree($0) } }
      return try filters.map { filter in String(cString: try call.pointer { virNWFilterGetName(filter) }) }.sorted()
    }
  }

  /// Every secret without its value, of which nothing is said, in one round trip; `.noSupport` where no driver knows them
  /// (`virConnectListAllSecrets`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func secrets() throws -> [SecretIdentity] {
    try call("list the secrets") { raw, call in
      let secrets = try list(call) { virConnectListAllSecrets(raw, $0, 0) }
      defer { secrets.forEach { virSecretFree($0) } }
      return try secrets.map { secret in
        SecretIdentity(
          uuid: try uuidText(call) { virSecretGetUUIDString(secret, $0) },
          usageType: secretUsage(try call.count { virSecretGetUsageType(secret) }),
          usage: String(cString: try call.pointer { virSecretGetUsageID(secret) }))
      }
    }
  }

  /// Where `volume` of `pool` is on this host; `.noStoragePool` or `.noStorageVolume` when there is none
  /// (`virStoragePoolLookupByName`, `virStorageVolLookupByName`, `virStorageVolGetPath`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func volumePath(pool: String, volume: String) throws -> String {
    try call("find volume \(volume) of pool \(pool)") { raw, call in
      let pool = try call.pointer { virStoragePoolLookupByName(raw, pool) }
      defer { virStoragePoolFree(pool) }
      let volume = try call.pointer { virStorageVolLookupByName(pool, volume) }
      defer { virStorageVolFree(volume) }
      return try call.string { virStorageVolGetPath(volume) }
    }
  }

  /// The handles that one of libvirt's list calls returns, each owned by the caller.
  private func list(
    _ call: Call, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<OpaquePointer?>?>) -> Int32
  ) throws -> [OpaquePointer] {
    var array: UnsafeMutablePointer<OpaquePointer?>?
    let count = try call.count { body(&array) }
    defer { free(array) }
    return UnsafeBufferPointer(start: array, count: Int(count)).compactMap { $0 }
  }
}

extension TypedParameterReader {
  /// `block.N.name`, `.capacity`, `.allocation` and `.physical` (`virConnectGetAllDomainStats`).
  var diskSizes: [String: DiskSize] {
    // No more disks than parameters, whatever the count says.
    let disks = (0..<min(unsigned32("block.count") ?? 0, UInt32(max(count, 0)))).compactMap { index in
      string("block.\(index).name").flatMap { name in
        bytes("block.\(index).capacity").flatMap { capacity in
          bytes("block.\(index).allocation").map {
            (name, DiskSize(capacity: capacity, allocation: $0, physical: bytes("block.\(index).physical")))
          }
        }
      }
    }
    return Dictionary(disks, uniquingKeysWith: { first, _ in first })
  }
}

/// `virSecretUsageType` in the words of `<usage type=>`.
func secretUsage(_ type: Int32) -> String {
  let names = ["", "volume", "ceph", "iscsi", "tls", "vtpm"]
  return names.indices.contains(Int(type)) ? names[Int(type)] : "usage \(type)"
}
