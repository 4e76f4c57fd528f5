import Testing
import Trials

@testable import Lab

@Suite(.serialized) struct LabKeeperTests {
  @Test func aKeeperKeepsItsMemoryThroughAMove() async throws {
    try await withTestLab("keeper") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(name: "kept", memory: 192, address: address, keeper: .init())
      try await lab.boot(guest, on: one)
      let keeper = KeeperClient(address: address)
      let before = try await keeper.ask()
      let watch = try KeeperWatch(address: address)
      let options = ["migrate", "--live", "--p2p", "--persistent", "--undefinesource"]
      try await lab.virsh(on: one, options + [guest.id, two.uri]).check("migrate")
      let after = try await keeper.checkEverything()
      let seen = try await watch.stop()

      #expect(after.bootID == before.bootID && after.counter > before.counter)
      #expect(after.fullPasses > before.fullPasses && after.pagesRewritten > before.pagesRewritten)
      #expect(after.errors == 0 && after.firstBadPage == nil && after.pages == 32 * 256)
      #expect(seen.complaints == [], "\(seen)")
      #expect(seen.answered > 0 && seen.answered <= seen.sent)
      #expect(try #require(seen.longestGap) > .zero)
    }
  }

  /// Slow and often, so that every move looks at the guest's writes several times.
  @Test func noMoveLosesAWrite() async throws {
    try await withTestLab("writes") { lab in
      var (here, there) = (try lab.host(1), try lab.host(2))
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(
        name: "kept", memory: 112, address: address, keeper: .init(mebibytes: 16, mebibytesPerSecond: 4))
      try await lab.boot(guest, on: here)
      let watch = try KeeperWatch(address: address)
      for _ in 1...3 {
        let options = ["--live", "--p2p", "--persistent", "--undefinesource", "--bandwidth", "30"]
        try await lab.virsh(on: here, ["migrate"] + options + [guest.id, there.uri]).check("migrate")
        swap(&here, &there)
      }
      let moved = try await Tool(lab: lab).run("-c", here.name, guest.name, there.name, "--p2p", "--bandwidth", "30")
      #expect(moved.status == 0, "\(moved.text) \(moved.complaints)")
      let after = try await KeeperClient(address: address).checkEverything()
      let seen = try await watch.stop()
      #expect(after.errors == 0 && seen.complaints == [], "\(seen)")
    }
  }

  @Test func aChangedBitIsReportedForEver() async throws {
    try await withTestLab("bit", hostCount: 1) { lab in
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(
        name: "kept", memory: 128, address: address, keeper: .init(mebibytes: 4, mebibytesPerSecond: 1))
      try await lab.boot(guest, on: try lab.host(1))
      let (keeper, watch) = (KeeperClient(address: address), try KeeperWatch(address: address))
      #expect(try await keeper.checkEverything().errors == 0)
      try await keeper.corrupt(page: 77)
      let after = try await keeper.checkEverything()
      #expect(after.errors > 0 && after.firstBadPage == 77)
      // The keeper counts its answers: more than were asked for here means that the watch has had one since.
      var asked: UInt64 = 0
      repeat { asked += 1 } while try await keeper.ask().counter <= after.counter + asked
      let seen = try await watch.stop()
      #expect(seen.memoryErrors > 0 && seen.firstBadPage == 77)
      #expect(seen.complaints.count == 1)
    }
  }

  /// Two guests with one address on two hosts: what the watch is there to see.
  @Test func aSecondGuestIsSeen() async throws {
    try await withTestLab("second") { lab in
      let address = lab.plan.guestAddress(1)
      for host in lab.hosts {
        let guest = GuestSpecification(
          name: "twin", memory: 128, address: address, keeper: .init(mebibytes: 4, mebibytesPerSecond: 0))
        try await lab.define(guest, on: host)
        try await lab.start(guest, on: host)
      }
      try await poll(for: .seconds(90), every: .milliseconds(10), "see both guests") {
        let watch = try KeeperWatch(address: address)
        try await poll(for: .seconds(1), "let the watch ask") {
          try await KeeperClient(address: address).ask().counter > 0
        }
        return try await watch.stop().answeredTwice > 0
      }
    }
  }

  @Test func whatTheWatchNotes() {
    func answer(_ counter: UInt64, boot: UInt64 = 1) -> KeeperReport {
      KeeperReport(
        bootID: boot, counter: counter, uptime: .zero, pagesChecked: 0, fullPasses: 0, errors: 0, firstBadPage: nil,
        pages: 1, pagesRewritten: 0)
    }
    var notes = KeeperNotes()
    notes.note(answer(1), to: 1, at: .seconds(1))
    notes.note(answer(2), to: 2, at: .seconds(4))
    notes.finish(at: .seconds(6))
    #expect(notes.report.complaints == [])
    #expect(notes.report.longestGap == .seconds(3) && notes.report.longestGapBegan == .seconds(1))
    #expect(notes.report.silence == .seconds(2))
    notes.note(answer(2, boot: 2), to: 2, at: .seconds(7))
    #expect(notes.report.answered == 2 && notes.report.answeredTwice == 1)
    #expect(notes.report.counterWentBack == 1 && notes.report.bootIDChanged)
    #expect(notes.report.complaints.count == 3)
  }

  @Test(arguments: [
    GuestSpecification(name: "g", keeper: .init()),
    GuestSpecification(name: "g", memory: 32, address: "10.0.0.1", keeper: .init(mebibytes: 32)),
  ])
  func aKeeperThatCannotBeIsRefused(_ guest: GuestSpecification) {
    let error = #expect(throws: LabError.self) { try guest.validate() }
    #expect(error?.code == .invalidConfiguration)
  }
}
