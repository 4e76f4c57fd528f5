import Foundation
import MigrationModel
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(2))) struct BeginTests {
  private let place: Place
  init() throws { place = try Place() }

  @Test func aGuestThatIsBeingMovedIsNotMovedAgain() throws {
    let (one, other) = (try Journal.open(at: place.path), try Journal.open(at: place.path))
    let id = try one.begin()
    let record = try #require(try one.move(id))
    #expect(throws: MoveInProgress(record: record)) { try other.begin(uuid: webUUID.uppercased()) }
    try other.begin("db", uuid: "b")
    try one.finish(id, completed, at: 1008)
    try other.begin()
  }

  @Test func aMoveWhoseProcessIsGoneMustBeSettledFirst() throws {
    let journal = try Journal.open(at: place.path)
    let id = try journal.begin(owner: .dead())
    let record = try #require(try journal.move(id))
    #expect(throws: MoveInterrupted(record: record)) { try journal.begin() }
    try journal.finish(id, MigrationResult(outcome: .rolledBack), at: 1008)
    try journal.begin()
  }

  /// What was written just before the end is there, and who wrote it is known for dead.
  @Test func aMoverThatIsKilledLeavesItsMoveToBeSettled() async throws {
    let path = place.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let journal = try Journal.open(at: path)
      try journal.note(.pool(name: "images", on: there), for: try journal.begin())
      kill(getpid(), SIGKILL)
    }
    let journal = try Journal.open(at: path)
    let record = try #require(try journal.openMoves().first)
    #expect(record.leftovers == [.pool(name: "images", on: there)])
    #expect(throws: MoveInterrupted(record: record)) { try journal.begin() }
  }

  @Test func aLeftMoveIsTakenOverByOneProcessOnly() throws {
    let journal = try Journal.open(at: place.path)
    let id = try journal.begin(owner: .dead())
    try journal.adopt(id, by: .current())
    try journal.adopt(id, by: .current())
    let record = try #require(try journal.move(id))
    #expect(record.owner == .current())
    #expect(throws: MoveInProgress(record: record)) { try journal.adopt(id, by: .dead()) }
    #expect(throws: MoveInProgress(record: record)) { try journal.begin() }
    try journal.finish(id, completed, at: 1008)
    #expect(throws: JournalError.notOpen(file: place.path, move: id)) { try journal.adopt(id, by: .current()) }
  }

  /// Also while the process that moved the guest lives on: it has done with it.
  @Test func aMoveThatNeedsAPersonIsTakenUpByOneProcessOnly() throws {
    let journal = try Journal.open(at: place.path)
    let id = try journal.begin()
    try journal.finish(id, MigrationResult(outcome: .needsAttention), at: 1008)
    #expect(try journal.move(id)?.owner.isAlive == false)
    try journal.adopt(id, by: .current())
    let record = try #require(try journal.move(id))
    #expect(throws: MoveInProgress(record: record)) { try journal.adopt(id, by: .dead()) }
    #expect(throws: MoveInProgress(record: record)) { try journal.begin() }
  }

  @Test func ofTwoThatBeginAtOnceOneMoves() async throws {
    let journals = [try Journal.open(at: place.path), try Journal.open(at: place.path)]
    for round in 0..<100 {
      let winners = try await withThrowingTaskGroup(of: MoveRecord.ID?.self) { group in
        for journal in journals {
          group.addTask {
            do {
              return try journal.begin(uuid: "\(round)")
            } catch is MoveInProgress {
              return nil
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
      }
      #expect(winners.count == 1)
    }
    #expect(try journals[0].openMoves().count == 100)
  }

  /// They also make the journal at once: none may be told that it is locked, or there already.
  @Test func ofSeveralProcessesThatBeginAtOnceOneMoves() async throws {
    let path = place.path
    async let one: Void = expectEachGuestIsMovedOnce(path)
    async let two: Void = expectEachGuestIsMovedOnce(path)
    async let three: Void = expectEachGuestIsMovedOnce(path)
    _ = await (one, two, three)
    let moves = try Journal.open(at: path).openMoves()
    #expect(Set(moves.map(\.uuid)).count == 100)
    #expect(moves.count == 100)
  }

  private func expectEachGuestIsMovedOnce(_ path: String) async {
    await #expect(processExitsWith: .success) { [path = path as String] in
      let journal = try Journal.open(at: path)
      for guest in 0..<100 {
        do {
          try journal.begin(uuid: "\(guest)")
        } catch is MoveInProgress {
        } catch is MoveInterrupted {
        }
      }
    }
  }
}
