import Testing
import Trials

@testable import Lab

/// A guest that never runs on both hosts, not even when the destination's word is lost in the last moment.
@Suite(.serialized) struct HandoverLabTests {
  private func words(_ source: String, _ destination: String, _ mode: String) -> [String] {
    ["-c", source, "web", destination, "--skip-check", "--mode", mode]
  }

  private let strict = ["--strict-handover"]

  @Test func theGuestGoesOnOnlyWhenTheSourceHasLetGo() async throws {
    try await withTestLab("handover") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(name: "web", address: address, keeper: .init(mebibytes: 24, mebibytesPerSecond: 4))
      try await lab.boot(guest, on: one)
      let watch = try KeeperWatch(address: address)
      let there = try await Tool(lab: lab).move(words("host1", "host2", "plain") + strict)
      #expect(there.status == 0, "\(there.text)")
      #expect(there.phases == ["prepare", "transfer", "stop", "state", "continue", "confirm"])
      let turns = there.events.filter { $0["type"] as? String == "guest" }.compactMap { event in
        ["stopped", "resumed"].contains(event["event"] as? String) ? event["side"] as? String : nil
      }
      #expect(turns == ["source", "destination"], "the source ends before the destination goes on: \(there.text)")

      // The answer to Finish is lost: libvirt lets the source go on, and what arrived never ran.
      let killed = try await lab.arm(.libvirtdKilled(on: one))
      let back = try await Tool(lab: lab).move(words("host2", "host1", "p2p") + strict, at: "\"phase\":\"state\"") {
        _ in
        try await killed.fire()
        try await lab.heal(.libvirtdKilled(on: one))
      }
      #expect(["completed", "rolled-back"].contains(back.outcome), "\(back.text)")
      #expect(back.decisions("fence").isEmpty, "there is nothing to be fenced: \(back.text)")
      let runs = back.outcome == "completed" ? one : two
      #expect(try await lab.state(of: guest.id, on: runs) == "running")
      #expect(try await lab.domains(on: runs == one ? two : one) == [])
      let seen = try await watch.stop()
      #expect(seen.complaints == [], "\(seen)")
      #expect(try await lab.leftovers() == [])
    }
  }

  /// Without the option libvirt lets the source go on, for a moment, when the destination's word is lost.
  @Test(arguments: ["plain", "p2p"]) func aSourceThatGoesOnIsPausedAndRemoved(mode: String) async throws {
    try await withTestLab("fence-\(mode)") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "web", memory: 128)
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)
      let killed = try await lab.arm(.libvirtdKilled(on: two))
      let moved = try await Tool(lab: lab).move(words("host1", "host2", mode), at: "\"phase\":\"continue\"") { _ in
        try await killed.fire()
        try await lab.heal(.libvirtdKilled(on: two))
      }
      #expect(moved.status == 0 && moved.outcome == "completed", "\(moved.text)")
      #expect(moved.decisions("fence").count == 1, "\(moved.text)")
      #expect(try await lab.state(of: guest.id, on: two) == "running")
      #expect(try await lab.domains(on: one) == [])
      #expect(try await lab.leftovers() == [])
    }
  }
}
