import MigrationModel

/// `migrate.inventory/1`: what the configured hosts are and which guests they have. What is not known is absent.
struct Inventory: Encodable, Sendable, Equatable {
  struct Host: Encodable, Sendable, Equatable {
    var name, uri: String
    /// "up", or "down" when it could not be looked at.
    var state: String
    /// Why it could not.
    var error: String?
    var cpuThreads: Int?
    /// Equal on hosts whose CPUs are interchangeable: vendor, family, model, stepping and flags.
    var cpuClass: String?
    var memoryMib: UInt64?
    /// Bridges and libvirt networks that are up.
    var networks: [String]?
    /// Storage pools that are active.
    var storage: [String]?
  }
  struct Domain: Encodable, Sendable, Equatable {
    var name, uuid, host, state: String
    var vcpus: Int
    var memoryMib: UInt64
    var networks: [String]
    /// Storage pools that its disks lie in.
    var storage: [String]
  }

  var schema = "migrate.inventory/1"
  var hosts: [Host]
  var domains: [Domain]
  /// Constraints are people's, not hosts'.
  var constraints: [String] = []

  init(of survey: Survey, uris: [String: String] = [:]) {
    hosts =
      survey.hosts.map(Host.init)
      + survey.unusable.keys.sorted().map {
        Host(name: $0, uri: uris[$0] ?? "", state: "down", error: survey.unusable[$0])
      }
    domains = survey.hosts.flatMap { host in host.guests.map { Domain($0, on: host) } }
  }
}

extension Inventory.Host {
  init(_ host: HostFacts) {
    let bridges = host.links.value?.filter { $0.isBridge && $0.isUp }.map(\.name)
    let networks = host.networks.value?.filter(\.isActive).map(\.name)
    self.init(
      name: host.name, uri: host.uri, state: "up", cpuThreads: host.cpusOnline.value?.count,
      cpuClass: host.cpu.value?.classification, memoryMib: host.memory.value.map { $0.total.rawValue >> 20 },
      networks: bridges.map { ($0 + (networks ?? [])).sorted() },
      storage: host.pools.value?.filter(\.isActive).map(\.name).sorted())
  }
}

extension Inventory.Domain {
  init(_ guest: DomainFacts, on host: HostFacts) {
    let networks = guest.interfaces.compactMap { interface -> String? in
      switch interface.source {
      case .bridge(let name), .network(let name, _): name
      case .direct, .vhostUser, .other: nil
      }
    }
    let pools = guest.disks.compactMap { disk -> String? in
      if case .volume(let pool, _) = disk.source { return pool }
      let pools = host.pools.value ?? []
      return disk.path.flatMap { path in pools.first { $0.target.map { path.hasPrefix($0 + "/") } ?? false }?.name }
    }
    self.init(
      name: guest.name, uuid: guest.uuid, host: host.name, state: guest.state.rawValue, vcpus: guest.vcpus,
      memoryMib: guest.memory.rawValue >> 20, networks: Set(networks).sorted(), storage: Set(pools).sorted())
  }
}

extension HostCPU {
  /// Vendor, family, model and stepping, and a checksum of the flags (FNV-1a over their sorted names).
  fileprivate var classification: String {
    let text = flags.sorted().joined(separator: " ")
    let sum = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let numbers = [family, modelNumber, stepping].map { $0.map(String.init) ?? "?" }.joined(separator: "-")
    return "\(vendor) \(numbers) \(String(sum, radix: 16))"
  }
}
