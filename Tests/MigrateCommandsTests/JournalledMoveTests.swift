import Engine
import MigrationModel
import Testing
import Threads

@testable import Journal
@testable import MigrateCommands

@Suite(.timeLimit(.minutes(1))) struct JournalledMoveTests {
  private let place = JournalPlace()
  private let journal: Journal
  private let problems = Printed()

  init() throws { journal = try Journal.open(at: place.path) }

  private func begin() async throws -> JournalledMove {
    try await JournalledMove.begin(
      journal: journal, domain: "web", uuid: Sample.uuid, source: Sample.kvm1, destination: Sample.kvm2,
      request: MigrationRequest(), at: 1_790_000_000
    ) { [problems] in problems.add($0 + "\n") }
  }

  private func contents(_ move: JournalledMove) throws -> [MigrationUpdate.Content] {
    try journal.updates(of: move.id, after: 0).map(\.content)
  }

  @Test func everythingButTheProgressIsKeptInItsOrder() async throws {
    let move = try await begin()
    let expected: [MigrationUpdate.Content] = [
      .phase(.transfer, detail: ""), .guest(.source, event: "suspended", detail: "migrated"),
      .decision(MigrationDecision(.abort, because: "the deadline is over")), .result(Sample.completed),
    ]
    for content in expected {
      move.report(content, at: .seconds(1))
      move.report(.progress(Sample.progress, percent: 50), at: .seconds(1))
    }
    await move.finish(Sample.completed, at: 1_790_000_010)
    #expect(try contents(move) == expected)
    #expect(try journal.move(move.id)?.result == Sample.completed)
    #expect(try journal.move(move.id)?.percent == 50)
    #expect(problems.text == "")
  }

  @Test func progressIsThinnedToTwoASecond() async throws {
    let move = try await begin()
    for step in 0..<100 {
      move.report(.progress(ProgressSample(), percent: Double(step)), at: .milliseconds(50 * step))
    }
    while try contents(move).count < 10 { await Task.yield() }
    let percents = try contents(move).compactMap { content in
      if case .progress(_, let percent) = content { percent } else { nil }
    }
    #expect(percents == stride(from: 0, to: 100, by: 10).map(Double.init))
    await move.finish(Sample.completed, at: 1_790_000_010)
  }

  @Test func aGuestThatIsBeingMovedIsRefused() async throws {
    let move = try await begin()
    let refusal = await #expect(throws: MoveInProgress.self) { try await begin() }
    #expect(refusal.map { whyNotBegun($0, journal: nil) }?.contains("already being moved") == true)
    await move.finish(Sample.completed, at: 1_790_000_010)
    await (try begin()).finish(Sample.completed, at: 1_790_000_020)
  }

  @Test func aGuestWhoseLastMoveWasLeftIsRefusedWithTheCommandThatSettlesIt() async throws {
    let record = try journal.begin(owner: .gone)
    let refusal = await #expect(throws: MoveInterrupted.self) { try await begin() }
    #expect(
      refusal.map { whyNotBegun($0, journal: "/j") }
        == "the last move of web, from kvm1 to kvm2, was interrupted, and must be settled first: "
        + recoverCommand(for: record, journal: "/j"))
  }

  @Test func wishesReachTheMoverAndItsAnswersTheAsker() async throws {
    let move = try await begin()
    let request = try Journal.open(at: place.path).ask(.cancel, of: move.id, at: 1_790_000_001)
    for await (asked, wish) in move.wishes {
      #expect(asked == request)
      #expect(wish == .cancel)
      move.answer(asked, text: "asked libvirt to abort", accepted: true)
      await move.finish(Sample.cancelled, at: 1_790_000_010)
    }
    #expect(try journal.answer(to: request) == Answer(isAccepted: true, text: "asked libvirt to abort"))
  }

  @Test func whatIsMadeIsNotedBeforeAndForgottenAfter() async throws {
    let move = try await begin()
    let image = Leftover.image(
      TargetImage(disk: "vda", place: .file("/images/web.qcow2"), format: "qcow2", capacity: .bytes(1 << 20)),
      on: HostReference(name: "kvm2", uri: Sample.destination))
    try await blocking { try move.note(image) }
    #expect(try journal.move(move.id)?.leftovers == [image])
    move.keep(only: [])
    await move.finish(Sample.completed, at: 1_790_000_010)
    #expect(try journal.move(move.id)?.leftovers == [])
  }

  @Test func whatIsWrittenIsKnownToARecovery() async throws {
    let move = try await begin()
    let record = try #require(try journal.move(move.id))
    #expect(try journal.knowledge(of: record) == MoveKnowledge())
    move.report(.decision(MigrationDecision(.fence, because: "it runs there")), at: .seconds(1))
    move.report(.guest(.destination, event: "resumed", detail: "migrated"), at: .seconds(2))
    await move.finish(Sample.attention, at: 1_790_000_010)
    var handedOver = record
    handedOver.request.strictHandover = true
    #expect(
      try journal.knowledge(of: handedOver) == MoveKnowledge(isFenced: true, handsOver: true, ranThere: true))
    var offline = record
    offline.request.mode = .offline
    #expect(try journal.knowledge(of: offline).movesDefinition)
  }

  @Test func whatAMoveLeavesDependsOnWhereItsGuestIs() {
    var record = Sample.record(1, "web")
    let off = Sighting.present(.shutOff, reason: "migrated", isPersistent: true)
    let running = Sighting.present(.running, reason: "migrated", isPersistent: true)
    #expect(record.leavesSomething(Inspection(source: off, destination: running), on: .destination))
    #expect(!record.leavesSomething(Inspection(source: .absent, destination: running), on: .destination))
    record.request.undefineSource = false
    #expect(!record.leavesSomething(Inspection(source: off, destination: running), on: .destination))
    #expect(!record.leavesSomething(Inspection(source: running, destination: .absent), on: .source))
    record.leftovers = [.pool(name: "migrate-6695eb01", on: Sample.kvm2)]
    #expect(record.leavesSomething(Inspection(source: running, destination: .absent), on: .source))
  }

  /// The move goes on: one complaint for all that is missing, and one for the end.
  @Test func aJournalThatFailsIsToldOnce() async throws {
    let move = try await begin()
    try journal.write { try $0.execute(sql: "DROP TABLE updates") }
    for phase in MigrationPhase.allCases { move.report(.phase(phase, detail: ""), at: .seconds(1)) }
    await move.finish(Sample.completed, at: 1_790_000_010)
    let lines = problems.text.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains(place.path) && $0.contains("no such table") })
    #expect(lines.last?.contains("completed") == true)
  }
}
