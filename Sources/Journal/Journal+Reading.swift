import GRDB
import MigrationModel

/// What anyone may read.
extension Journal {
  /// Oldest first.
  public func openMoves() throws -> [MoveRecord] {
    try read { try MoveRecord.all($0, where: "ended_at IS NULL ORDER BY id") }
  }

  public func move(_ id: MoveRecord.ID) throws -> MoveRecord? {
    try read { try MoveRecord.all($0, where: "id = ?", [id]).first }
  }

  /// Moves of that guest, by its name or UUID, that are open or have left something on a host; oldest first.
  public func unsettled(ofDomain domain: String) throws -> [MoveRecord] {
    try read {
      try MoveRecord.all(
        $0,
        where: """
          (domain = ? OR uuid = ?) AND (ended_at IS NULL OR id IN (SELECT move FROM leftovers)) ORDER BY id
          """,
        [domain, domain.lowercased()])
    }
  }

  /// The move that was begun last, of the guests with that name or UUID.
  public func latest(ofDomain domain: String) throws -> MoveRecord? {
    try read {
      try MoveRecord.all($0, where: "domain = ? OR uuid = ? ORDER BY id DESC LIMIT 1", [domain, domain.lowercased()])
        .first
    }
  }

  /// Closed moves, newest first; `domain` is a name or a UUID.
  public func history(limit: Int, domain: String? = nil) throws -> [MoveRecord] {
    try read {
      try MoveRecord.all(
        $0,
        where: """
          ended_at IS NOT NULL AND (?1 IS NULL OR domain = ?1 OR uuid = lower(?1)) ORDER BY id DESC LIMIT ?2
          """,
        [domain, limit])
    }
  }

  /// The updates that follow `sequence`, with the sequence numbers of the move. Progress is there only until the end.
  public func updates(of id: MoveRecord.ID, after sequence: Int) throws -> [MigrationUpdate] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT sequence, content FROM updates WHERE move = ? AND sequence > ? ORDER BY sequence",
        arguments: [id, sequence]
      ).map { row in
        var update: MigrationUpdate = try Column.value(row["content"])
        update.sequence = row["sequence"]
        return update
      }
    }
  }
}
