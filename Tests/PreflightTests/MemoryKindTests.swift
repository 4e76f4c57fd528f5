import MigrationModel
import Testing

@testable import Preflight

@Suite struct MemoryKindTests {
  private func pools(_ free: [Int]) -> Fact<[HugePagePool]> {
    .known(free.enumerated().map { HugePagePool(node: $0, size: .mebibytes(2), total: 1024, free: $1) })
  }

  @Test func eachShortNodeIsNamedWithItsPoolsFile() {
    let findings = move {
      $0.domain.hugePages = [HugePageUse(size: .mebibytes(2))]
      $0.domain.numaCells = [0: .mebibytes(512), 1: .mebibytes(512)]
      $0.domain.placements = [
        Placement(element: "memnode 0", kind: .nodes, ids: [0]),
        Placement(element: "memnode 1", kind: .nodes, ids: [1]),
      ]
      $0.destination.hugePages = pools([100, 200])
    }.findings("memory.hugepages")
    #expect(findings.map(\.source) == ["256 needed", "256 needed"])
    #expect(findings.map(\.destination) == ["100 free of 1024", "200 free of 1024"])
    #expect(findings.first?.message.hasPrefix("NUMA node 0 of kvm2 has 100 free huge pages of 2 MiB") == true)
    #expect(
      findings.first?.remedyText.contains(
        "echo 1180 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages") == true)
  }

  @Test func eachSizeIsJudgedByItself() {
    let findings = move {
      $0.domain.hugePages = [
        HugePageUse(size: .mebibytes(2), guestNodes: [0]), HugePageUse(size: .mebibytes(1024), guestNodes: [1]),
      ]
      $0.domain.numaCells = [0: .mebibytes(512), 1: .mebibytes(1024)]
      $0.destination.hugePages = pools([1])
    }.findings("memory.hugepages")
    #expect(
      findings.map(\.subject) == ["huge pages of 2 MiB", "hugetlbfs 1 GiB", "huge pages of 1 GiB"])
  }

  @Test func onlyWhatIsNotOfHugePagesIsTakenFromFreeMemory() {
    var domain = readyDomain()
    domain.hugePages = [HugePageUse(size: .mebibytes(2), guestNodes: [0])]
    domain.numaCells = [0: .mebibytes(768), 1: .mebibytes(256)]
    #expect(domain.ordinaryMemory == .mebibytes(256))
    #expect(memoryNeeded(by: domain) == .mebibytes(256) + memoryOverhead(of: domain))
    domain.numaCells = [0: .bytes(.max), 1: .bytes(.max)]
    #expect(domain.ordinaryMemory == .bytes(0))
  }

  @Test func everyReasonToLockIsNamed() {
    let small = Fact.known(DaemonLimits(lockedMemory: .mebibytes(8), canRaise: false))
    let findings = move {
      $0.request.migrateURI = "rdma://192.0.2.2"
      $0.request.zerocopy = true
      $0.domain.locksMemory = true
      ($0.source.daemonLimits, $0.destination.daemonLimits) = (small, small)
    }.findings("memory.locked")
    #expect(findings.map(\.subject) == ["hard_limit", "locked memory", "locked memory"])
    #expect(findings.first?.remedyText.contains("memtune --domain web1 --live --config --hard-limit 1157120") == true)
    #expect(findings.dropFirst().first?.message.contains("needs 1 GiB locked on kvm1 for --zerocopy") == true)
    #expect(findings.dropFirst().first?.source == "8 MiB at most")
    #expect(findings.last?.message.contains("needs all its memory locked on kvm2") == true)
    #expect(findings.last?.remedyText.contains("LimitMEMLOCK=infinity") == true)
  }
}

@Suite struct PlacementTests {
  @Test func theLostIdsAreNamedAsRanges() {
    let finding = move {
      $0.domain.placements = [Placement(element: "vcpupin 0", kind: .cpus, ids: [14, 15, 16, 17, 20])]
    }.findings("numa.placement").first
    #expect(finding?.source == "14-17,20")
    #expect(finding?.destination == "online: 0-15")
    #expect(finding?.message.contains("kvm2 has no CPU 16-17,20 online") == true)
    #expect(finding?.remedyText.contains("--emit-xml FILE") == true)
  }

  @Test func everyBindingIsNamed() {
    let findings = move {
      $0.domain.placements = [
        Placement(element: "vcpupin 0", kind: .cpus, ids: [16]),
        Placement(element: "emulatorpin", kind: .cpus, ids: [0]),
        Placement(element: "numatune memory", kind: .nodes, ids: [1]),
      ]
    }.findings("numa.placement")
    #expect(findings.map(\.subject) == ["vcpupin 0", "numatune memory"])
  }

  @Test func theLoadAndTheReserveAreBothNamed() {
    let findings = move {
      $0.destination.load = .known(40)
      $0.destination.memory = .known(HostMemory(total: .mebibytes(40_000), available: .mebibytes(2000)))
    }.findings("plan.headroom")
    #expect(findings.map(\.subject) == ["load", "memory reserve"])
    #expect(findings.first?.destination == "40.0 on 16 CPUs")
    #expect(findings.last?.message.contains("870 MiB of memory left after the move, less than the 5% of") == true)
  }
}
