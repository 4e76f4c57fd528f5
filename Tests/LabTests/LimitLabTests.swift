import Testing

@testable import Lab
@testable import Trials

/// What ends a transfer that does not end by itself, on real hosts.
@Suite(.serialized) struct LimitLabTests {
  /// Keeps its memory busy, so that a narrow link never ends its transfer.
  private func boot(in lab: Lab) async throws -> GuestSpecification {
    let guest = GuestSpecification(
      name: "web", memory: 192, address: lab.plan.guestAddress(1),
      keeper: .init(mebibytes: 24, mebibytesPerSecond: 8))
    try await lab.boot(guest, on: try lab.host(1))
    return guest
  }

  private func words(_ source: String, _ destination: String, _ mode: String, _ more: String...) -> [String] {
    ["-c", source, "web", destination, "--skip-check", "--mode", mode] + more
  }

  private func downtimeLimit(_ guest: GuestSpecification, on host: LabHost, in lab: Lab) async throws -> String {
    try await lab.virsh(on: host, ["migrate-getmaxdowntime", guest.id]).text
  }

  @Test func aDeadlineUndoesTheMoveOrPausesTheGuestOrSwitchesToPostcopy() async throws {
    try await withTestLab("deadline") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = try await boot(in: lab)
      let watch = try KeeperWatch(address: lab.plan.guestAddress(1))
      let before = try await downtimeLimit(guest, on: one, in: lab)
      #expect(before != "1234")
      let late = words("host1", "host2", "plain", "--bandwidth", "4", "--max-downtime", "1234", "--deadline", "12")
      let undone = try await Tool(lab: lab).move(late, at: "\"type\":\"progress\"") { _ in
        let limit = try await downtimeLimit(guest, on: one, in: lab)
        #expect(limit == "1234")
      }
      #expect(undone.status == 1 && undone.outcome == "rolled-back", "\(undone.text)")
      #expect(undone.message.contains("aborted: not over after "), "\(undone.text)")
      let inputs = try undone.inputs("abort")
      #expect(inputs["deadline_s"] == 12 && (inputs["elapsed_s"] ?? 0) >= 12, "\(inputs)")
      #expect((inputs["remaining_bytes"] ?? 0) > 0, "\(inputs)")
      #expect(undone.runningOn == "host1")
      #expect(try await lab.state(of: guest.id, on: one) == "running")
      #expect(try await lab.domains(on: two) == [])
      #expect(try await downtimeLimit(guest, on: one, in: lab) == before)

      try await suspendAndMove(guest, in: lab)
      try await moveBackByPostcopy(guest, in: lab)
      let seen = try await watch.stop()
      #expect(seen.complaints == [], "\(seen)")
      #expect(try await lab.leftovers() == [])
    }
  }

  private func suspendAndMove(_ guest: GuestSpecification, in lab: Lab) async throws {
    let arguments = words(
      "host1", "host2", "p2p", "--bandwidth", "24", "--max-downtime", "20", "--deadline", "1", "--on-stall", "suspend")
    let paused = try await Tool(lab: lab).move(arguments)
    #expect(paused.status == 0 && paused.outcome == "completed", "\(paused.text)")
    #expect(try paused.inputs("suspend")["deadline_s"] == 1)
    #expect(try await lab.state(of: guest.id, on: try lab.host(2)) == "running")
    #expect(try await lab.domains(on: try lab.host(1)) == [])
  }

  private func moveBackByPostcopy(_ guest: GuestSpecification, in lab: Lab) async throws {
    let arguments = words(
      "host2", "host1", "plain", "--bandwidth", "24", "--max-downtime", "20", "--deadline", "1", "--on-stall",
      "postcopy", "--postcopy", "--postcopy-bandwidth", "16")
    let moved = try await Tool(lab: lab).move(arguments)
    #expect(moved.status == 0 && moved.outcome == "completed", "\(moved.text)")
    #expect(try moved.inputs("postcopy")["deadline_s"] == 1)
    #expect(Array(moved.phases.suffix(3)) == ["continue", "postcopy", "confirm"], "\(moved.phases)")
    let result = try #require(moved.results.last)
    let downtime = try #require(result["downtime"] as? [String: any Sendable])
    let (event, elapsed) = (try number(downtime["event_ms"]), try number(result["elapsed_ms"]))
    #expect(event > 0 && event < elapsed, "\(result)")
    #expect(try await lab.state(of: guest.id, on: try lab.host(1)) == "running")
    #expect(try await lab.domains(on: try lab.host(2)) == [])
  }

  private func number(_ value: (any Sendable)?) throws -> Double {
    try #require(value as? Double ?? (value as? Int).map(Double.init))
  }

  @Test func aSecondProcessChangesTheLimitsOfAMoveThatRuns() async throws {
    try await withTestLab("limits") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = try await boot(in: lab)
      let tool = Tool(lab: lab)
      let limits = { @Sendable in
        (
          try await lab.virsh(on: one, ["migrate-getspeed", guest.id]).text,
          try await downtimeLimit(guest, on: one, in: lab)
        )
      }
      let before = try await limits()
      let slow = words("host1", "host2", "p2p", "--bandwidth", "4", "--max-downtime", "20")
      let cancelled = try await tool.move(slow, at: "\"iteration\":1") { _ in
        let set = try await tool.run("watch", "web", "--set", "bandwidth=6", "--set", "max-downtime=21")
        #expect(set.status == 0, "\(set.text) \(set.complaints)")
        #expect(try await limits() == ("6", "21"))
        let cancel = try await tool.run("cancel", "web")
        #expect(cancel.status == 0, "\(cancel.text) \(cancel.complaints)")
      }
      #expect(cancelled.status == 130, "\(cancelled.text)")
      #expect(try await limits() == before, "a limit that was set for a move goes with it")

      // As narrow as before the guest would dirty more than is sent, for ever.
      let moved = try await tool.move(slow, at: "\"iteration\":1") { _ in
        let set = try await tool.run("watch", "web", "--set", "bandwidth=8", "--set", "max-downtime=21")
        #expect(set.status == 0, "\(set.text) \(set.complaints)")
        #expect(set.text == "web: bandwidth=8: accepted: taken\nweb: max-downtime=21: accepted: taken\n")
        #expect(try await limits() == ("8", "21"))
        let info = try await lab.virsh(on: one, ["domjobinfo", guest.id]).output
        #expect(info.contains(/Job type: +Unbounded/), "\(info)")
        let wide = ["watch", "web", "--set", "bandwidth=1024", "--set", "max-downtime=2000", "--follow"]
        let followed = try await tool.run(wide + ["--output", "jsonl"])
        #expect(followed.status == 0, "\(followed.text) \(followed.complaints)")
        try await validate(followed.text, schema: "migrate.event-1.json", isLines: true)
      }
      #expect(moved.status == 0 && moved.outcome == "completed", "\(moved.text)")
      let set = moved.decisions("set").compactMap { $0["inputs"] as? [String: Int] }
      #expect(
        Set(set) == [
          ["bandwidth_mib_s": 8], ["max_downtime_ms": 21], ["bandwidth_mib_s": 1024], ["max_downtime_ms": 2000],
        ], "\(moved.text)")
      #expect(try await lab.state(of: guest.id, on: two) == "running")
      #expect(try await lab.domains(on: one) == [])
    }
  }

  @Test(arguments: ["plain", "p2p"]) func aDataPathThatFallsSilentEndsTheMove(mode: String) async throws {
    try await withTestLab("hang-\(mode)") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = try await boot(in: lab)
      let watch = try KeeperWatch(address: lab.plan.guestAddress(1))
      let arguments = words("host1", "host2", mode, "--bandwidth", "8", "--hang-timeout", "3")
      let hung = try await lab.withArmed(.migrationDataDropped(on: two)) { dropped in
        try await Tool(lab: lab).move(arguments, at: "\"iteration\":1") { _ in try await dropped.fire() }
      }
      #expect(hung.status == 1 && hung.outcome == "rolled-back", "\(hung.text)")
      let inputs = try hung.inputs("abort")
      #expect(inputs["limit_s"] == 3 && (inputs["quiet_s"] ?? 0) >= 3, "\(inputs)")
      let because = hung.decisions("abort").first?["because"] as? String ?? ""
      #expect(because.contains(/^nothing has arrived for \d+ s: the data path is taken for dead$/), "\(because)")
      #expect(hung.message.contains("aborted: \(because)"), "\(hung.text)")
      #expect(try await lab.state(of: guest.id, on: one) == "running")
      #expect(try await lab.domains(on: two) == [])
      try await poll(for: .seconds(30), "see nothing left") { try await lab.leftovers() == [] }
      let seen = try await watch.stop()
      #expect(seen.complaints == [], "\(seen)")
    }
  }
}
