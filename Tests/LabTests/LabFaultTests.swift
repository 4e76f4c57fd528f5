import Foundation
import Testing

@testable import Lab

@Suite(.serialized) struct LabFaultTests {
  @Test func faultsLastWhileTheyAreMeantTo() async throws {
    try await withTestLab("faults") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      try await expect(
        .bridgeMissing(on: two), in: lab, breaks: { try await lab.run(on: two, ["ip", "link", "show", "br0"]) })
      try await expect(
        .sshdStopped(on: two), in: lab,
        breaks: { try await lab.run(on: one, ["ssh", "-oBatchMode=yes", "host2", "true"]) })
      try await expect(
        .hostKeyUnexpected(of: two), in: lab,
        breaks: { try await execute(["ssh", "-F", lab.sshConfigPath, "-oBatchMode=yes", "host2", "true"]) })
      try await expect(
        .libvirtdKilled(on: two), in: lab, breaks: { try await execute(["virsh", "-c", two.uri, "hostname"]) })
      try await expect(
        .libvirtdFrozen(on: two), in: lab,
        breaks: { try await execute(["timeout", "1", "virsh", "-c", two.uri, "hostname"]) })
    }
  }

  @Test func aHostCanClaimToBeAnother() async throws {
    try await withTestLab("uuid") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let own = try await uuid(of: two, in: lab)
      #expect(try await uuid(of: one, in: lab) != own)
      try await lab.withFault(.hostUUID(of: one, on: two)) {
        let (claimed, other) = (try await uuid(of: two, in: lab), try await uuid(of: one, in: lab))
        #expect(claimed == other)
      }
      #expect(try await uuid(of: two, in: lab) == own)
    }
  }

  @Test func aShadowedDirectoryHidesTheSharedOne() async throws {
    try await withTestLab("shadow") { lab in
      let two = try lab.host(2)
      try Files.write("shared", to: "\(lab.plan.sharedDirectory)/note")
      let look = ["cat", "\(LabPlan.sharedPath)/note"]
      try await lab.withFault(.shadowed(path: LabPlan.sharedPath, by: LabPlan.localPath, on: two)) {
        let (hidden, seen) = (try await lab.run(on: two, look), try await lab.run(on: lab.host(1), look))
        #expect(!hidden.isSuccess)
        #expect(seen.text == "shared")
      }
      #expect(try await lab.run(on: two, look).text == "shared")
    }
  }

  @Test func guestsOutliveTheirLibvirtdAndComeBackToTheBridge() async throws {
    try await withTestLab("outlive", hostCount: 1) { lab in
      let host = try lab.host(1)
      let guest = GuestSpecification(name: "g", address: lab.plan.guestAddress(1))
      try await lab.boot(guest, on: host)
      try await lab.withFault(.libvirtdKilled(on: host), .bridgeMissing(on: host)) {}
      #expect(try await lab.virsh(on: host, ["domstate", guest.id]).text == "running")
      try await lab.waitUntilGuestAnswers(lab.plan.guestAddress(1))
    }
  }

  @Test func faultsAreHealedAfterAnErrorAndACancellation() async throws {
    try await withTestLab("heal", hostCount: 1) { lab in
      let host = try lab.host(1)
      let isWhole = { try await lab.run(on: host, ["ip", "link", "show", "br0"]).isSuccess }
      await #expect(throws: CancellationError.self) {
        try await lab.withFault(.bridgeMissing(on: host)) { throw CancellationError() }
      }
      #expect(try await isWhole())
      let task = Task {
        try await lab.withFault(.bridgeMissing(on: host)) { try await Task.sleep(for: .seconds(3600)) }
      }
      try await poll(for: .seconds(30), "make the fault") { try await !isWhole() }
      task.cancel()
      _ = await task.result
      #expect(try await isWhole())
    }
  }

  /// The command works, fails while the fault lasts, and works again.
  private func expect(_ fault: Fault, in lab: Lab, breaks command: () async throws -> CommandResult) async throws {
    #expect(try await command().isSuccess, "before \(fault)")
    try await lab.withFault(fault) {
      let result = try await command()
      #expect(!result.isSuccess, "while \(fault)")
    }
    #expect(try await command().isSuccess, "after \(fault)")
  }

  private func uuid(of host: LabHost, in lab: Lab) async throws -> String {
    let text = try await lab.virsh(on: host, ["capabilities"]).output
    return String(try #require(text.firstMatch(of: #/<uuid>(.*?)</uuid>/#)?.1))
  }
}
