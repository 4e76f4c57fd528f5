import MigrationModel

/// `migrate.check/1`: what preflight says of one domain and one pair of hosts.
struct CheckDocument: Encodable, Sendable, Equatable {
  struct Domain: Encodable, Sendable, Equatable {
    var name: String
    var uuid: String?
    var state: String?
    var memoryBytes: UInt64?
    var vcpus: Int?
  }
  struct Host: Encodable, Sendable, Equatable {
    var uri: String
    var hostname: String?
  }
  struct FindingPayload: Encodable, Sendable, Equatable {
    var rule: String
    var severity: String
    var subject: String
    var source: String
    var destination: String
    var message: String
    var remedy: [String]
    /// What takes this block away; absent where nothing is blocked.
    var override: String?
    /// True when --allow already took it away; absent otherwise.
    var overridden: Bool?
  }
  struct Mode: Encodable, Sendable, Equatable {
    var name: String
    var because: String
  }
  /// Why there is no verdict: absent when there is one.
  struct ErrorPayload: Encodable, Sendable, Equatable {
    var code: Int?
    var message: String
  }

  var schema = "migrate.check/1"
  var domain: Domain
  var source: Host
  var destination: Host
  /// What was judged, and why that; absent without a verdict on both hosts.
  var mode: Mode?
  var verdict: String
  var findings: [FindingPayload]
  var passed: [String]
  var notApplicable: [String]
  var elapsedMs: Double
  /// With --since: what the saved facts came to; `findings` are then those that are new.
  var since: DriftPayload?
  var error: ErrorPayload?
}

/// What changed since facts were saved.
struct DriftPayload: Encodable, Sendable, Equatable {
  struct Change: Encodable, Sendable, Equatable {
    var host, fact, before, now: String
  }
  /// Absent when the saved facts do not hold the domain.
  var verdict: String?
  var resolved: [CheckDocument.FindingPayload]
  var unchangedFindings: Int
  var changes: [Change]

  init(_ drift: Drift) {
    verdict = drift.verdict?.rawValue
    resolved = drift.resolved.map(CheckDocument.FindingPayload.init)
    unchangedFindings = drift.unchanged
    changes = drift.changes.map { Change(host: $0.host, fact: $0.fact, before: $0.before, now: $0.now) }
  }
}

extension CheckDocument {
  /// A check that came to a verdict.
  init(_ check: Check, since drift: Drift? = nil, elapsed: Duration) {
    let domain = check.domain
    self.init(
      domain: Domain(
        name: domain.name, uuid: domain.uuid, state: domain.state.rawValue, memoryBytes: domain.memory.rawValue,
        vcpus: domain.vcpus),
      source: Host(uri: check.source.uri, hostname: check.source.hostname.value),
      destination: Host(uri: check.destination.uri, hostname: check.destination.hostname.value),
      mode: Mode(name: check.choice.mode.rawValue, because: check.choice.because),
      verdict: check.assessment.verdict.rawValue, findings: check.assessment.findings.map(FindingPayload.init),
      passed: check.assessment.passed, notApplicable: check.assessment.notApplicable, elapsedMs: elapsed.milliseconds,
      since: drift.map(DriftPayload.init))
  }

  /// A check that stopped before a verdict; `findings` are those of the request alone.
  init(
    domain: String, source: String, destination: String, findings: [Finding] = [], failure: CommandFailure?,
    elapsed: Duration
  ) {
    self.init(
      domain: Domain(name: domain), source: Host(uri: source), destination: Host(uri: destination),
      verdict: (findings.isEmpty ? Verdict.inconclusive : .blocked).rawValue,
      findings: findings.map(FindingPayload.init), passed: [], notApplicable: [], elapsedMs: elapsed.milliseconds,
      error: failure.map { ErrorPayload(code: $0.code, message: $0.message) })
  }
}

extension CheckDocument.FindingPayload {
  init(_ finding: Finding) {
    self.init(
      rule: finding.rule, severity: finding.severity.rawValue, subject: finding.subject, source: finding.source,
      destination: finding.destination, message: finding.message, remedy: finding.remedy,
      override: finding.blocks ? "--allow \(finding.rule)" : nil, overridden: finding.isOverridden ? true : nil)
  }
}
