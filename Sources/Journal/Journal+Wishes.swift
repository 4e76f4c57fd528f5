import Foundation
import GRDB
import MigrationModel
import Synchronization

/// What other processes ask of a move, and what it answers.
extension Journal {
  /// Leaves a wish for the owner of a move. Throws JournalError.notOpen when the move is over.
  public func ask(_ wish: Wish, of id: MoveRecord.ID, at time: Double) throws -> RequestID {
    try write { database in
      guard try openRecord(id, database).result == nil else { throw JournalError.notOpen(file: path, move: id) }
      try database.execute(
        sql: "INSERT INTO requests (move, asked_at, wish) VALUES (?, ?, ?)",
        arguments: [id, time, try Column.text(wish)])
      return RequestID(rawValue: database.lastInsertedRowID)
    }
  }

  /// Those without an answer, oldest first.
  public func pendingWishes(of id: MoveRecord.ID) throws -> [(RequestID, Wish)] {
    try read { try pendingWishes(of: id, $0) }
  }

  public func answer(_ request: RequestID, text: String, accepted: Bool) throws {
    try write {
      try $0.execute(
        sql: "UPDATE requests SET is_accepted = ?, answer = ? WHERE id = ?",
        arguments: [accepted, text, request.rawValue])
    }
  }

  /// nil as long as there is none.
  public func answer(to request: RequestID) throws -> Answer? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT is_accepted, answer FROM requests WHERE id = ? AND answer IS NOT NULL",
        arguments: [request.rawValue]
      ).map { Answer(isAccepted: $0["is_accepted"], text: $0["answer"]) }
    }
  }

  /// Each wish for the move once, also those that are there already, until the move has a result.
  ///
  /// A thread of its own looks every `interval`, and reads only after someone wrote (`PRAGMA data_version`). A journal
  /// that cannot be read at the moment is tried again.
  public func wishes(of id: MoveRecord.ID, every interval: Duration) -> AsyncStream<(RequestID, Wish)> {
    AsyncStream { continuation in
      let over = DispatchSemaphore(value: 0)
      continuation.onTermination = { _ in over.signal() }
      Thread.detachNewThread {
        var poll = WishPoll(move: id)
        repeat {
          guard let wishes = try? self.look({ try poll.next($0, self) }) else { continue }
          for wish in wishes { continuation.yield(wish) }
        } while !poll.isOver && over.wait(timeout: .now() + interval / .seconds(1)) == .timedOut
        continuation.finish()
      }
    }
  }

  fileprivate func pendingWishes(of id: MoveRecord.ID, _ database: Database) throws -> [(RequestID, Wish)] {
    try Row.fetchAll(
      database, sql: "SELECT id, wish FROM requests WHERE move = ? AND answer IS NULL ORDER BY id", arguments: [id]
    ).map { (RequestID(rawValue: $0["id"]), try Column.value($0["wish"])) }
  }
}

/// What was seen so far of a move's wishes.
private struct WishPoll {
  /// data_version tells of other connections' writes, the count of changes of this one's.
  private struct Version: Equatable {
    var others: Int?
    var own: Int
  }
  let move: MoveRecord.ID
  private(set) var isOver = false
  private var seen: Version?
  private var told: Set<RequestID> = []

  init(move: MoveRecord.ID) { self.move = move }

  mutating func next(_ database: Database, _ journal: Journal) throws -> [(RequestID, Wish)] {
    let version = Version(
      others: try Int.fetchOne(database, sql: "PRAGMA data_version"), own: database.totalChangesCount)
    guard version != seen else { return [] }
    isOver =
      try Bool.fetchOne(database, sql: "SELECT result IS NULL FROM moves WHERE id = ?", arguments: [move]) != true
    let new = try journal.pendingWishes(of: move, database).filter { !told.contains($0.0) }
    seen = version
    told.formUnion(new.map(\.0))
    return new
  }
}
