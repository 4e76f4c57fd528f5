import GRDB

/// The journal of moves: which guests are being moved, by whom, what was found, and how it ended.
///
/// One file for all processes of one machine (SQLite, write-ahead log). A transaction is on disk when its call returns.
/// All calls block, for a moment as a rule and for the busy timeout of 5 s at most, so they do not belong on the
/// cooperative pool. They throw JournalError.
public final class Journal: Sendable {
  private let file: JournalFile
  private let queue: DatabaseQueue

  public var path: String { file.path }

  private init(_ file: JournalFile, _ queue: DatabaseQueue) {
    self.file = file
    self.queue = queue
  }

  /// Opens the journal for moves, and makes it where there is none.
  ///
  /// Throws JournalError for a file that cannot be written to, that is damaged, another program's, or a newer version's.
  public static func open(at path: String) throws -> Journal {
    let file = try JournalFile(path)
    try file.create()
    return try translatingErrors(file.path) {
      try file.whileSettingUp {
        let isAtRest = !file.hasWriteAheadLog
        let queue = try DatabaseQueue(path: file.path, configuration: configuration())
        try queue.writeWithoutTransaction { database in
          try requireOurs(database, file, isAtRest: isAtRest)
          // Written each time: a file that cannot be written to is told now, not in the middle of a move.
          try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
          try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        try Schema.migrator.migrate(queue)
        return Journal(file, queue)
      }
    }
  }

  /// Opens the journal to look at it, also someone else's. Throws JournalError.missing where there is none.
  public static func openReadOnly(at path: String) throws -> Journal {
    let file = try JournalFile(path)
    guard file.exists else { throw JournalError.missing(file: file.path) }
    return try translatingErrors(file.path) {
      try file.whileSettingUp {
        do {
          return try openReadOnly(file, as: file.path)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN && !file.hasWriteAheadLog {
          // SQLite wants to make the log's files in a directory that is closed to us. Nobody writes while there are none.
          return try openReadOnly(file, as: file.immutableURI)
        }
      }
    }
  }

  private static func openReadOnly(_ file: JournalFile, as name: String) throws -> Journal {
    let isAtRest = !file.hasWriteAheadLog
    let queue = try DatabaseQueue(path: name, configuration: configuration(readOnly: true))
    try queue.read { database in
      try requireOurs(database, file, isAtRest: isAtRest)
      guard try Schema.migrator.hasCompletedMigrations(database) else {
        throw JournalError.fromOlderVersion(file: file.path)
      }
    }
    return Journal(file, queue)
  }

  private static func configuration(readOnly: Bool = false) -> Configuration {
    var configuration = Configuration()
    configuration.label = "journal"
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(5)
    configuration.foreignKeysEnabled = true
    return configuration
  }

  /// Nothing may be written to a database before it is known for ours, or for empty.
  /// - Parameter isAtRest: nobody had it open, so that the file alone holds everything.
  private static func requireOurs(_ database: Database, _ file: JournalFile, isAtRest: Bool) throws {
    // SQLite reads what is missing of the last page as zeros, and would take them for figures of a move.
    if isAtRest, let size = file.size, let page = try Int.fetchOne(database, sql: "PRAGMA page_size"), size % page != 0
    {
      throw JournalError.corrupt(file: file.path, cause: "its end is missing")
    }
    let application = try Int32.fetchOne(database, sql: "PRAGMA application_id")
    let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    guard tables == 0 || application == Schema.applicationID else { throw JournalError.foreign(file: file.path) }
    guard try !Schema.migrator.hasBeenSuperseded(database) else {
      throw JournalError.fromNewerVersion(file: file.path)
    }
  }
}

extension Journal {
  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try translatingErrors(path) { try queue.read(body) }
  }

  /// One transaction that has the write lock from its start, so that what it reads stays as it is.
  func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try translatingErrors(path) { try queue.write(body) }
  }

  /// Reads without a transaction, for what SQLite tells of the connection.
  func look<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try translatingErrors(path) { try queue.unsafeRead(body) }
  }
}

/// SQLite's errors, and those of what the file holds, become the journal's own.
private func translatingErrors<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as DatabaseError {
    throw JournalError(error, file: path)
  } catch let error as DecodingError {
    throw JournalError.corrupt(file: path, cause: "a move in it cannot be read (\(error))")
  } catch let error as RowDecodingError {
    throw JournalError.corrupt(file: path, cause: "a move in it cannot be read (\(error))")
  }
}
