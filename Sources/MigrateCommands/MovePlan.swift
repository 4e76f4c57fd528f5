import DomainXML
import Libvirt
import MigrationModel
import Preflight
import Probes
import Threads

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a command line means before any connection is opened.
struct MovePlan: Sendable {
  var domains: [String]
  var source: HostTarget
  var destination: HostTarget
  var request: MigrationRequest
  var timeout: Duration
  var writesProbes: Bool
  /// How many guests move at a time at most.
  var maxParallel: Int

  /// Throws CommandFailure (usage) for hosts that cannot be meant and options that contradict each other.
  init(_ arguments: MoveArguments) throws {
    request = try arguments.request.request()
    let unknown = request.allow.subtracting(catalogue.map(\.id)).sorted()
    guard unknown.isEmpty else {
      throw CommandFailure.usage("--allow names no rule: \(unknown.joined(separator: ", "))")
    }
    let directory = try HostDirectory.load(
      arguments.hosts.config, environment: ProcessInfo.processInfo.environment)
    domains = arguments.domains
    try Self.validateXML(of: request, for: domains)
    source = try directory.target(arguments.source, ssh: arguments.hosts.sourceSsh)
    destination = try directory.target(arguments.destination, ssh: arguments.hosts.destSsh)
    timeout = .seconds(Int64(arguments.hosts.timeout))
    maxParallel = arguments.maxParallel
    writesProbes = !arguments.hosts.noWriteProbes
  }
}

extension MovePlan {
  /// The guests that have a process on the source, sorted. Throws CommandFailure when it does not answer.
  func activeDomains() async throws -> [String] {
    let host = source
    let silence = CommandFailure(status: .failed, message: "\(host.name): libvirt did not answer in time")
    do {
      let listed = try await blocking(within: timeout, orThrow: { silence }) {
        try Connection.open(host.uri, host: host.name).listedDomains()
      }
      return listed.filter(\.status.state.isActive).map(\.domain.name).sorted()
    } catch let error as LibvirtError {
      throw CommandFailure(status: .failed, message: "\(error)", code: Int(error.code.rawValue))
    }
  }

  /// An XML that names another guest, or none, would be found out only when the destination has been prepared.
  private static func validateXML(of request: MigrationRequest, for domains: [String]) throws {
    for (option, text) in [("--xml", request.destinationXML), ("--persistent-xml", request.persistentXML)] {
      guard let text else { continue }
      guard domains.count == 1 else {
        throw CommandFailure.usage("\(option) describes one domain; \(domains.count) are to move")
      }
      do {
        let described = try DomainDescription(parsing: text).facts
        let isMeant =
          [described.name, described.uuid].contains(domains[0]) || described.name == request.destinationName
        guard isMeant else {
          throw CommandFailure.usage("\(option) describes “\(described.name)”, not “\(domains[0])”")
        }
      } catch let error as XMLError {
        throw CommandFailure.usage("\(option) is no domain XML: \(error)")
      }
    }
  }
}

/// Preflight's answer for one domain, with the facts that it was drawn from.
struct Check: Sendable, Equatable {
  var domain: DomainFacts
  var source: HostFacts
  var destination: HostFacts
  /// What the assessment is of.
  var choice: ModeChoice
  var assessment: Assessment
}

extension MovePlan {
  /// Gathers the facts of both hosts once. Throws CommandFailure when a host or a domain cannot be reached at all, and
  /// when nothing can be asked from here.
  func survey(keepingXML keepsXML: Bool = false) async throws -> Survey {
    try await gathering {
      try await gather(
        SurveyScope(
          hosts: [source, destination], guests: [.named(domains), .none], routes: [Route(from: 0, to: 1)],
          request: request, timeout: timeout, writesProbes: writesProbes, keepsXML: keepsXML))
    }
  }

  /// As `survey()`, with the facts of a host taken from a file where one is given: that host is not asked, and what can
  /// only be known of both together is a gap unless the file has it.
  func survey(_ files: FactsOptions) async throws -> Survey {
    let saved = try (
      source: files.sourceFacts.map(FactsFile.init(contentsOf:)),
      destination: files.destFacts.map(FactsFile.init(contentsOf:))
    )
    if saved.source == nil && saved.destination == nil { return try await survey(keepingXML: files.emitXml != nil) }
    var here = try await facts(of: source, .named(domains), from: saved.source)
    var there = try await facts(of: destination, .none, from: saved.destination)
    if let file = saved.source, file.path == saved.destination?.path {
      return Survey(hosts: [here, there], pairs: [file.survey.pair(from: here.name, to: there.name)])
    }
    // Looked at apart: each clock was measured by another observer, and nothing was compared.
    let apart = Gap(source: "both hosts", reason: "\(here.name) and \(there.name) were not looked at together")
    (here.clock, there.clock) = (.gap(apart), .gap(apart))
    return Survey(hosts: [here, there])
  }

  private func facts(of host: HostTarget, _ guests: GuestChoice, from file: FactsFile?) async throws -> HostFacts {
    if let file { return try file.host(host.name, uri: host.uri) }
    let survey = try await gathering {
      try await gather(
        SurveyScope(
          hosts: [host], guests: [guests], routes: [], request: request, timeout: timeout, writesProbes: writesProbes))
    }
    return survey.hosts[0]
  }

  private func gathering<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as HostUnusable {
      throw CommandFailure(status: .failed, message: error.description, code: error.code)
    } catch {
      throw CommandFailure(status: .failed, message: "preflight cannot be done from here: \(error)")
    }
  }

  /// Gathers and judges.
  func check() async throws -> [Check] {
    let survey = try await survey()
    return try judge(survey.hosts[0], survey.hosts[1], survey)
  }

  /// Judges every domain over the same facts. Throws CommandFailure for a domain that they do not hold.
  func judge(_ here: HostFacts, _ there: HostFacts, _ survey: Survey) throws -> [Check] {
    let guests = Dictionary(here.guests.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let pair = survey.pair(from: here.name, to: there.name)
    let described = try request.destinationXML.map { try DomainDescription(parsing: $0).facts }
    var policy = PreflightPolicy()
    policy.parallelMoves = min(maxParallel, domains.count)
    var seen: Set<String> = []
    return try domains.map { name in
      guard let guest = guests[name] ?? here.guests.first(where: { $0.uuid == name.lowercased() }) else {
        throw CommandFailure(status: .failed, message: "\(here.name): nothing is known of the domain “\(name)”")
      }
      guard seen.insert(guest.uuid).inserted else { throw CommandFailure.usage("named more than once: \(guest.name)") }
      let domain = described.map(guest.fitted) ?? guest
      let assessment = assess(
        request, domain: domain, source: here, destination: there, pair: pair, policy: policy)
      // The next guest finds this one there: each alone may fit where together they do not.
      let moves = assessment.verdict != .blocked && domain.isActive
      if moves { policy.memoryReserve = policy.memoryReserve + memoryNeeded(by: domain) }
      let choice = chosenMode(for: request, isActive: domain.isActive, over: (here, there, pair))
      return Check(domain: domain, source: here, destination: there, choice: choice, assessment: assessment)
    }
  }
}
