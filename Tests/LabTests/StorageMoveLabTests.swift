import Foundation
import Journal
import Testing
import Trials

@testable import Lab

/// Guests whose disk only one host has, moved together with it by the built tool.
@Suite(.serialized) struct StorageMoveLabTests {
  /// In a directory that no pool has; 4 of its 8 MiB hold data.
  private func start(in lab: Lab, on host: LabHost) async throws -> GuestSpecification {
    let guest = GuestSpecification(
      name: "web", memory: 64, disk: .local(mebibytes: 8, format: .qcow2), connection: .none)
    try await lab.makeDisk(of: guest, on: host)
    let path = try #require(guest.diskPath)
    try await lab.require(on: host, ["qemu-io", "-c", "write -P 0x5A 1M 4M", path], to: "fill the disk")
    try await lab.define(guest, on: host)
    try await lab.start(guest, on: host)
    return guest
  }

  private func words(_ source: String, _ destination: String, _ mode: String, _ more: String...) -> [String] {
    ["-c", source, "web", destination, "--copy-storage-all", "--skip-check", "--mode", mode] + more
  }

  private func virtualSize(_ path: String, on host: LabHost, in lab: Lab) async throws -> Int? {
    let command = ["qemu-img", "info", "-U", "--output=json", path]
    let seen = try await lab.require(on: host, command, to: "look at \(path)").output
    return try Tool.object(seen)["virtual-size"] as? Int
  }

  private func holdsItsData(_ path: String, on host: LabHost, in lab: Lab) async throws -> Bool {
    let commands = ["read -P 0 0 1M", "read -P 0x5A 1M 4M", "read -P 0 5M 3M"].flatMap { ["-c", $0] }
    let seen = try await lab.run(on: host, ["qemu-io", "-r", "-U"] + commands + [path])
    return seen.isSuccess && !seen.output.contains("Pattern verification failed")
  }

  /// What the journal still has to be removed, of the guest's last move.
  private func leftoversInJournal(of lab: Lab) throws -> [Leftover] {
    let record = try Journal.openReadOnly(at: Tool(lab: lab).journal).latest(ofDomain: "web")
    return try #require(record).leftovers
  }

  private func remove(_ guest: GuestSpecification, on host: LabHost, in lab: Lab) async throws {
    try await lab.require(on: host, ["rm", try #require(guest.diskPath)], to: "remove the old image")
  }

  @Test func aLocalDiskGoesWithItsGuest() async throws {
    try await withTestLab("disk-moves") { lab in
      let guest = try await start(in: lab, on: try lab.host(1))
      let path = try #require(guest.diskPath)
      for (mode, from, to) in [("p2p", 1, 2), ("plain", 2, 1)] {
        let (source, destination) = (try lab.host(from), try lab.host(to))
        let moved = try await Tool(lab: lab).move(words(source.name, destination.name, mode))
        #expect(moved.status == 0 && moved.outcome == "completed", "\(moved.text)")
        #expect(try await lab.state(of: guest.id, on: destination) == "running")
        #expect(try await lab.domains(on: source) == [])
        #expect(try await virtualSize(path, on: destination, in: lab) == 8 << 20)
        #expect(try await holdsItsData(path, on: destination, in: lab))
        #expect(try leftoversInJournal(of: lab) == [])
        try await remove(guest, on: source, in: lab)
        #expect(try await lab.leftovers() == [])
      }
    }
  }

  @Test func aMoveThatFailsTakesAwayTheImagesThatItMade() async throws {
    try await withTestLab("disk-fails") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = try await start(in: lab, on: one)
      let path = try #require(guest.diskPath)
      let file = URL(filePath: path).lastPathComponent

      let late = words("host1", "host2", "p2p", "--bandwidth", "1", "--deadline", "5")
      let undone = try await tool.move(late, at: "\"disk\":{") { _ in
        let images = try await lab.images(on: two)
        #expect(images == [file])
      }
      #expect(undone.status == 1 && undone.outcome == "rolled-back", "\(undone.text)")
      #expect(undone.message.contains("aborted: not over after"), "\(undone.text)")
      try await expectNothingMoved(guest, undone, images: [], in: lab)

      let slow = words("host1", "host2", "plain", "--bandwidth", "1")
      let cancelled = try await tool.move(slow, at: "\"disk\":{") { running in
        #expect(try await lab.images(on: two) == [file])
        try running.send(signal: .interrupt)
      }
      #expect(cancelled.status == 130 && cancelled.outcome == "cancelled", "\(cancelled.text)")
      try await expectNothingMoved(guest, cancelled, images: [], in: lab)

      try await lab.makeDisk(of: guest, on: two)
      let kept = try await tool.move(slow, at: "\"disk\":{") { try $0.send(signal: .interrupt) }
      #expect(kept.status == 130, "\(kept.text)")
      try await expectNothingMoved(guest, kept, images: [file], in: lab)

      try await remove(guest, on: two, in: lab)
      try Files.write("somebody else's", to: "\(two.localDirectory)/\(file)")
      let refused = try await tool.move(words("host1", "host2", "p2p"))
      #expect(refused.status == 1 && refused.outcome == "rolled-back", "\(refused.text)")
      #expect(refused.message.contains("host2: \(path), for disk vda: it has"), "\(refused.text)")
      try await expectNothingMoved(guest, refused, images: [file], in: lab)
      #expect(try Files.read("\(two.localDirectory)/\(file)") == "somebody else's")
    }
  }

  private func expectNothingMoved(
    _ guest: GuestSpecification, _ move: MoveStream, images: [String], in lab: Lab
  ) async throws {
    let (one, two) = (try lab.host(1), try lab.host(2))
    #expect(move.runningOn == "host1" && !move.message.contains("left behind"), "\(move.text)")
    #expect(try await lab.state(of: guest.id, on: one) == "running")
    #expect(try await holdsItsData(try #require(guest.diskPath), on: one, in: lab))
    #expect(try await lab.domains(on: two) == [])
    #expect(try await lab.images(on: two) == images)
    #expect(try leftoversInJournal(of: lab) == [])
    let expected = images.map { "host2: the file \(LabPlan.localPath)/\($0), which no domain uses" }
    try await poll(for: .seconds(20), "see nothing else left") { try await lab.leftovers() == expected }
  }
}
