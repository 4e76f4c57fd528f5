import DomainXML
import Libvirt
import MigrationModel
import Threads

/// A host's libvirt side, opened once and asked in bulk: the number of calls does not grow with the number of rules.
struct HostProbe: Sendable {
  let target: HostTarget
  let connection: Connection
  private let timeout: Duration
  /// What carries the connection where it goes over the shell's session.
  private let relay: LibvirtRelay?

  private init(_ target: HostTarget, over relay: LibvirtRelay? = nil, timeout: Duration) async throws {
    let uri = relay?.uri ?? target.uri
    self.target = target
    self.timeout = timeout
    self.relay = relay
    connection = try await blocking(within: timeout, orThrow: { HostUnusable(silent: target, for: timeout) }) {
      try Connection.open(uri, host: target.name)
    }
  }

  /// Connects, over the session behind `door` where libvirt would open another one to the same account.
  ///
  /// Where that fails, as on a host without virt-ssh-helper, libvirt connects in its own way, and its words say what is
  /// wrong. Throws HostUnusable when libvirt cannot be reached within `timeout`.
  static func open(_ target: HostTarget, through door: Door? = nil, timeout: Duration) async throws -> HostProbe {
    if case .session(let session) = door, let relay = try? await LibvirtRelay.open(to: target, over: session) {
      do { return try await HostProbe(target, over: relay, timeout: timeout) } catch is LibvirtError {}
    }
    do {
      return try await HostProbe(target, timeout: timeout)
    } catch let error as LibvirtError {
      throw HostUnusable("\(error)", code: Int(error.code.rawValue))
    }
  }

  /// Ends the connection, before the session that may carry it ends.
  func close() async { _ = try? await blocking { [connection] in try connection.close() } }

  /// Runs `body`, which may block, on a thread of its own. Throws HostUnusable when the host does not answer in time,
  /// though its connection lives.
  func ask<T: Sendable>(_ body: @escaping @Sendable (HostProbe) throws -> T) async throws -> T {
    try await blocking(within: timeout, orThrow: { [target, timeout] in HostUnusable(silent: target, for: timeout) }) {
      try body(self)
    }
  }

  /// What libvirt says of the host, and its domains; each call that fails is a gap of its own.
  @available(*, noasync)
  func readHost(into facts: inout HostFacts) -> Fact<[ListedDomain]> {
    facts.hostname = fact("virConnectGetHostname") { try connection.hostname() }
    facts.libvirt = fact("virConnectGetLibVersion") { try connection.libVersion() }
    let capabilities = fact("virConnectGetCapabilities") { try HostCapabilities(parsing: connection.capabilities()) }
    facts.emulators = capabilities.map(\.emulators)
    facts.securityModels = capabilities.map(\.securityModels)
    facts.tsc = capabilities.map(\.tsc)
    facts.uuid =
      switch capabilities {
      case .gap(let gap): .gap(gap)
      case .known(let value):
        value.uuid.map { .known($0) } ?? .gap(Gap(source: "virConnectGetCapabilities", reason: "names no host UUID"))
      }
    facts.networks = fact("virConnectListAllNetworks") {
      try connection.networks().map { try VirtualNetwork(parsing: $0.xml, isActive: $0.isActive) }
    }
    facts.pools = fact("virConnectListAllStoragePools") {
      try connection.storagePools().map { try StoragePool(parsing: $0.xml, isActive: $0.isActive) }
    }
    facts.filters = fact("virConnectListAllNWFilters") { try connection.networkFilters() }
    facts.secrets = fact("virConnectListAllSecrets") { try connection.secrets() }
    let domains = fact("virConnectGetAllDomainStats") { try connection.listedDomains() }
    facts.domains = domains.map { DomainList($0.map(DomainIdentity.init)) }
    return domains
  }

