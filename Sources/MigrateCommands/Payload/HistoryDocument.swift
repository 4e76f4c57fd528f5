import Journal
import MigrationModel

/// `migrate.history/1`: the moves that are over, newest first.
struct HistoryDocument: Encodable, Sendable, Equatable {
  struct Move: Encodable, Sendable, Equatable {
    var id: Int64
    var domain, uuid: String
    var source, destination: HostPayload
    /// As it was asked for.
    var mode: String
    var started, ended: String
    var outcome: String
    var exitCode: Int32
    var seconds: Double
    var downtime: EventLine.DowntimePayload
    var runningOn: String?
    var message: String?
  }

  var schema = "migrate.history/1"
  var moves: [Move]

  /// Records that are not closed are left out.
  init(_ records: [MoveRecord]) { moves = records.compactMap(Move.init) }
}

extension HistoryDocument.Move {
  init?(_ record: MoveRecord) {
    guard let result = record.result, let end = record.endedAt else { return nil }
    self.init(
      id: record.id, domain: record.domain, uuid: record.uuid, source: HostPayload(record.source),
      destination: HostPayload(record.destination), mode: record.request.mode.rawValue,
      started: timestamp(record.startedAt), ended: timestamp(end), outcome: result.outcome.rawValue,
      exitCode: ExitStatus(result.outcome).rawValue, seconds: result.elapsed.milliseconds / 1000,
      downtime: EventLine.DowntimePayload(result.downtime), runningOn: result.runningOn,
      message: result.error?.message)
  }
}
