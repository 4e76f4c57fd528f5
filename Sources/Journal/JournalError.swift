import GRDB

/// Why the journal could not be used: one sentence that names the file, the cause, and what to do.
public enum JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no file of that name, and none is made to read it.
  case missing(file: String)
  case cannotOpen(file: String, cause: String)
  case readOnly(file: String)
  /// It is no database, or a damaged one.
  case corrupt(file: String, cause: String)
  /// A database, but another program's.
  case foreign(file: String)
  case fromNewerVersion(file: String)
  case fromOlderVersion(file: String)
  case full(file: String)
  /// Another process held it for longer than the busy timeout.
  case busy(file: String)
  case failed(file: String, cause: String)
  /// The move is closed already, or was never begun.
  case notOpen(file: String, move: MoveRecord.ID)

  public var description: String {
    switch self {
    case .missing(let file): "there is no journal at \(file)"
    case .cannotOpen(let file, let cause):
      "the journal \(file) cannot be opened: \(cause); correct that, or name another file with --journal"
    case .readOnly(let file):
      "the journal \(file) cannot be written to; make it and its directory writable, or name another file with --journal"
    case .corrupt(let file, let cause):
      "the journal \(file) is damaged: \(cause); put it aside, and see on the hosts what its last moves came to"
    case .foreign(let file): "\(file) is another program's database; name another file with --journal"
    case .fromNewerVersion(let file):
      "the journal \(file) was written by a newer version of migrate; use that one, or another file with --journal"
    case .fromOlderVersion(let file):
      "the journal \(file) was made by an older version of migrate; the next move brings it up to date"
    case .full(let file): "the journal \(file) cannot be written to: its disk is full; make room there"
    case .busy(let file): "the journal \(file) is locked by another process; try again"
    case .failed(let file, let cause): "the journal \(file) failed: \(cause)"
    case .notOpen(let file, let move): "the journal \(file) has no open move \(move)"
    }
  }
}

extension JournalError {
  /// What SQLite's code means for this file (https://www.sqlite.org/rescode.html).
  init(_ error: DatabaseError, file: String) {
    let cause = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    self =
      switch (error.resultCode, error.extendedResultCode) {
      // A full disk also shows when the shared memory file cannot grow.
      case (.SQLITE_FULL, _), (_, .SQLITE_IOERR_SHMSIZE): .full(file: file)
      case (.SQLITE_NOTADB, _), (.SQLITE_CORRUPT, _): .corrupt(file: file, cause: cause)
      case (.SQLITE_READONLY, _): .readOnly(file: file)
      case (.SQLITE_CANTOPEN, _), (.SQLITE_PERM, _), (.SQLITE_AUTH, _): .cannotOpen(file: file, cause: cause)
      case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _): .busy(file: file)
      default: .failed(file: file, cause: cause)
      }
  }
}