  /// Emulators that guests bring along and that the capabilities do not list, because they are none of the default ones:
  /// what each is on this host, for the guests' machine types. One that is not there, or cannot run such a guest, is not
  /// in the answer.
  @available(*, noasync)
  func emulators(beyond known: Fact<[Emulator]>, of guests: [DomainFacts]) -> [Emulator] {
    guard case .known(let known) = known else { return [] }
    let listed = Set(known.map(\.path))
    let strange = guests.filter { $0.emulator.map { !listed.contains($0) } ?? false }
    let kinds = Set(strange.map { [$0.emulator, $0.arch, $0.machine.isEmpty ? nil : $0.machine, $0.virtType] })
    return kinds.compactMap { kind in
      try? Emulator(
        parsingDomainCapabilities: connection.domainCapabilities(
          emulator: kind[0], arch: kind[1], machine: kind[2], virtType: kind[3]), machine: kind[2])
    }
  }

  /// Where each volume leads on this host; known(nil) when there is no such pool or volume, or the pool is not active.
  @available(*, noasync)
  func volumes(_ volumes: Set<Volume>) -> [String: Fact<String?>] {
    Dictionary(
      uniqueKeysWithValues: volumes.map { volume in
        let path: Fact<String?> = fact("virStorageVolLookupByName") {
          do {
            return try connection.volumePath(pool: volume.pool, volume: volume.name)
          } catch let error as LibvirtError
            where [.noStoragePool, .noStorageVolume, .operationInvalid].contains(error.code)
          {
            return nil
          }
        }
        return (volume.key, path)
      })
  }

  /// Whether this host can give each guest its CPU, by UUID, for each list of guests; those with the same one are asked
  /// about once. Two hosts may have a guest of the same UUID.
  ///
  /// A guest without a `<cpu>` of its own is compatible without asking; of one that does not run only its definition moves.
  @available(*, noasync)
  func compareCPUs(of lists: [[DomainFacts]]) -> [[String: Fact<CPUComparison>]] {
    var known: [[String?]: Fact<CPUComparison>] = [:]
    return lists.map { guests in
      var answers: [String: Fact<CPUComparison>] = [:]
      for guest in guests where guest.isActive {
        let key = [guest.cpu, guest.emulator, guest.arch, guest.machine, guest.virtType]
        let answer = known[key] ?? compareCPU(of: guest)
        known[key] = answer
        answers[guest.uuid] = answer
      }
      return answers
    }
  }

  @available(*, noasync)
  private func compareCPU(of guest: DomainFacts) -> Fact<CPUComparison> {
    guard let cpu = guest.cpu else { return .known(CPUComparison(isCompatible: true)) }
    return fact("virConnectCompareHypervisorCPU") {
      try connection.compareHypervisorCPU(
        cpu, emulator: guest.emulator, arch: guest.arch, machine: guest.machine, virtType: guest.virtType)
    }
  }

  func fact<Value>(_ source: String, _ read: () throws -> Value) -> Fact<Value> {
    do { return .known(try read()) } catch { return .gap(Gap(source: source, reason: "\(error)")) }
  }
}

extension DomainIdentity {
  init(_ listed: ListedDomain) {
    self.init(
      name: listed.domain.name, uuid: listed.domain.uuid, state: listed.status.state,
      isPersistent: listed.isPersistent)
  }
}

/// A volume that a disk names.
struct Volume: Sendable, Hashable {
  var pool: String
  var name: String

  /// nil for a disk that is no volume.
  init?(_ disk: Disk) {
    guard case .volume(let pool, let volume) = disk.source else { return nil }
    self.pool = pool
    name = volume
  }

  /// How facts name it.
  var key: String { "\(pool)/\(name)" }
}

/// A host or a guest without which there is nothing to check: it cannot be reached or is not there.
public struct HostUnusable: Error, Sendable, CustomStringConvertible {
  public var description: String
  /// libvirt's error code, where libvirt gave one.
  public var code: Int?

  init(silent target: HostTarget, for timeout: Duration) {
    self.init("\(target.name): libvirt at \(target.uri) did not answer within \(timeout.components.seconds) s")
  }

  init(_ description: String, code: Int? = nil) {
    self.description = description
    self.code = code
  }
}
