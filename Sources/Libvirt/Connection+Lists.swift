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

  private func uuids(_ raw: OpaquePointer, _ call: Call, _ filter: virConnectListAllDomainsFlags) throws -> Set<String>
  {
    let domains = try list(call) { virConnectListAllDomains(raw, $0, filter.rawValue) }
    defer { domains.forEach { virDomainFree($0) } }
    return Set(try domains.map { try RawDomainIdentity(of: $0, call).uuid })
  }

  private func states(_ raw: OpaquePointer, _ call: Call) throws -> [(Domain, state: Int32, reason: Int32)] {
    var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
    let count = try call.count { virConnectGetAllDomainStats(raw, VIR_DOMAIN_STATS_STATE.rawValue, &records, 0) }
    defer { virDomainStatsRecordListFree(records) }
    return try UnsafeBufferPointer(start: records, count: Int(count)).compactMap { $0?.pointee }.map { record in
      let fields = TypedParameterReader(pointer: record.params, count: record.nparams)
      virDomainRef(record.dom)
      return (
        try Domain(adopting: record.dom, of: self), fields.int("state.state") ?? -1, fields.int("state.reason") ?? 0
      )
    }
  }

  /// Every virtual network with its XML (`virConnectListAllNetworks`, `virNetworkGetXMLDesc`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func networks() throws -> [HostResource] {
    try call("list the networks") { raw, call in
      let networks = try list(call) { virConnectListAllNetworks(raw, $0, 0) }
      defer { networks.forEach { virNetworkFree($0) } }
      return try networks.map { network in
        HostResource(
          name: String(cString: try call.pointer { virNetworkGetName(network) }),
          isActive: try call.count { virNetworkIsActive(network) } == 1,
          xml: try call.string { virNetworkGetXMLDesc(network, 0) })
      }
    }
  }

  /// Every storage pool with its XML (`virConnectListAllStoragePools`, `virStoragePoolGetXMLDesc`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func storagePools() throws -> [HostResource] {
    try call("list the storage pools") { raw, call in
      let pools = try list(call) { virConnectListAllStoragePools(raw, $0, 0) }
      defer { pools.forEach { virStoragePoolFree($0) } }
      return try pools.map { pool in
        HostResource(
          name: String(cString: try call.pointer { virStoragePoolGetName(pool) }),
          isActive: try call.count { virStoragePoolIsActive(pool) } == 1,
          xml: try call.string { virStoragePoolGetXMLDesc(pool, 0) })
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
