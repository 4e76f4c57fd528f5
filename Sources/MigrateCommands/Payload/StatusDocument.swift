import Journal
import MigrationModel

struct HostPayload: Encodable, Sendable, Equatable {
  var name, uri: String
  init(_ host: HostReference) { (name, uri) = (host.name, host.uri) }
}

/// `migrate.status/1`: the moves that are not over.
struct StatusDocument: Encodable, Sendable, Equatable {
  struct Move: Encodable, Sendable, Equatable {
    var id: Int64
    var domain, uuid: String
    var source, destination: HostPayload
    /// "running", "interrupted" or "needs-attention".
    var state: String
    var phase: String?
    var percent: Double?
    var pid: Int32
    var since: String
    /// What the result said that a person must look at.
    var message: String?
    /// The command that settles a move that does not run.
    var recover: String?
  }

  var schema = "migrate.status/1"
  var moves: [Move]

  init(_ moves: [RecordedMove], journal: String?) {
    self.moves = moves.map { Move($0, journal: journal) }
  }
}

extension StatusDocument.Move {
  init(_ move: RecordedMove, journal: String?) {
    let record = move.record
    self.init(
      id: record.id, domain: record.domain, uuid: record.uuid, source: HostPayload(record.source),
      destination: HostPayload(record.destination), state: move.state.rawValue, phase: record.phase?.rawValue,
      percent: record.percent.map { ($0 * 10).rounded() / 10 }, pid: record.owner.pid,
      since: timestamp(record.startedAt), message: record.result?.error?.message,
      recover: move.recovery(journal: journal))
  }
}
