import Foundation
import Testing

@testable import Lab

@Suite(.serialized) struct LabGuestTests {
  static let awkwardName = #"a "b" 'c' $(id) & <d> é\;`e`"#

  @Test func aGuestMovesThereAndBackAndKeepsAnswering() async throws {
    try await withTestLab("moves") { lab in
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(name: Self.awkwardName, disk: .shared(mebibytes: 16), address: address)
      let (one, two) = (try lab.host(1), try lab.host(2))
      try await lab.boot(guest, on: one)
      let probe = try GuestProbe(address: address)
      try await migrate(guest, from: one, to: two.uri, in: lab)
      #expect(try await lab.virsh(on: two, ["domname", guest.id]).text == Self.awkwardName)
      try await migrate(guest, from: two, to: one.sshURI, in: lab)
      #expect(try await lab.virsh(on: one, ["domstate", guest.id]).text == "running")
      try await lab.waitUntilGuestAnswers(address)
      let report = try await probe.stop()
      #expect(report.received > 0 && report.received <= report.sent)
      #expect(try #require(report.longestGap) > .zero)
    }
  }

  /// The transfer of a guest of 256 MiB cannot take less than its touched memory over the limited link.
  @Test func aLimitedLinkCarriesNoMore() async throws {
    try await withTestLab("limit") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "g", connection: .network("guests"), address: lab.plan.guestAddress(1))
      try await lab.boot(guest, on: one)
      try await lab.limit(one, mebibytesPerSecond: 20)
      // The source keeps its definition, and with it the statistics.
      try await lab.virsh(on: one, ["migrate", "--live", "--p2p", guest.id, two.uri]).check("migrate \(guest.name)")
      let rate = try await bandwidth(of: guest, from: one, in: lab)
      #expect(rate <= 22)
      try await lab.limit(one, mebibytesPerSecond: nil)
      try await lab.require(on: two, ["ping", "-c", "1", one.address], to: "reach host1")
    }
  }

  @Test func theWorkloadChangesMemory() async throws {
    try await withTestLab("work", hostCount: 1) { lab in
      let host = try lab.host(1)
      var guest = GuestSpecification(name: "g", address: lab.plan.guestAddress(1))
      guest.workload = .init(mebibytesPerSecond: 20, workingSet: 64)
      try await lab.boot(guest, on: host)
      try await poll(for: .seconds(120), every: .milliseconds(200), "measure a dirty rate") {
        try await lab.virsh(on: host, ["domdirtyrate-calc", guest.id, "--seconds", "1", "--mode", "page-sampling"])
          .check("start the measurement")
        return try await dirtyRate(of: guest, on: host, in: lab) > 0
      }
    }
  }

  @Test func aTransientGuestLeavesNoDefinition() async throws {
    try await withTestLab("transient", hostCount: 1) { lab in
      let host = try lab.host(1)
      let guest = GuestSpecification(name: "t", connection: .none)
      try await lab.create(guest, on: host)
      try await lab.virsh(on: host, ["destroy", guest.id]).check("destroy the guest")
      #expect(try await lab.virsh(on: host, ["list", "--all", "--name"]).text.isEmpty)
    }
  }

  private func migrate(_ guest: GuestSpecification, from host: LabHost, to uri: String, in lab: Lab) async throws {
    let options = ["--live", "--p2p", "--persistent", "--undefinesource"]
    try await lab.virsh(on: host, ["migrate"] + options + [guest.id, uri]).check("migrate \(guest.name)")
  }

  /// In MiB a second, from the statistics of the finished migration.
  private func bandwidth(of guest: GuestSpecification, from host: LabHost, in lab: Lab) async throws -> Double {
    let text = try await lab.virsh(on: host, ["domjobinfo", guest.id, "--completed", "--rawstats"]).output
    let line = try #require(text.split(separator: "\n").first { $0.contains("memory_bps") })
    return try #require(Double(line.split(whereSeparator: { " :=".contains($0) }).last ?? "")) / 1_048_576
  }

  private func dirtyRate(of guest: GuestSpecification, on host: LabHost, in lab: Lab) async throws -> Int {
    var rate: Int?
    try await poll(for: .seconds(30), every: .milliseconds(100), "read the dirty rate") {
      let text = try await lab.virsh(on: host, ["domstats", "--dirtyrate", guest.id]).output
      guard text.contains("calc_status=2") else { return false }
      rate = text.split(whereSeparator: \.isNewline).first { $0.contains("megabytes_per_second") }
        .flatMap { $0.split(separator: "=").last }.flatMap { Int($0) }
      return true
    }
    return try #require(rate)
  }
}
