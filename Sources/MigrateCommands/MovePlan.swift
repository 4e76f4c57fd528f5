import MigrationModel
import Preflight
import Probes

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
    source = try directory.target(arguments.source, ssh: arguments.hosts.sourceSsh)
    destination = try directory.target(arguments.destination, ssh: arguments.hosts.destSsh)
    timeout = .seconds(Int64(arguments.hosts.timeout))
    writesProbes = !arguments.hosts.noWriteProbes
  }
}

/// Preflight's answer for one domain, with the facts that it was drawn from.
struct Check: Sendable, Equatable {
  var domain: DomainFacts
  var source: HostFacts
  var destination: HostFacts
  var assessment: Assessment
}

extension MovePlan {
  /// Gathers the facts of both hosts once and judges every domain over them. Throws CommandFailure when a host or a
  /// domain cannot be reached at all, and when nothing can be asked from here.
  func check() async throws -> [Check] {
    let facts: [MoveFacts]
    do {
      facts = try await gather(
        domains: domains, source: source, destination: destination, timeout: timeout, writesProbes: writesProbes)
    } catch let error as HostUnusable {
      throw CommandFailure(status: .failed, message: error.description, code: error.code)
    } catch {
      throw CommandFailure(status: .failed, message: "preflight cannot be done from here: \(error)")
    }
    var policy = PreflightPolicy()
    return facts.map { facts in
      let assessment = assess(
        request, domain: facts.domain, source: facts.source, destination: facts.destination, pair: facts.pair,
        policy: policy)
      // The next guest finds this one there: each alone may fit where together they do not.
      let moves = assessment.verdict != .blocked && facts.domain.isActive
      if moves { policy.memoryReserve = policy.memoryReserve + memoryNeeded(by: facts.domain) }
      return Check(
        domain: facts.domain, source: facts.source, destination: facts.destination, assessment: assessment)
    }
  }
}
