import GRDB
import MigrationModel

/// What the owner of a move writes.
extension Journal {
  /// Opens a record before anything is done to a host.
  ///
  /// Throws MoveInProgress when a living process moves that guest, and MoveInterrupted when a move of it was left: the
  /// caller then looks at both hosts and closes that record first. JournalError otherwise.
  public func begin(
    domain: String, uuid: String, source: HostReference, destination: HostReference, request: MigrationRequest,
    owner: ProcessIdentity, at time: Double
  ) throws -> MoveRecord.ID {
    let uuid = uuid.lowercased()
    return try write { database in
      if let record = try MoveRecord.all(database, where: "uuid = ? AND ended_at IS NULL", [uuid]).first {
        if record.owner.isAlive { throw MoveInProgress(record: record) }
        throw MoveInterrupted(record: record)
      }
      try database.execute(
        sql: """
          INSERT INTO moves (domain, uuid, source, source_uri, destination, destination_uri, request, owner_pid,
            owner_start, owner_boot, started_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          domain, uuid, source.name, source.uri, destination.name, destination.uri, try Column.text(request), owner.pid,
          Int64(bitPattern: owner.start), owner.boot, time,
        ])
      return database.lastInsertedRowID
    }
  }

  /// Makes `owner` the process that an open, left move belongs to, so that no two clear up after it at once.
  ///
  /// Throws MoveInProgress when another living process has it, and JournalError.notOpen.
  public func adopt(_ id: MoveRecord.ID, by owner: ProcessIdentity) throws {
    try write { database in
      let record = try openRecord(id, database)
      if record.owner != owner && record.owner.isAlive { throw MoveInProgress(record: record) }
      try database.execute(
        sql: "UPDATE moves SET owner_pid = ?, owner_start = ?, owner_boot = ? WHERE id = ?",
        arguments: [owner.pid, Int64(bitPattern: owner.start), owner.boot, id])
    }
  }

  /// Appends an update under the move's own next sequence number.
  public func record(_ update: MigrationUpdate, for id: MoveRecord.ID) throws {
    try write { database in
      var (phase, percent, isProgress): (MigrationPhase?, Double?, Bool) = (nil, nil, false)
      switch update.content {
      case .phase(let entered, _): phase = entered
      case .progress(_, let reached): (percent, isProgress) = (reached, true)
      case .guest, .decision, .result: break
      }
      try database.execute(
        sql: """
          INSERT INTO updates (move, sequence, is_progress, content)
          SELECT ?, coalesce(max(sequence), 0) + 1, ?, ? FROM updates WHERE move = ?
          """, arguments: [id, isProgress, try Column.text(update), id])
      try database.execute(
        sql: "UPDATE moves SET phase = coalesce(?, phase), percent = coalesce(?, percent) WHERE id = ?",
        arguments: [phase?.rawValue, percent, id])
    }
  }

  /// Writes down what is about to be made on a host.
  public func note(_ leftover: Leftover, for id: MoveRecord.ID) throws {
    try write {
      try $0.execute(
        sql: "INSERT OR IGNORE INTO leftovers (move, leftover) VALUES (?, ?)",
        arguments: [id, try Column.text(leftover)])
    }
  }

  /// Strikes out what is not there any more, or is to stay.
  public func forget(_ leftover: Leftover, for id: MoveRecord.ID) throws {
    try write {
      try $0.execute(
        sql: "DELETE FROM leftovers WHERE move = ? AND leftover = ?", arguments: [id, try Column.text(leftover)])
    }
  }

  /// Writes the result and closes the record; after `needsAttention` it stays open and belongs to no process, until
  /// one adopts it and another result comes.
  ///
  /// The progress is deleted, the other updates are kept. Throws JournalError.notOpen for a record that is closed.
  public func finish(_ id: MoveRecord.ID, _ result: MigrationResult, at time: Double) throws {
    try write { database in
      _ = try openRecord(id, database)
      try database.execute(
        sql: "UPDATE moves SET result = ?, ended_at = ? WHERE id = ?",
        arguments: [try Column.text(result), result.outcome == .needsAttention ? nil : time, id])
      // A process of no boot is dead.
      try database.execute(
        sql: "UPDATE moves SET owner_boot = '' WHERE id = ? AND ended_at IS NULL", arguments: [id])
      try database.execute(sql: "DELETE FROM updates WHERE move = ? AND is_progress", arguments: [id])
    }
  }

  func openRecord(_ id: MoveRecord.ID, _ database: Database) throws -> MoveRecord {
    guard let record = try MoveRecord.all(database, where: "id = ? AND ended_at IS NULL", [id]).first else {
      throw JournalError.notOpen(file: path, move: id)
    }
    return record
  }
}
