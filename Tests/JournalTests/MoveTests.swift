import Foundation
import GRDB
import MigrationModel
import Testing

@testable import Journal

@Suite struct MoveTests {
  private let place: Place
  private let journal: Journal

  init() throws {
    place = try Place()
    journal = try Journal.open(at: place.path)
  }

  private var progress: MigrationUpdate.Content {
    var sample = ProgressSample()
    sample.memory.remaining = .mebibytes(512)
    return .progress(sample, percent: 74.5)
  }

  @Test func aMoveIsReadBackAsItWasWritten() throws {
    var request = MigrationRequest()
    request.mode = .p2p
    request.destinationXML = "<domain/>"
    request.allow = ["network.bridge"]
    let id = try journal.begin(request: request)
    let expected = MoveRecord(
      id: id, domain: "web", uuid: webUUID, source: here, destination: there, request: request, owner: .current(),
      startedAt: 1000, leftovers: [])
    #expect(try journal.move(id) == expected)
    #expect(try journal.openMoves() == [expected])
    #expect(try journal.latest(ofDomain: "web") == expected)
    #expect(try journal.latest(ofDomain: webUUID.uppercased()) == expected)
    #expect(try journal.latest(ofDomain: "db") == nil)
    #expect(try journal.history(limit: 10).isEmpty)
  }

  @Test func updatesAreNumberedByMoveAndKeepPhaseAndPercentageOnIt() throws {
    let (web, db) = (try journal.begin(), try journal.begin("db", uuid: "b"))
    let decision = MigrationDecision(.abort, because: "the deadline is over", inputs: ["elapsed_s": 60])
    let contents: [MigrationUpdate.Content] = [
      .phase(.transfer, detail: "started"), progress, .guest(.source, event: "suspended", detail: "migrated"),
      .decision(decision),
    ]
    for content in contents {
      try journal.record(content, for: web)
      try journal.record(.phase(.stop, detail: ""), for: db)
    }
    let updates = try journal.updates(of: web, after: 0)
    #expect(updates.map(\.sequence) == [1, 2, 3, 4])
    #expect(updates.map(\.content) == contents)
    #expect(updates.allSatisfy { $0.time == .seconds(1) && $0.domain == "web" })
    #expect(try journal.updates(of: web, after: 3).map(\.content) == [.decision(decision)])
    let record = try #require(try journal.move(web))
    #expect(record.phase == .transfer)
    #expect(record.percent == 74.5)
  }

  @Test func numbersThatJSONDoesNotHaveAreNoReasonToFail() throws {
    let id = try journal.begin()
    try journal.record(.progress(ProgressSample(), percent: .infinity), for: id)
    #expect(try journal.updates(of: id, after: 0).map(\.content) == [.progress(ProgressSample(), percent: .infinity)])
  }

  @Test func theEndClosesTheMoveAndDropsItsProgress() throws {
    let id = try journal.begin()
    try journal.record(.phase(.transfer, detail: ""), for: id)
    try journal.record(progress, for: id)
    try journal.finish(id, completed, at: 1008)
    let record = try #require(try journal.move(id))
    #expect(!record.isOpen)
    #expect(record.endedAt == 1008)
    #expect(record.result == completed)
    #expect(try journal.updates(of: id, after: 0).map(\.content) == [.phase(.transfer, detail: "")])
    #expect(try journal.openMoves().isEmpty)
    #expect(throws: JournalError.notOpen(file: place.path, move: id)) { try journal.finish(id, completed, at: 1009) }
  }

  @Test func aMoveThatNeedsAPersonStaysOpenUntilAnotherResult() throws {
    let id = try journal.begin()
    let result = MigrationResult(outcome: .needsAttention, error: MigrationFailure(message: "kvm2 does not answer"))
    try journal.finish(id, result, at: 1008)
    let record = try #require(try journal.openMoves().first)
    #expect(record.isOpen)
    #expect(record.result == result)
    // Nobody moves it any more, although the process that did is alive.
    #expect(throws: MoveInterrupted(record: record)) { try journal.begin() }
    try journal.finish(id, completed, at: 1020)
    #expect(try journal.openMoves().isEmpty)
    try journal.begin()
  }

  @Test func historyIsNewestFirstAndOfOneGuestOnRequest() throws {
    for (domain, uuid) in [("web", "a"), ("db", "b"), ("web", "a")] {
      try journal.finish(try journal.begin(domain, uuid: uuid), completed, at: 1010)
    }
    try journal.begin("open", uuid: "c")
    #expect(try journal.history(limit: 10).map(\.id) == [3, 2, 1])
    #expect(try journal.history(limit: 2).map(\.id) == [3, 2])
    #expect(try journal.history(limit: 10, domain: "web").map(\.id) == [3, 1])
    #expect(try journal.history(limit: 10, domain: "B").map(\.id) == [2])
  }

  @Test func whatAMoveMadeIsNotedOnceAndStruckOut() throws {
    let id = try journal.begin()
    let image = Leftover.image(
      TargetImage(disk: "vda", place: .file("/images/web's disk.qcow2"), format: "qcow2", capacity: .bytes(1 << 20)),
      on: there)
    let pool = Leftover.pool(name: "images", on: there)
    for leftover in [image, pool, image] { try journal.note(leftover, for: id) }
    #expect(Set(try #require(try journal.move(id)).leftovers) == [image, pool])
    #expect(try journal.move(id)?.leftovers.count == 2)
    try journal.forget(image, for: id)
    #expect(try journal.move(id)?.leftovers == [pool])
  }

  /// A version that can ask for more reads the requests of one that could not.
  @Test func whatAnOlderRequestLacksHasItsDefault() throws {
    let id = try journal.begin()
    try journal.write {
      try $0.execute(sql: "UPDATE moves SET request = ? WHERE id = ?", arguments: [#"{"mode":"p2p"}"#, id])
    }
    var expected = MigrationRequest()
    expected.mode = .p2p
    #expect(try journal.move(id)?.request == expected)
  }

  @Test func aMoveThatMakesNoSenseIsToldAsDamage() throws {
    let id = try journal.begin()
    try journal.write { try $0.execute(sql: "UPDATE moves SET result = '{}' WHERE id = ?", arguments: [id]) }
    let error = #expect(throws: JournalError.self) { try journal.openMoves() }
    #expect(error?.description.contains(place.path) == true)
    #expect(error?.description.contains("is damaged") == true)
  }

  @Test func eachTransactionIsOnDiskWhenItsCallReturns() throws {
    let settings = try journal.look { database in
      (
        try String.fetchOne(database, sql: "PRAGMA journal_mode"),
        try Int.fetchOne(database, sql: "PRAGMA synchronous"),
        try Bool.fetchOne(database, sql: "PRAGMA foreign_keys")
      )
    }
    #expect(settings == ("wal", 2, true))
  }
}
