import Testing
import Trials

@testable import Lab

/// Moves that cannot succeed: each is refused or undone, and the guest does not notice.
@Suite(.serialized) struct BadMoveLabTests {
  private let words = ["-c", "host1", "web", "host2"]

  /// The guest has the process that it had, and the other host has what it had.
  private func expectUntouched(
    _ guest: GuestSpecification, _ before: [QEMUProcess], there: [String] = [], in lab: Lab
  ) async throws {
    let one = try lab.host(1)
    #expect(try lab.qemuProcesses(on: one) == before)
    #expect(try await lab.virsh(on: one, ["domstate", "--reason", guest.id]).text.hasPrefix("running ("))
    let info = try await lab.virsh(on: one, ["dominfo", guest.id]).output
    #expect(info.contains(/Persistent: +yes/), "\(info)")
    #expect(try await lab.domains(on: try lab.host(2)) == there)
  }

  private func boot(_ guest: GuestSpecification, in lab: Lab) async throws -> [QEMUProcess] {
    try await lab.define(guest, on: try lab.host(1))
    try await lab.start(guest, on: try lab.host(1))
    return try lab.qemuProcesses(on: try lab.host(1))
  }

  @Test func anXMLThatDoesNotFitMovesNothing() async throws {
    try await withTestLab("bad-xml") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "web", memory: 64)
      let before = try await boot(guest, in: lab)
      let path = "\(lab.plan.directory)/web.xml"
      for text in [
        "<domain><name>web</name>", "no XML at all", "<domain type='qemu'/>", "<network><name>web</name></network>", "",
      ] {
        try Files.write(text, to: path)
        let refused = try await Tool(lab: lab).run(words + ["--xml", path, "--output", "jsonl"])
        #expect(refused.status == 64, "\(text): \(refused.text) \(refused.complaints)")
        #expect((refused.text + refused.complaints).contains("--xml"), "\(refused.text) \(refused.complaints)")
      }
      try await expectUntouched(guest, before, in: lab)

      let xml = try await lab.virsh(on: one, ["dumpxml", "--migratable", guest.id]).output
      let other = xml.replacing(">1</vcpu>", with: ">2</vcpu>")
      #expect(other != xml)
      try Files.write(other, to: path)
      for mode in ["plain", "p2p"] {
        let undone = try await Tool(lab: lab).move(words + ["--xml", path, "--skip-check", "--mode", mode])
        #expect(undone.status == 1 && undone.outcome == "rolled-back", "\(undone.text)")
        #expect(undone.message.contains("Target domain") && undone.message.contains("does not match source"))
        #expect(undone.runningOn == "host1", "\(undone.text)")
        try await expectUntouched(guest, before, in: lab)
      }

      // The name is another guest's there.
      try await lab.define(GuestSpecification(name: "web", memory: 64), on: two)
      let blocked = try await Tool(lab: lab).move(words + ["--mode", "plain"])
      #expect(blocked.status == 2 && blocked.outcome == "blocked", "\(blocked.text)")
      for mode in ["plain", "p2p"] {
        let undone = try await Tool(lab: lab).move(words + ["--skip-check", "--mode", mode])
        #expect(undone.status == 1 && undone.outcome == "rolled-back", "\(undone.text)")
        #expect(undone.message.contains("already exists with uuid"), "\(undone.text)")
        try await expectUntouched(guest, before, there: ["web"], in: lab)
      }
      #expect(try await lab.leftovers() == [])
    }
  }

  @Test(arguments: [GuestSpecification.DiskFormat.raw, .qcow2])
  func aFullDiskAtTheDestinationMovesNothing(format: GuestSpecification.DiskFormat) async throws {
    try await withTestLab("full-\(format)") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "web", memory: 64, disk: .local(mebibytes: 8, format: format))
      try await lab.makeDisk(of: guest, on: one)
      let path = try #require(guest.diskPath)
      let fill = ["qemu-io", "-f", format.rawValue, "-c", "write -P 0x5A 1M 4M", path]
      try await lab.require(on: one, fill, to: "fill the disk")
      let before = try await boot(guest, in: lab)
      try await lab.withFault(.diskFull(on: two)) {
        let full = try await lab.images(on: two)
        if format == .qcow2 {
          let blocked = try await Tool(lab: lab).move(words + ["--copy-storage-all", "--mode", "plain"])
          #expect(blocked.status == 2 && blocked.outcome == "blocked", "\(blocked.text)")
          try await expectUntouched(guest, before, in: lab)
        }
        for mode in ["plain", "p2p"] {
          let undone = try await Tool(lab: lab).move(words + ["--copy-storage-all", "--skip-check", "--mode", mode])
          #expect(undone.status == 1 && undone.outcome == "rolled-back", "\(undone.text)")
          #expect(undone.message.contains("No space left") && !undone.message.contains("left behind"), "\(undone.text)")
          try await expectUntouched(guest, before, in: lab)
          #expect(try await lab.images(on: two) == full)
          #expect(try await lab.virsh(on: two, ["pool-list", "--all", "--name"]).text == "shared")
        }
      }
      #expect(try await lab.leftovers() == [])
    }
  }

  @Test func afterAGuestThatNeedsAPersonNoFurtherOneIsBegun() async throws {
    try await withTestLab("person") { lab in
      let one = try lab.host(1)
      let guests = ["web", "db"].map { GuestSpecification(name: $0, memory: 128) }
      for guest in guests { _ = try await boot(guest, in: lab) }
      let killed = try await lab.arm(.qemuKilled(guest: guests[0].id, on: one))
      let words = ["-c", "host1", "web", "db", "host2", "--skip-check", "--bandwidth", "24"]
      let moved = try await Tool(lab: lab).move(words, at: "\"type\":\"progress\"") { _ in try await killed.fire() }
      #expect(moved.status == 4, "\(moved.text)")
      #expect(moved.results.map { $0["outcome"] as? String } == ["needs-attention", "failed"], "\(moved.text)")
      #expect(moved.message.contains("not begun"), "\(moved.text)")
      let other = try await lab.virsh(on: one, ["domstate", "--reason", guests[1].id])
      #expect(other.text.hasPrefix("running"), "\(other) \(moved.text)")
    }
  }

  @Test func aReaderThatGoesAwayDoesNotEndTheMove() async throws {
    try await withTestLab("reader") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "web", memory: 128)
      _ = try await boot(guest, in: lab)
      // The shell ends when both have: the reader at once, the tool when the guest has moved.
      let pipe = ["sh", "-c", "\"$@\" | head -n 1", "sh"]
      let said = try await Tool(lab: lab).run(words + ["--skip-check", "--output", "jsonl"], entering: pipe)
      #expect(said.text.split(separator: "\n").count == 1, "\(said.text)")
      #expect(try await lab.domains(on: one) == [])
      #expect(try await lab.state(of: guest.id, on: two) == "running")
    }
  }
}
