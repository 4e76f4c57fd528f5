import Foundation
import Testing

@testable import Lab

/// Faults that are made at a moment: what they break, what they spare, and that healing undoes them.
@Suite(.serialized) struct LabMomentTests {
  @Test func aCutLinkAndABlackHoleEndWithTheirFault() async throws {
    try await withTestLab("cut") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let (addresses, routes) = (["ip", "-4", "address", "show", "management"], ["ip", "route"])
      let before = [try await lab.run(on: two, addresses).text, try await lab.run(on: two, routes).text]
      for fault in [Fault.linkCut(of: two), .blackholed(two)] {
        for isArmed in [false, true] {
          #expect(try await answers(two, from: one, in: lab), "before \(fault)")
          try await make(fault, armed: isArmed, in: lab) {
            let isReached = try await answers(two, from: one, in: lab)
            #expect(!isReached, "while \(fault)")
            let outside = try await execute(["ping", "-c", "1", "-W", "0.3", two.address])
            #expect(!outside.isSuccess, "while \(fault)")
            let link = try await lab.run(on: two, ["cat", "/sys/class/net/management/operstate"]).text
            #expect(link == (fault == .blackholed(two) ? "up" : "down"))
          }
          #expect(try await answers(two, from: one, in: lab), "after \(fault)")
        }
      }
      #expect([try await lab.run(on: two, addresses).text, try await lab.run(on: two, routes).text] == before)
    }
  }

  @Test func aConnectionOutlivesABlackHole() async throws {
    try await withTestLab("hole", hostCount: 1) { lab in
      let host = try lab.host(1)
      let commands = "hostname\necho waiting\n"
      // virsh keeps its connection; the black hole comes and goes while it holds it.
      async let talk = execute(
        ["sh", "-c", "(printf '\(commands)'; sleep 3; echo hostname) | virsh -q -c \(host.uri)"])
      try await lab.withFault(.blackholed(host)) {}
      let said = try await talk
      #expect(said.isSuccess && said.output.components(separatedBy: "host1").count == 3, "\(said)")
    }
  }

  @Test func onlyMigrationDataIsDropped() async throws {
    try await withTestLab("data") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "g", memory: 128)
      try await lab.boot(guest, on: one)
      try await lab.limit(one, mebibytesPerSecond: 2)
      try await lab.withArmed(.migrationDataDropped(on: two)) { dropped in
        async let move = lab.virsh(on: one, ["migrate", "--live", "--p2p", guest.id, two.uri])
        let first = try await processed(guest, on: one, in: lab, beyond: 0)
        try await dropped.fire()
        // What the source may still push into its socket is far less than the rest of the guest.
        var (last, still) = (first, 0)
        try await poll(for: .seconds(60), every: .milliseconds(200), "see the transfer stall") {
          let now = try await processed(guest, on: one, in: lab, beyond: 0)
          still = now == last ? still + 1 : 0
          last = now
          return still == 5
        }
        let management = try await execute(["virsh", "-c", two.uri, "hostname"])
        #expect(management.isSuccess)
        try await lab.virsh(on: one, ["domjobabort", guest.id]).check("abort")
        let (result, state) = (try await move, try await lab.virsh(on: one, ["domstate", guest.id]).text)
        #expect(!result.isSuccess && state == "running")
      }
    }
  }

  @Test func whatIsKilledIsKilledAtOnceAndTheGuestLivesOnWithoutLibvirtd() async throws {
    try await withTestLab("kill", hostCount: 1) { lab in
      let host = try lab.host(1)
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(
        name: "kept", memory: 128, address: address, keeper: .init(mebibytes: 4, mebibytesPerSecond: 1))
      try await lab.boot(guest, on: host)
      #expect(try lab.qemuProcesses(on: host).map(\.guest) == [guest.id])
      let watch = try KeeperWatch(address: address)
      try await lab.withArmed(.libvirtdKilled(on: host)) { killed in
        try await killed.fire()
        let refused = try await execute(["virsh", "-c", host.uri, "hostname"])
        #expect(!refused.isSuccess)
        _ = try await KeeperClient(address: address).ask()
        let again = await #expect(throws: LabError.self) { try await killed.fire() }
        #expect(again?.code == .busy)
      }
      #expect(try await lab.virsh(on: host, ["domstate", guest.id]).text == "running")
      let seen = try await watch.stop()
      #expect(seen.complaints == [], "\(seen)")

      let armed = try await lab.arm(.qemuKilled(guest: guest.id, on: host))
      try await armed.fire()
      #expect(try lab.qemuProcesses(on: host) == [])
      try await poll(for: .seconds(30), "let libvirt notice") {
        try await lab.virsh(on: host, ["domstate", guest.id]).text == "shut off"
      }
      let gone = await #expect(throws: LabError.self) { try await lab.make(armed.fault) }
      #expect(gone?.code == .commandFailed)
    }
  }

  @Test func aFaultThatIsNotFiredChangesNothing() async throws {
    try await withTestLab("unfired") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      try await lab.withArmed(.linkCut(of: two)) { armed in
        let isReached = try await answers(two, from: one, in: lab)
        #expect(!armed.hasFired && isReached)
      }
      #expect(try await answers(two, from: one, in: lab))
      let error = await #expect(throws: LabError.self) { try await lab.arm(.sshdStopped(on: two)) }
      #expect(error?.code == .invalidConfiguration)
    }
  }

  @Test func aFullDiskAndASlowLinkEndWithTheirFault() async throws {
    try await withTestLab("full", hostCount: 1) { lab in
      let host = try lab.host(1)
      try Files.write("kept", to: "\(host.localDirectory)/note")
      let write = ["dd", "if=/etc/hostname", "of=\(LabPlan.localPath)/more"]
      try await lab.withFault(.diskFull(on: host), .linkRate(of: host, mebitsPerSecond: 10)) {
        let refused = try await lab.run(on: host, write)
        #expect(refused.errorOutput.contains("No space left"), "\(refused)")
        let limited = try await lab.run(on: host, ["tc", "qdisc", "show", "dev", "management"])
        #expect(limited.text.contains("tbf") && limited.text.contains("rate 10485Kbit"), "\(limited.text)")
      }
      #expect(try await lab.run(on: host, write).isSuccess)
      #expect(try await lab.run(on: host, ["cat", "\(LabPlan.localPath)/note"]).text == "kept")
      #expect(try await !lab.run(on: host, ["tc", "qdisc", "show", "dev", "management"]).text.contains("tbf"))
    }
  }

  private func make(_ fault: Fault, armed: Bool, in lab: Lab, while body: () async throws -> Void) async throws {
    guard armed else { return try await lab.withFault(fault, while: body) }
    try await lab.withArmed(fault) {
      try await $0.fire()
      try await body()
    }
  }

  private func answers(_ host: LabHost, from other: LabHost, in lab: Lab) async throws -> Bool {
    try await lab.run(on: other, ["ping", "-n", "-q", "-c", "1", "-W", "0.3", host.address]).isSuccess
  }

  /// Bytes of memory that the running migration has sent, once they are more than `least`.
  private func processed(
    _ guest: GuestSpecification, on host: LabHost, in lab: Lab, beyond least: Int
  ) async throws -> Int {
    var bytes = least
    try await poll(for: .seconds(60), "see the transfer go on") {
      let text = try await lab.virsh(on: host, ["domjobinfo", guest.id, "--rawstats"]).output
      let line = text.split(separator: "\n").first { $0.contains("memory_processed") }
      bytes = line?.split(whereSeparator: { " :=".contains($0) }).last.flatMap { Int($0) } ?? 0
      return bytes > least
    }
    return bytes
  }
}
