import MigrationModel

/// `migrate.matrix/1`: every ordered pair of hosts, and every guest on each way.
struct MatrixDocument: Encodable, Sendable, Equatable {
  struct Host: Encodable, Sendable, Equatable {
    var name: String
    var uri: String?
    var hostname: String?
    /// Why it could not be looked at; absent when it could.
    var error: String?
  }
  struct Direction: Encodable, Sendable, Equatable {
    var source, destination, verdict: String
    /// What keeps every guest from going this way, or deserves a look.
    var findings: [CheckDocument.FindingPayload]
    var domains: [Domain]
  }
  struct Domain: Encodable, Sendable, Equatable {
    var name, uuid, verdict: String
    /// Those of the direction left out.
    var findings: [CheckDocument.FindingPayload]
  }
  struct Baseline: Encodable, Sendable, Equatable {
    var model, xml: String?
    var features: [String]?
    /// Guests that would have to be restarted with it.
    var restarts: [String]
    /// Why there is none; absent when there is one.
    var error: String?
  }

  var schema = "migrate.matrix/1"
  var hosts: [Host]
  var directions: [Direction]
  var cpuBaseline: Baseline

  init(_ matrix: Matrix) {
    hosts =
      matrix.hosts.map { Host(name: $0.name, uri: $0.uri, hostname: $0.hostname.value) }
      + matrix.unusable.sorted { $0.key < $1.key }.map { Host(name: $0.key, error: $0.value) }
    directions = matrix.directions.map(Direction.init)
    let (known, gap) = (matrix.baseline.value, matrix.baseline.gap)
    cpuBaseline = Baseline(
      model: known?.model, xml: known?.xml, features: known?.features, restarts: matrix.restarts,
      error: gap.map { "\($0)" })
  }
}

extension MatrixDocument.Direction {
  init(_ direction: Matrix.Direction) {
    self.init(
      source: direction.source, destination: direction.destination, verdict: direction.verdict.rawValue,
      findings: direction.hosts.findings.map(CheckDocument.FindingPayload.init),
      domains: direction.guests.map { guest in
        MatrixDocument.Domain(
          name: guest.name, uuid: guest.uuid, verdict: guest.assessment.verdict.rawValue,
          findings: guest.findings(beyond: direction.hosts).map(CheckDocument.FindingPayload.init))
      })
  }
}

extension Matrix.GuestAnswer {
  /// What is this guest's own trouble.
  func findings(beyond hosts: Assessment) -> [Finding] {
    assessment.findings.filter { finding in
      !hosts.findings.contains {
        $0.rule == finding.rule && $0.severity == finding.severity && $0.subject == finding.subject
      }
    }
  }
}
