import Foundation
import GRDB
import MigrationModel

/// Values as the text of a column. Equal values have equal texts.
enum Column {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
    try decoder.decode(type, from: Data(text.utf8))
  }

  /// A request of an older version lacks what a newer one can ask for: that has its default.
  static func request(_ text: String) throws -> MigrationRequest {
    let data = Data(text.utf8)
    let defaults = try JSONEncoder().encode(MigrationRequest())
    guard let old = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let new = try? JSONSerialization.jsonObject(with: defaults) as? [String: Any]
    else { return try decoder.decode(MigrationRequest.self, from: data) }
    let whole = try JSONSerialization.data(withJSONObject: new.merging(old) { $1 })
    return try decoder.decode(MigrationRequest.self, from: whole)
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}

extension MoveRecord {
  static func all(
    _ database: Database, where condition: String, _ arguments: StatementArguments = StatementArguments()
  ) throws -> [MoveRecord] {
    try Row.fetchAll(database, sql: "SELECT * FROM moves WHERE \(condition)", arguments: arguments)
      .map { try MoveRecord($0, database) }
  }

  private init(_ row: Row, _ database: Database) throws {
    id = row["id"]
    domain = row["domain"]
    uuid = row["uuid"]
    source = HostReference(name: row["source"], uri: row["source_uri"])
    destination = HostReference(name: row["destination"], uri: row["destination_uri"])
    request = try Column.request(row["request"])
    let start: Int64 = row["owner_start"]
    owner = ProcessIdentity(pid: row["owner_pid"], start: UInt64(bitPattern: start), boot: row["owner_boot"])
    startedAt = row["started_at"]
    endedAt = row["ended_at"]
    phase = (row["phase"] as String?).flatMap(MigrationPhase.init)
    percent = row["percent"]
    leftovers = try String.fetchAll(
      database, sql: "SELECT leftover FROM leftovers WHERE move = ? ORDER BY leftover", arguments: [id]
    ).map { try Column.value($0) }
    result = try (row["result"] as String?).map { try Column.value($0) }
  }
}
