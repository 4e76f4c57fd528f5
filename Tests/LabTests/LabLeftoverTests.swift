import Testing

@testable import Lab

/// Guests' own disks, and what is found when something of a guest stays behind.
@Suite(.serialized) struct LabLeftoverTests {
  @Test(arguments: [
    (GuestSpecification.Disk.local(mebibytes: 8), "--copy-storage-all"),
    (.local(mebibytes: 8, format: .qcow2), "--copy-storage-all"), (.localChain(mebibytes: 8), "--copy-storage-inc"),
  ])
  func aDiskOfTheHostsOwnIsCopied(_ disk: GuestSpecification.Disk, how: String) async throws {
    try await withTestLab("copy") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "g", memory: 64, disk: disk, connection: .none)
      let path = try #require(guest.diskPath)
      let io = ["qemu-io", "-f", guest.diskFormat.rawValue, "-c"]
      try await lab.define(guest, on: one)
      try await lab.require(on: one, io + ["write -P 7 1M 64k", path], to: "write to the disk")
      try await lab.start(guest, on: one)
      try await lab.makeDisk(of: guest, on: two)
      #expect(
        try await lab.leftovers().map { $0.hasPrefix("host2: the file ") } == Array(repeating: true, count: files(disk))
      )

      let options = ["--live", "--p2p", "--persistent", "--undefinesource", how]
      try await lab.virsh(on: one, ["migrate"] + options + [guest.id, two.uri]).check("migrate")
      #expect(
        try await lab.leftovers().map { $0.hasPrefix("host1: the file ") } == Array(repeating: true, count: files(disk))
      )
      try await lab.virsh(on: two, ["destroy", guest.id]).check("stop the guest")
      let copied = try await lab.run(on: two, io + ["read -P 7 1M 64k", path])
      #expect(copied.isSuccess && !copied.output.contains("failed"), "\(copied)")
      if disk == .localChain(mebibytes: 8) {
        let below = try await lab.run(on: two, io + ["read -P \(GuestSpecification.Disk.chainBaseByte) 0 64k", path])
        #expect(below.isSuccess && !below.output.contains("failed"), "\(below)")
      }
    }
  }

  @Test func whatStaysBehindIsNamed() async throws {
    try await withTestLab("left") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "g", memory: 96, disk: .localChain(mebibytes: 8), connection: .none)
      try await lab.boot(guest, on: one)
      #expect(try await lab.leftovers() == [])

      try await lab.virsh(on: one, ["suspend", guest.id]).check("pause")
      #expect(try await lab.leftovers() == ["host1: the guest \(guest.id) is paused"])
      try await lab.virsh(on: one, ["resume", guest.id]).check("resume")

      let pool = ["pool-create-as", "passing", "dir", "--target", LabPlan.localPath]
      try await lab.virsh(on: two, pool).check("make a pool")
      #expect(try await lab.leftovers() == ["host2: the transient storage pool passing"])
      try await lab.virsh(on: two, ["pool-destroy", "passing"]).check("remove the pool")

      // Killed where it cannot take its guest along, libvirtd forgets it with its state.
      try await lab.make(.libvirtdKilled(on: one))
      try await lab.require(on: one, ["rm", "-r", "/run/libvirt/qemu"], to: "forget the guest")
      try await lab.heal(.libvirtdKilled(on: one))
      let unknown = try await lab.leftovers()
      #expect(unknown.count == 1 && unknown[0].contains("of the guest \(guest.id), which libvirt does not run"))
    }
  }

  @Test func aMoveThatRunsIsNamed() async throws {
    try await withTestLab("job") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "g", memory: 128, address: lab.plan.guestAddress(1))
      try await lab.boot(guest, on: one)
      try await lab.limit(one, mebibytesPerSecond: 1)
      async let move = lab.virsh(on: one, ["migrate", "--live", "--p2p", guest.id, two.uri])
      try await poll(for: .seconds(60), "see the move") {
        let lines = try await lab.leftovers()
        return lines.contains { $0.hasPrefix("host1: the guest \(guest.id) has a job: Job type: ") }
          && lines.contains { $0.hasPrefix("host2: a listener on TCP port 4915") }
      }
      try await lab.virsh(on: one, ["domjobabort", guest.id]).check("abort")
      #expect(try await !move.isSuccess)
      #expect(try await lab.leftovers() == [])
    }
  }

  private func files(_ disk: GuestSpecification.Disk) -> Int { disk == .localChain(mebibytes: 8) ? 2 : 1 }
}
