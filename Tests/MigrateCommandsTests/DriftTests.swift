import MigrationModel
import Testing

@testable import MigrateCommands

@Suite struct DriftTests {
  private func host(_ change: (inout HostFacts) -> Void = { _ in }) -> HostFacts {
    var host = HostFacts(name: "kvm1", uri: "qemu:///system", gap: Gap(source: "s", reason: "r"))
    host.links = .known([
      Link(name: "br0", isBridge: true, isUp: true, mtu: 1500),
      Link(name: "eth0", isBridge: false, isUp: true, mtu: 9000),
    ])
    host.memory = .known(HostMemory(total: .mebibytes(2), available: .mebibytes(1)))
    host.cpu = .known(HostCPU(vendor: "v", model: "m", flags: ["b", "a"]))
    change(&host)
    return host
  }

  private func changes(_ change: (inout HostFacts) -> Void) -> [Drift.Change] {
    Drift.changes(from: [host()], to: [host(change)])
  }

  @Test func aValueThatChangedIsNamedByItsPlace() {
    let found = changes {
      $0.links = .known([
        Link(name: "eth0", isBridge: false, isUp: true, mtu: 9000),
        Link(name: "br0", isBridge: true, isUp: true, mtu: 1400),
      ])
    }
    #expect(found == [Drift.Change(host: "kvm1", fact: "links br0 mtu", before: "1500", now: "1400")])
  }

  @Test func whatComesAndGoesIsAbsentOnOneSide() {
    let gone = changes { $0.links = .known([Link(name: "br0", isBridge: true, isUp: true, mtu: 1500)]) }
    #expect(gone.allSatisfy { $0.fact.hasPrefix("links eth0") && $0.now == "absent" } && !gone.isEmpty)
    let flags = changes { $0.cpu = .known(HostCPU(vendor: "v", model: "m", flags: ["a"])) }
    #expect(flags == [Drift.Change(host: "kvm1", fact: "cpu flags", before: "a, b", now: "a")])
    let unread = changes { $0.cpu = .gap(Gap(source: "/proc/cpuinfo", reason: "gone")) }
    #expect(unread.contains { $0.fact == "cpu gap reason" && $0.now == "gone" })
  }

  @Test func whatIsMeasuredAnewEveryTimeIsNoChange() {
    let found = changes {
      $0.memory = .known(HostMemory(total: .mebibytes(2), available: .bytes(7)))
      $0.load = .known(3)
      $0.clock = .known(ClockOffset(offset: 1, errorBound: 2))
    }
    #expect(found == [])
  }

  @Test func hostsThatWereNotSavedAreNotCompared() {
    #expect(Drift.changes(from: [], to: [host()]) == [])
  }
}
