import Foundation
import MigrationModel
import Testing

@testable import Journal
@testable import MigrateCommands

@Suite(.timeLimit(.minutes(1))) struct MoveFollowerTests {
  private let place = JournalPlace()
  private let journal: Journal
  private let printed = Printed()

  init() throws { journal = try Journal.open(at: place.path) }

  private func writer() throws -> UpdateWriter {
    UpdateWriter(
      try OutputOptions.parse(["--output", "jsonl"]), style: Style(isColoured: false), print: printed.add)
  }

  /// The types of the lines that were printed.
  private var types: [String] {
    get throws {
      try printed.text.split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(object?["type"] as? String)
      }
    }
  }

  private func record(_ contents: [MigrationUpdate.Content], for move: MoveRecord) throws {
    for content in contents {
      try journal.record(MigrationUpdate(sequence: 0, time: .seconds(2), domain: "", content: content), for: move.id)
    }
  }

  /// Of the progress before the watcher came only the last is shown, and the result once.
  @Test func theMoveIsShownUpToItsResult() async throws {
    let move = try journal.begin()
    try record([.phase(.transfer, detail: "")], for: move)
    for percent in [10.0, 20, 30] { try record([.progress(Sample.progress, percent: percent)], for: move) }
    let follower = MoveFollower(move, in: try Journal.openReadOnly(at: place.path), file: nil)
    let writer = try writer()
    let following = Task { try await follower.follow(to: writer) }
    while printed.text.isEmpty { await Task.yield() }
    #expect(try types == ["phase", "progress"])
    try record([.decision(MigrationDecision(.set, because: "asked for")), .result(Sample.completed)], for: move)
    try journal.finish(move.id, Sample.completed, at: 1_790_000_010)
    #expect(try await following.value == Sample.completed)
    #expect(try types == ["phase", "progress", "decision", "result"])
    #expect(printed.text.contains(#""percent":30"#))
  }

  @Test func aMoverThatIsGoneLeavesTheGuestToAPerson() async throws {
    let move = try journal.begin(owner: .gone)
    let result = try await MoveFollower(move, in: journal, file: "/j").follow(to: try writer())
    #expect(result.outcome == .needsAttention)
    #expect(result.error?.message.contains("process 4711") == true)
    #expect(result.error?.message.contains(recoverCommand(for: move, journal: "/j")) == true)
    #expect(try types == ["result"])
  }

  @Test func aResultThatNeedsAPersonIsShownAsItIs() async throws {
    let move = try journal.begin(owner: .gone)
    try journal.finish(move.id, Sample.attention, at: 1_790_000_010)
    #expect(try await MoveFollower(move, in: journal, file: nil).follow(to: try writer()) == Sample.attention)
  }

  @Test func eachWishGetsItsAnswer() async throws {
    let move = try journal.begin()
    let wishes = [Wish.set(.bandwidth(64)), .set(.maxDowntime(0)), .cancel]
    let owner = Task { [journal] in
      for await (request, wish) in journal.wishes(of: move.id, every: .milliseconds(1)) {
        try journal.answer(request, text: "\(wish)", accepted: wish != wishes[1])
        if wish == .cancel { return }
      }
    }
    let follower = MoveFollower(move, in: try Journal.open(at: place.path), file: nil)
    let answers = try await follower.ask(wishes)
    #expect(answers == wishes.map { Answer(isAccepted: $0 != wishes[1], text: "\($0)") })
    try await owner.value
  }

  @Test func aWishThatTheEndOvertakesHasNone() async throws {
    let move = try journal.begin()
    let finish = Task { [journal] in
      for await _ in journal.wishes(of: move.id, every: .milliseconds(1)) {
        try journal.finish(move.id, Sample.completed, at: 1_790_000_010)
      }
    }
    #expect(try await MoveFollower(move, in: journal, file: nil).ask([.cancel]) == [nil])
    try await finish.value
    // Over before it was asked.
    #expect(try await MoveFollower(move, in: journal, file: nil).ask([.cancel]) == [nil])
    let left = try journal.begin("db", uuid: "b", owner: .gone)
    #expect(try await MoveFollower(left, in: journal, file: nil).ask([.cancel]) == [nil])
  }

  @Test func theGuestIsFoundByNameOrUUID() async throws {
    let web = try journal.begin()
    #expect(try await MoveFollower.openMove(of: "web", in: journal) == web)
    #expect(try await MoveFollower.openMove(of: Sample.uuid.uppercased(), in: journal) == web)
    let twin = try journal.begin(uuid: "twin")
    let failure = await #expect(throws: CommandFailure.self) { try await MoveFollower.openMove(of: "web", in: journal) }
    #expect(failure?.message.contains("\(Sample.uuid), twin") == true)
    #expect(try await MoveFollower.openMove(of: "twin", in: journal) == twin)
  }

  @Test func aGuestThatDoesNotMoveIsToldWithItsLastMove() async throws {
    func message() async -> String? {
      await #expect(throws: CommandFailure.self) { try await MoveFollower.openMove(of: "web", in: journal) }?.message
    }
    #expect(await message() == "the guest “web” is not being moved")
    try journal.finish(try journal.begin().id, Sample.completed, at: 1_790_000_010)
    #expect(
      await message()
        == "the guest “web” is not being moved; its last move ended 2026-09-21T14:13:30Z: completed")
  }

  @Test(arguments: [
    (MigrationResult.Outcome.cancelled, MigrateCommands.ExitStatus.done), (.rolledBack, .done), (.completed, .failed),
    (.failed, .failed), (.needsAttention, .needsAttention),
  ])
  func whatACancelCameTo(outcome: MigrationResult.Outcome, status: MigrateCommands.ExitStatus) {
    #expect(CancelVerb.status(outcome) == status)
  }
}
