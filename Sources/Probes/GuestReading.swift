import DomainXML
import Libvirt
import MigrationModel

/// Which guests of a host are looked at closely.
public enum GuestChoice: Sendable, Equatable {
  case named([String])
  case all
  public static let none = GuestChoice.named([])
}

extension HostProbe {
  /// Guests are read by so many threads at once: libvirtd serves five calls of a client at a time (max_client_requests).
  private static let threads = 4

  /// The chosen guests of the host, in the order of the choice. Throws HostUnusable when one is not there or cannot be read.
  func readGuests(
    _ choice: GuestChoice, of domains: Fact<[ListedDomain]>, for request: MigrationRequest, keepsXML: Bool
  ) async throws -> [DomainFacts] {
    if choice == .none { return [] }
    if case .gap(let gap) = domains { throw HostUnusable("\(target.name): the domains cannot be listed (\(gap))") }
    let domains = domains.value ?? []
    let listed: [ListedDomain]
    switch choice {
    case .all: listed = domains
    case .named(let names): listed = try names.map { name in try domain(name, in: domains) }
    }
    let bulk = try await ask { probe in probe.bulk(copiesDisks: request.copyStorage != nil) }
    let share = (listed.count + Self.threads - 1) / Self.threads
    let shares = stride(from: 0, to: listed.count, by: max(share, 1)).map { listed[$0..<min($0 + share, listed.count)] }
    return try await concurrently(shares) { share in
      try await ask { probe in
        try share.compactMap { listed in
          do { return try probe.read(listed, bulk, for: request, keepsXML: keepsXML) } catch let error as HostUnusable
            where choice == .all && error.code == Int(LibvirtError.Code.noDomain.rawValue)
          { return nil }  // It has ended or left since it was listed.
        }
      }
    }.flatMap(\.self)
  }

  /// What one call tells of all domains.
  private struct Bulk: Sendable {
    var withSnapshots: Fact<Set<String>>
    var withCheckpoints: Fact<Set<String>>
    var diskSizes: Fact<[String: [String: DiskSize]]>
  }

  @available(*, noasync)
  private func bulk(copiesDisks: Bool) -> Bulk {
    Bulk(
      withSnapshots: fact("virConnectListAllDomains") { try connection.domainsWithSnapshots() },
      withCheckpoints: fact("virConnectListAllDomains") { try connection.domainsWithCheckpoints() },
      diskSizes: copiesDisks ? fact("virConnectGetAllDomainStats") { try connection.diskSizes() } : .known([:]))
  }

  /// By name, or by UUID where no guest has such a name.
  private func domain(_ name: String, in domains: [ListedDomain]) throws -> ListedDomain {
    let named = domains.first { $0.domain.name == name } ?? domains.first { $0.domain.uuid == name.lowercased() }
    guard let domain = named else {
      throw HostUnusable(
        "\(target.name): there is no domain named “\(name)”", code: Int(LibvirtError.Code.noDomain.rawValue))
    }
    return domain
  }

  /// The listing leaves out the disks of a guest that is busy at the moment: those that are copied are asked for alone.
  @available(*, noasync)
  private func sizes(_ listed: [String: DiskSize], of domain: Domain, _ copied: [Disk]) -> [String: DiskSize] {
    copied.reduce(into: listed) { sizes, disk in
      if sizes[disk.target] == nil { sizes[disk.target] = try? domain.size(ofDisk: disk.target) }
    }
  }

  @available(*, noasync)
  private func read(_ listed: ListedDomain, _ bulk: Bulk, for request: MigrationRequest, keepsXML: Bool) throws
    -> DomainFacts
  {
    let (domain, state) = (listed.domain, listed.status.state)
    do {
      var facts = try DomainDescription(parsing: domain.xml(state.isActive ? [.updateCPU] : [.inactive])).facts
      if let fitted = request.destinationXML { facts = facts.fitted(to: try DomainDescription(parsing: fitted).facts) }
      facts.state = state
      facts.stateReason = listed.status.reason
      facts.isPersistent = listed.isPersistent
      facts.hasSnapshots = bulk.withSnapshots.map { $0.contains(domain.uuid) }
      facts.hasCheckpoints = bulk.withCheckpoints.map { $0.contains(domain.uuid) }
      let copied = facts.disks.filter(request.copies)
      facts.diskSizes = bulk.diskSizes.map { sizes($0[domain.uuid] ?? [:], of: domain, copied) }
      if keepsXML { facts.migratableXML = try domain.xml([.migratable, .secure]) }
      guard state.isActive else { return facts }
      facts.job = fact("virDomainGetJobInfo") { try domain.jobType().inProgress }
      facts.blockJobs = fact("virDomainGetBlockJobInfo") { try blockJobs(of: domain, facts.disks) }
      return facts
    } catch let error as LibvirtError {
      throw HostUnusable("\(error)", code: Int(error.code.rawValue))
    } catch {
      throw HostUnusable("\(target.name): the XML of \(domain.name) cannot be read: \(error)")
    }
  }

  @available(*, noasync)
  private func blockJobs(of domain: Domain, _ disks: [Disk]) throws -> [String: String] {
    let jobs = try disks.filter { $0.source != .none }.compactMap { disk in
      try domain.blockJob(onDisk: disk.target).map { (disk.target, $0) }
    }
    return Dictionary(jobs, uniquingKeysWith: { first, _ in first })
  }
}

extension JobType {
  /// nil when nothing is under way.
  fileprivate var inProgress: String? {
    switch self {
    case .bounded: "bounded"
    case .unbounded: "unbounded"
    default: nil
    }
  }
}
