import GRDB

/// The tables of the journal; docs/journal.md describes them.
enum Schema {
  /// "migr" in SQLite's header: says that the file is ours before anything is written to it.
  static let applicationID: Int32 = 0x6D69_6772

  /// Migrations are only ever added: one that a published version has run is never changed.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1-moves") { try $0.execute(sql: moves) }
    return migrator
  }

  private static let moves = """
    CREATE TABLE moves (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      domain TEXT NOT NULL,
      uuid TEXT NOT NULL,
      source TEXT NOT NULL,
      source_uri TEXT NOT NULL,
      destination TEXT NOT NULL,
      destination_uri TEXT NOT NULL,
      request TEXT NOT NULL,
      owner_pid INTEGER NOT NULL,
      owner_start INTEGER NOT NULL,
      owner_boot TEXT NOT NULL,
      started_at REAL NOT NULL,
      ended_at REAL,
      phase TEXT,
      percent REAL,
      result TEXT
    ) STRICT;
    CREATE UNIQUE INDEX one_open_move_a_guest ON moves (uuid) WHERE ended_at IS NULL;

    CREATE TABLE updates (
      move INTEGER NOT NULL REFERENCES moves (id) ON DELETE CASCADE,
      sequence INTEGER NOT NULL,
      is_progress INTEGER NOT NULL,
      content TEXT NOT NULL,
      PRIMARY KEY (move, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE leftovers (
      move INTEGER NOT NULL REFERENCES moves (id) ON DELETE CASCADE,
      leftover TEXT NOT NULL,
      PRIMARY KEY (move, leftover)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE requests (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      move INTEGER NOT NULL REFERENCES moves (id) ON DELETE CASCADE,
      asked_at REAL NOT NULL,
      wish TEXT NOT NULL,
      is_accepted INTEGER,
      answer TEXT
    ) STRICT;
    CREATE INDEX requests_of_a_move ON requests (move);
    """
}
