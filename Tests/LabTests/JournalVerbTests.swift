import Foundation
import Journal
import MigrationModel
import Testing
import Trials

/// The built tool and a journal whose moves belong to this process.
@Suite(.timeLimit(.minutes(2))) struct JournalVerbTests {
  private let directory = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)")
  private let journal: Journal
  private let web: MoveRecord.ID
  private static let uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f"

  init() throws {
    journal = try Journal.open(at: directory.appending(path: "journal.sqlite").path())
    web = try Self.begin("web", uuid: Self.uuid, in: journal)
  }

  private static func begin(
    _ domain: String, uuid: String, in journal: Journal, owner: ProcessIdentity = .current()
  ) throws -> MoveRecord.ID {
    try journal.begin(
      domain: domain, uuid: uuid, source: HostReference(name: "kvm1", uri: "qemu+ssh://kvm1/system"),
      destination: HostReference(name: "kvm2", uri: "qemu+ssh://kvm2/system"), request: MigrationRequest(),
      owner: owner, at: 1_790_000_000)
  }

  private func run(_ words: String...) async throws -> Tool.Output {
    try await Tool().run(words + ["--journal", journal.path])
  }

  private func withJournal(_ body: () async throws -> Void) async throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body()
  }

  /// Answers every wish and ends the move with `result` when a cancel is among them.
  private func answering(_ result: MigrationResult, accepts: Bool = true) -> Task<Void, any Error> {
    Task { [journal, web] in
      for await (request, wish) in journal.wishes(of: web, every: .milliseconds(10)) {
        try journal.answer(request, text: "heard", accepted: accepts)
        if wish == .cancel { try journal.finish(web, result, at: 1_790_000_010) }
      }
    }
  }

  @Test func statusAndHistoryKeepTheirSchemas() async throws {
    try await withJournal {
      let gone = ProcessIdentity(pid: 4711, start: 1, boot: "00000000-0000-0000-0000-000000000000")
      _ = try Self.begin("db", uuid: "b", in: journal, owner: gone)
      let mail = try Self.begin("mail", uuid: "c", in: journal)
      try journal.finish(mail, MigrationResult(outcome: .needsAttention), at: 1_790_000_010)
      for format in ["json", "jsonl"] {
        let status = try await run("status", "--output", format)
        #expect(status.status == 0, "\(status.complaints)")
        try await validate(status.text, schema: "migrate.status-1.json")
      }
      let states = try await run("status", "--output", "json").document()["moves"] as? [[String: any Sendable]]
      #expect(states?.map { $0["state"] as? String } == ["running", "interrupted", "needs-attention"])

      try journal.finish(web, MigrationResult(outcome: .completed, elapsed: .seconds(8)), at: 1_790_000_010)
      for format in ["json", "jsonl"] {
        let history = try await run("history", "--output", format)
        #expect(history.status == 0, "\(history.complaints)")
        try await validate(history.text, schema: "migrate.history-1.json")
        #expect(history.text.contains("completed"))
      }
      #expect(try await run("history", "web", "--limit", "1").text.contains("web: kvm1 → kvm2"))
      #expect(try await run("history", "db").text == "no guest was moved\n")
    }
  }

  @Test(arguments: ["status", "watch", "cancel", "history", "recover"])
  func everyVerbExplainsItself(verb: String) async throws {
    try await withJournal {
      let output = try await Tool().run([verb, "--help"])
      #expect(output.status == 0)
      #expect(output.text.contains("USAGE: migrate \(verb) "), "\(output.text)")
    }
  }

  @Test func watchEndsAsTheMoveDoes() async throws {
    try await withJournal {
      let update = MigrationUpdate(
        sequence: 0, time: .seconds(1), domain: "", content: .phase(.transfer, detail: "started"))
      try journal.record(update, for: web)
      async let watched = Tool().run(["watch", "web", "--output", "jsonl", "--journal", journal.path]) {
        [journal, web] line, _ in
        if line.contains("started") {
          try journal.finish(web, MigrationResult(outcome: .rolledBack), at: 1_790_000_010)
        }
      }
      let output = try await watched
      #expect(output.status == 1)
      #expect(try output.events().map { $0["type"] as? String } == ["phase", "result"])
      try await validate(output.text, schema: "migrate.event-1.json", isLines: true)
      #expect(try await run("watch", "web").status == 1)
    }
  }

  @Test func limitsAreAskedForAndAnswered() async throws {
    try await withJournal {
      let owner = answering(MigrationResult(outcome: .cancelled))
      let accepted = try await run("watch", "web", "--set", "bandwidth=64", "--set", "max-downtime=500")
      #expect(accepted.status == 0)
      #expect(accepted.text == "web: bandwidth=64: accepted: heard\nweb: max-downtime=500: accepted: heard\n")
      #expect(try await run("watch", "web", "--set", "speed=64").status == 64)
      #expect(try await run("cancel", Self.uuid).status == 0)
      try await owner.value
    }
  }

  @Test func aRefusedLimitIsAFailure() async throws {
    try await withJournal {
      let owner = answering(MigrationResult(outcome: .completed), accepts: false)
      let refused = try await run("watch", "web", "--set", "bandwidth=64")
      #expect(refused.status == 1)
      #expect(refused.text.contains("refused: heard"))
      let late = try await run("cancel", "web")
      #expect(late.status == 1)
      #expect(late.complaints.contains("too late to cancel"))
      try await owner.value
    }
  }

  @Test func aMoverThatIsGoneNeedsAPerson() async throws {
    try await withJournal {
      let gone = ProcessIdentity(pid: 4711, start: 1, boot: "00000000-0000-0000-0000-000000000000")
      _ = try Self.begin("db", uuid: "b", in: journal, owner: gone)
      for words in [["watch", "db"], ["cancel", "db"], ["watch", "db", "--set", "bandwidth=1"]] {
        let output = try await Tool().run(words + ["--journal", journal.path])
        #expect(output.status == 4)
        #expect(output.text.contains("migrate recover --journal "), "\(output.text)")
        #expect(output.text.contains(" db qemu+ssh://kvm1/system qemu+ssh://kvm2/system"))
      }
    }
  }

  /// Nothing is settled while someone moves the guest: no host is asked.
  @Test func aMoveThatRunsIsNotRecovered() async throws {
    try await withJournal {
      let output = try await run("recover", "web", "qemu+ssh://kvm1/system", "qemu+ssh://kvm2/system", "--yes")
      #expect(output.status == 2)
      #expect(output.text == "")
      #expect(output.complaints.contains("follow it with: migrate watch --journal "), "\(output.complaints)")
    }
  }

  /// What RecoverGoldenTests hold the tool's own documents against.
  @Test func recoverKeepsItsSchema() async throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let golden = tests.appending(path: "MigrateCommandsTests/Golden/recover.jsonl")
    try await validate(String(contentsOf: golden, encoding: .utf8), schema: "migrate.recover-1.json", isLines: true)
  }

  @Test func aJournalThatIsNoneIsToldOnStandardError() async throws {
    try await withJournal {
      for words in [["status"], ["history"], ["watch", "web"], ["cancel", "web"]] {
        let output = try await Tool().run(words + ["--journal", "/nowhere/journal.sqlite"])
        #expect(output.status == 1)
        #expect(output.complaints == "migrate: there is no journal at /nowhere/journal.sqlite\n")
      }
    }
  }
}
