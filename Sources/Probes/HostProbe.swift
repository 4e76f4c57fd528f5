import DomainXML
import Libvirt
import MigrationModel
import Threads

/// A host's libvirt side, opened once and asked in bulk: the number of calls does not grow with the number of rules.
struct HostProbe: Sendable {
  let target: HostTarget
  let connection: Connection
  private let timeout: Duration

  /// Throws HostUnusable when libvirt cannot be reached within `timeout`.
  static func open(_ target: HostTarget, timeout: Duration) async throws -> HostProbe {
    do {
      let connection = try await blocking(within: timeout, orThrow: { HostUnusable(silent: target, for: timeout) }) {
        try Connection.open(target.uri, host: target.name)
      }
      return HostProbe(target: target, connection: connection, timeout: timeout)
    } catch let error as LibvirtError {
      throw HostUnusable("\(error)", code: Int(error.code.rawValue))
    }
  }

  /// Runs `body`, which may block, on a thread of its own. Throws HostUnusable when the host does not answer in time,
  /// though its connection lives.
  func ask<T: Sendable>(_ body: @escaping @Sendable (HostProbe) throws -> T) async throws -> T {
    try await blocking(within: timeout, orThrow: { [target, timeout] in HostUnusable(silent: target, for: timeout) }) {
      try body(self)
    }
  }

  /// What libvirt says of the host; each call that fails is a gap of its own.
  @available(*, noasync)
  func readHost(into facts: inout HostFacts) {
    facts.hostname = fact("virConnectGetHostname") { try connection.hostname() }
    facts.libvirt = fact("virConnectGetLibVersion") { try connection.libVersion() }
    let capabilities = fact("virConnectGetCapabilities") { try Capabilities(connection.capabilities()) }
    facts.emulators = capabilities.map(\.emulators)
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
    facts.domains = fact("virConnectListAllDomains") { try connection.domainIdentities() }
  }

  /// The guest that is to move: its XML, its state and its `<cpu>` element. Throws HostUnusable when there is no such one.
  @available(*, noasync)
  func readGuest(_ name: String) throws -> Guest {
    do {
      let domain = try connection.domain(named: name)
      let status = try domain.status()
      let description = try DomainDescription(parsing: domain.xml(status.state.isActive ? [.updateCPU] : [.inactive]))
      var facts = description.facts
      facts.state = status.state
      facts.stateReason = status.reason
      facts.isPersistent = try domain.isPersistent()
      return Guest(facts: facts, cpu: facts.cpu)
    } catch let error as LibvirtError where error.code == .noDomain {
      throw HostUnusable("\(target.name): there is no domain named “\(name)”", code: Int(error.code.rawValue))
    } catch let error as LibvirtError {
      throw HostUnusable("\(error)", code: Int(error.code.rawValue))
    } catch {
      throw HostUnusable("\(target.name): the XML of \(name) cannot be read: \(error)")
    }
  }

  /// Where a `pool/volume` leads on this host; known(nil) when there is no such pool or volume.
  @available(*, noasync)
  func volume(pool: String, volume: String) -> Fact<String?> {
    fact("virStorageVolLookupByName") {
      do {
        return try connection.volumePath(pool: pool, volume: volume)
      } catch let error as LibvirtError where error.code == .noStoragePool || error.code == .noStorageVolume {
        return nil
      }
    }
  }

  /// Whether this host can give the guest its CPU; compatible without asking when the guest has no `<cpu>` of its own.
  @available(*, noasync)
  func compareCPU(of guest: Guest) -> Fact<CPUComparison> {
    guard let cpu = guest.cpu else { return .known(CPUComparison(isCompatible: true)) }
    return fact("virConnectCompareHypervisorCPU") {
      try connection.compareHypervisorCPU(
        cpu, emulator: guest.facts.emulator, arch: guest.facts.arch, machine: guest.facts.machine,
        virtType: guest.facts.virtType)
    }
  }

  private func fact<Value>(_ source: String, _ read: () throws -> Value) -> Fact<Value> {
    do { return .known(try read()) } catch { return .gap(Gap(source: source, reason: "\(error)")) }
  }
}

/// The guest that is to move, with what only libvirt itself can judge.
struct Guest: Sendable {
  var facts: DomainFacts
  /// The text of the live `<cpu>` element; nil without one.
  var cpu: String?
}

/// What the gathering takes from the capabilities XML.
private struct Capabilities: Codable, Sendable, Equatable {
  var uuid: String?
  var emulators: [Emulator]

  init(_ xml: String) throws {
    let capabilities = try HostCapabilities(parsing: xml)
    uuid = capabilities.uuid
    emulators = capabilities.emulators
  }
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
