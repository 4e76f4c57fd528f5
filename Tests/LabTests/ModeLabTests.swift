import Testing

@testable import Lab
@testable import Trials

/// Who leads a move of which nothing is said, on real hosts.
@Suite struct ModeLabTests {
  @Test func autoLetsTheSourceLeadWhereItReachesTheDestinationByItself() async throws {
    try await withTestLab("auto") { lab in
      let one = try lab.host(1)
      let guest = GuestSpecification(name: "web")
      try await lab.define(guest, on: one)
      #expect(try await choice(in: lab) == ["offline", "the guest does not run"])
      try await lab.start(guest, on: one)
      #expect(try await choice(in: lab) == ["p2p", "host1's own credentials open host2"])
      #expect(try await choice(in: lab, "--mode", "plain") == ["plain", "it was asked for"])

      // host1's shell cannot log in to host2; this machine still can.
      let refused = "#!/bin/sh\necho 'error: authentication failed' >&2\nexit 1\n"
      try await lab.withFault(.fileSays(refused, path: "/usr/bin/virsh", on: one)) {
        let choice = try await choice(in: lab)
        #expect(choice.first == "plain")
        #expect(choice.last?.hasPrefix("host1's own credentials") == true, "\(choice)")
      }
    }
  }

  @Test func theQuickModesMoveAGuestWithItsMemory() async throws {
    let outcomes = try await withLabSlots(1) { try await ModeTable.run(ModeRow.quick, labName: testLabName("modes")) }
    #expect(outcomes.count == 7)
    for outcome in outcomes { #expect(outcome.complaints == [], "\(outcome.text)") }
  }

  /// The mode and the reason that a check gives. Whatever it is, the guest can move.
  private func choice(in lab: Lab, _ options: String...) async throws -> [String] {
    let check = try await Tool(lab: lab).run(["--check", "-c", "host1", "web", "host2", "--output", "json"] + options)
    #expect(check.status == 0, "\(check.text) \(check.complaints)")
    try await validate(check.text, schema: "migrate.check-1.json")
    let mode = try #require(try check.document()["mode"] as? [String: any Sendable])
    return ["name", "because"].compactMap { mode[$0] as? String }
  }
}
