import Journal
import Testing
import Trials

@testable import Lab

/// What the journal is for, on real hosts: one move a guest, other processes' wishes, and movers that die.
@Suite(.serialized) struct JournalLabTests {
  /// Everything that `status` or `history` lists.
  private static func moves(_ verb: String, _ tool: Tool) async throws -> [[String: any Sendable]] {
    let said = try await tool.run(verb, "--output", "json")
    #expect(said.status == 0, "\(said.complaints)")
    try await validate(said.text, schema: "migrate.\(verb)-1.json")
    return try #require(try said.document()["moves"] as? [[String: any Sendable]])
  }

  @Test func aMoveThatRunsIsSeenAndKeptFromASecondAndCancelled() async throws {
    try await withTestLab("status") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", memory: 128, address: lab.plan.guestAddress(1))
      try await lab.boot(guest, on: one)
      let slow = ["-c", "host1", "web", "host2", "--skip-check", "--mode", "p2p", "--bandwidth", "2"]
      let first = try await tool.move(slow, at: "\"iteration\":1") { _ in
        // What is printed is written down a moment later.
        var seen: [[String: any Sendable]] = []
        try await poll(for: .seconds(20), "see the phase") {
          seen = try await Self.moves("status", tool)
          return seen.first?["phase"] as? String == "transfer"
        }
        #expect(seen.count == 1)
        let move = try #require(seen.first)
        #expect(move["domain"] as? String == "web" && move["uuid"] as? String == guest.id)
        #expect(move["state"] as? String == "running")
        let id = try #require(move["id"] as? Int)

        let second = try await tool.move(["-c", "host1", "web", "host2", "--skip-check", "--mode", "plain"])
        #expect(second.status == 2 && second.outcome == "blocked", "\(second.text)")
        #expect(second.message.contains("it is move \(id), in phase transfer"), "\(second.text)")
        #expect(second.phases == [])
        let job = try await lab.virsh(on: one, ["domjobinfo", guest.id]).output
        #expect(job.contains(/Job type: +Unbounded/), "the first goes on: \(job)")

        let cancelled = try await tool.run("cancel", "web", "--output", "jsonl")
        #expect(cancelled.status == 0, "\(cancelled.text) \(cancelled.complaints)")
        try await validate(cancelled.text, schema: "migrate.event-1.json", isLines: true)
      }
      #expect(first.status == 130 && first.outcome == "cancelled", "\(first.text)")
      #expect(try await lab.state(of: guest.id, on: one) == "running")
      #expect(try await lab.domains(on: two) == [])
      #expect(try await Self.moves("status", tool).isEmpty)
      let history = try await Self.moves("history", tool)
      #expect(history.map { $0["outcome"] as? String } == ["cancelled"])
      #expect(history.first?["exit_code"] as? Int == 130)
      #expect(try await lab.leftovers() == [])
    }
  }

  @Test func aMoverThatDiedIsSettledByTheNextMoveOrByRecover() async throws {
    try await withTestLab("killed") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", memory: 128, address: lab.plan.guestAddress(1))
      try await lab.boot(guest, on: one)
      let plain = ["-c", "host1", "web", "host2", "--skip-check", "--mode", "plain"]
      let killed = try await tool.run(plain + ["--bandwidth", "4", "--output", "jsonl"]) { line, running in
        if line.contains("\"iteration\":1") { try running.send(signal: .kill) }
      }
      #expect(killed.status == 137)
      #expect(try await Self.moves("status", tool).map { $0["state"] as? String } == ["interrupted"])
      let next = try await tool.move(plain)
      #expect(next.status == 0 && next.outcome == "completed", "\(next.text)")
      #expect(try await Self.moves("history", tool).map { $0["outcome"] as? String } == ["completed", "rolled-back"])
      #expect(try await lab.state(of: guest.id, on: two) == "running")
      #expect(try await lab.domains(on: one) == [])

      try await recoverAPeerToPeerMove(guest, in: lab)
      #expect(try await Self.moves("status", tool).isEmpty)
      #expect(try await lab.leftovers() == [])
      try await lab.waitUntilGuestAnswers(lab.plan.guestAddress(1))
    }
  }

  /// The source's daemon goes on with it: nothing is to be done but to wait.
  private func recoverAPeerToPeerMove(_ guest: GuestSpecification, in lab: Lab) async throws {
    let (one, two) = (try lab.host(1), try lab.host(2))
    let tool = Tool(lab: lab)
    let back = ["-c", "host2", "web", "host1", "--skip-check", "--mode", "p2p", "--bandwidth", "2"]
    let killed = try await tool.run(back + ["--output", "jsonl"]) { line, running in
      if line.contains("\"iteration\":1") { try running.send(signal: .kill) }
    }
    #expect(killed.status == 137)
    let again = try await tool.move(back)
    #expect(again.status == 4 && again.outcome == "needs-attention", "\(again.text)")
    #expect(again.text.contains("migrate recover "), "\(again.text)")

    let recover = ["recover", "web", "host2", "host1", "--output", "json"]
    let looked = try await tool.run(recover + ["--timeout", "2"])
    #expect(looked.status == 4, "\(looked.text) \(looked.complaints)")
    let document = try looked.document()
    #expect(document["action"] as? String == "wait" && document["done"] as? Bool == false, "\(looked.text)")
    #expect(try await lab.state(of: guest.id, on: two) == "running")

    try await lab.virsh(on: two, ["migrate-setspeed", guest.id, "1024"]).check("let the move end")
    let settled = try await tool.run(recover + ["--yes", "--timeout", "60"])
    #expect(settled.status == 0, "\(settled.text) \(settled.complaints)")
    #expect(try settled.document()["running_on"] as? String == "host1", "\(settled.text)")
    #expect(try await lab.state(of: guest.id, on: one) == "running")
    #expect(try await lab.domains(on: two) == [])
  }

  @Test func aJournalThatCannotBeUsedKeepsTheMoveFromBeginning() async throws {
    try await withTestLab("journals") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", memory: 64)
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)
      let process = try lab.qemuProcesses(on: one)
      let words = ["-c", "host1", "web", "host2", "--skip-check", "--mode", "plain"]
      for journal in try await unusableJournals(in: lab) {
        let refused = try await tool.move(words + ["--journal", journal.path], entering: journal.entering)
        #expect(refused.status == 1 && refused.outcome == "failed", "\(journal): \(refused.text)")
        #expect(refused.message.contains(journal.path) && refused.message.contains(journal.cause), "\(refused.text)")
        #expect(refused.phases == [])
        #expect(try lab.qemuProcesses(on: one) == process)
        #expect(try await lab.domains(on: two) == [])
      }
      let corrupt = "\(lab.plan.directory)/corrupt/journal.sqlite"
      let moved = try await tool.move(words + ["--journal", corrupt, "--no-journal"])
      #expect(moved.status == 0 && moved.outcome == "completed", "\(moved.text)")
      #expect(try await lab.domains(on: two) == ["web"])
      #expect(try Files.read(corrupt).hasPrefix("no database"))
    }
  }

  private struct Unusable {
    var path: String
    var cause: String
    var entering: [String] = []
  }

  private func unusableJournals(in lab: Lab) async throws -> [Unusable] {
    let directory = lab.plan.directory
    for name in ["closed", "newer"] { _ = try Journal.open(at: "\(directory)/\(name)/journal.sqlite") }
    let newer = "\(directory)/newer/journal.sqlite"
    let program = """
      import sqlite3, sys
      with sqlite3.connect(sys.argv[1]) as file:
        file.execute("INSERT INTO grdb_migrations VALUES ('99-of-tomorrow')")
      """
    try await execute(["env", "/usr/bin/python3", "-c", program, newer]).check("make a newer journal")
    try Files.makeDirectory("\(directory)/corrupt")
    try Files.write(
      String(repeating: "no database, but long enough. ", count: 99), to: "\(directory)/corrupt/journal.sqlite")
    // root may write whatever a mode says.
    let closed = #"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#
    return [
      Unusable(
        path: "\(directory)/closed/journal.sqlite", cause: "cannot be written to",
        entering: ["unshare", "--mount", "sh", "-c", closed, "\(directory)/closed"]),
      Unusable(path: "\(directory)/corrupt/journal.sqlite", cause: "is damaged"),
      Unusable(path: newer, cause: "newer version"),
    ]
  }

  @Test func allGuestsMoveTwoAtATime() async throws {
    try await withTestLab("all") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let names = ["a", "b", "c"]
      for name in names {
        let guest = GuestSpecification(name: name, memory: 64)
        try await lab.define(guest, on: one)
        try await lab.start(guest, on: one)
      }
      let all = ["--all", "--max-parallel", "2", "--mode", "plain"]
      let moved = try await tool.move(["-c", "host1", "host2", "--skip-check"] + all)
      #expect(moved.status == 0, "\(moved.text)")
      #expect(moved.results.compactMap { $0["domain"] as? String }.sorted() == names)
      #expect(moved.results.map { $0["outcome"] as? String } == ["completed", "completed", "completed"])
      #expect(mostAtATime(moved) == 2, "\(moved.text)")
      #expect(try await lab.domains(on: two) == names)
      #expect(try await lab.domains(on: one) == [])

      try await lab.require(on: two, ["ip", "link", "add", "only2", "type", "bridge"], to: "make a bridge")
      try await lab.require(on: two, ["ip", "link", "set", "only2", "up"], to: "start it")
      let stuck = GuestSpecification(name: "stuck", memory: 64, connection: .bridge("only2"))
      try await lab.define(stuck, on: two)
      try await lab.start(stuck, on: two)
      let partly = try await tool.move(["-c", "host2", "host1"] + all)
      #expect(partly.status == 5, "\(partly.text)")
      let outcomes = Dictionary(
        uniqueKeysWithValues: partly.results.map { ($0["domain"] as? String ?? "", $0["outcome"] as? String) })
      #expect(outcomes == ["a": "completed", "b": "completed", "c": "completed", "stuck": "blocked"])
      #expect(try await lab.domains(on: one) == names)
      #expect(try await lab.domains(on: two) == ["stuck"])
    }
  }

  /// How many guests were on their way at once: from each one's first line to its result.
  private func mostAtATime(_ moved: MoveStream) -> Int {
    var underWay = Set<String>()
    var most = 0
    for event in moved.events {
      guard let domain = event["domain"] as? String else { continue }
      underWay.insert(domain)
      most = max(most, underWay.count)
      if event["type"] as? String == "result" { underWay.remove(domain) }
    }
    return most
  }
}
