import MigrationModel

@testable import Preflight

private let freeCases: [RuleCase] = [
  RuleCase("memory.free", .holds, "it fits") { _ in },
  RuleCase("memory.free", .blocker, "it does not fit") { $0.domain.memory = .mebibytes(8192) },
  RuleCase("memory.free", .blocker, "a size that does not fit into 64 bits with its overhead") {
    $0.domain.memory = .bytes(.max)
  },
  RuleCase("memory.free", .holds, "huge pages are not taken from it") {
    $0.domain.memory = .mebibytes(8192)
    $0.domain.hugePages = [HugePageUse(size: .mebibytes(2))]
  },
  RuleCase("memory.free", .blocker, "the part that is not of huge pages does not fit") {
    $0.domain.memory = .mebibytes(20_000)
    $0.domain.numaCells = [0: .mebibytes(10_000), 1: .mebibytes(10_000)]
    $0.domain.hugePages = [HugePageUse(size: .mebibytes(2), guestNodes: [0])]
  },
  RuleCase("memory.free", .unknown, "not read") { $0.destination.memory = .gap(gap) },
  RuleCase("memory.free", .notApplicable, "offline") { $0.request.mode = .offline },
]

/// The ready guest, 1 GiB, of huge pages: 512 of 2 MiB.
private func huge(
  _ pools: [HugePagePool], of uses: [HugePageUse] = [HugePageUse(size: .mebibytes(2))],
  _ change: @escaping @Sendable (inout Move) -> Void = { _ in }
) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.hugePages = uses
    move.destination.hugePages = .known(pools)
    change(&move)
  }
}

private func pool(_ node: Int, _ free: Int, size: UInt64 = 2) -> HugePagePool {
  HugePagePool(node: node, size: .mebibytes(size), total: 1024, free: free)
}

private func bound(_ element: String, _ nodes: [Int]) -> Placement {
  Placement(element: element, kind: .nodes, ids: nodes)
}

private let hugePageCases: [RuleCase] = [
  RuleCase("memory.hugepages", .holds, "just enough", huge([pool(0, 512)])),
  RuleCase("memory.hugepages", .blocker, "one too few", huge([pool(0, 511)])),
  RuleCase("memory.hugepages", .blocker, "a part of a page is a page") {
    huge([pool(0, 512)])(&$0)
    $0.domain.memory = $0.domain.memory + .bytes(1)
  },
  RuleCase("memory.hugepages", .blocker, "enough of another size", huge([pool(0, 512, size: 1024)])),
  RuleCase("memory.hugepages", .holds, "from all nodes together", huge([pool(0, 256), pool(1, 256)])),
  RuleCase(
    "memory.hugepages", .blocker, "enough, but not on the node that it is bound to",
    huge([pool(0, 511), pool(1, 512)]) { $0.domain.placements = [bound("numatune memory", [0])] }),
  RuleCase(
    "memory.hugepages", .holds, "enough on the node that it is bound to",
    huge([pool(0, 0), pool(1, 512)]) { $0.domain.placements = [bound("numatune memory", [1])] }),
  RuleCase(
    "memory.hugepages", .blocker, "a guest node is bound elsewhere",
    huge([pool(0, 1024), pool(1, 255)]) {
      $0.domain.numaCells = [0: .mebibytes(512), 1: .mebibytes(512)]
      $0.domain.placements = [bound("numatune memory", [0]), bound("memnode 1", [1])]
    }),
  RuleCase(
    "memory.hugepages", .holds, "only one guest node is of huge pages",
    huge([pool(0, 256)], of: [HugePageUse(size: .mebibytes(2), guestNodes: [1])]) {
      $0.domain.numaCells = [0: .mebibytes(512), 1: .mebibytes(512)]
    }),
  RuleCase("memory.hugepages", .holds, "the standard size", huge([pool(0, 512)], of: [HugePageUse(size: nil)])),
  RuleCase(
    "memory.hugepages", .blocker, "the standard size is another one there",
    huge([pool(0, 512)], of: [HugePageUse(size: nil)]) {
      $0.destination.hugePageSizes = .known(HugePageSizes(standard: .mebibytes(1024), mounted: [.mebibytes(1024)]))
    }),
  RuleCase(
    "memory.hugepages", .blocker, "no hugetlbfs of the size",
    huge([pool(0, 512)]) { $0.destination.hugePageSizes = .known(HugePageSizes(standard: .mebibytes(2), mounted: [])) }
  ),
  RuleCase(
    "memory.hugepages", .holds, "a memfd needs no hugetlbfs",
    huge([pool(0, 512)]) {
      $0.domain.memorySource = "memfd"
      $0.destination.hugePageSizes = .known(HugePageSizes(standard: .mebibytes(2), mounted: []))
    }),
  RuleCase("memory.hugepages", .blocker, "a page of no size", huge([pool(0, 512)], of: [HugePageUse(size: .bytes(0))])),
  RuleCase("memory.hugepages", .blocker, "fewer than none are free", huge([pool(0, -1), pool(1, .min)])),
  RuleCase(
    "memory.hugepages", .holds, "more free than fit into 64 bits", huge([pool(0, .max), pool(1, .max), pool(2, .max)])),
  RuleCase("memory.hugepages", .unknown, "pools not read") {
    huge([])(&$0)
    $0.destination.hugePages = .gap(gap)
  },
  RuleCase("memory.hugepages", .unknown, "sizes not read") {
    huge([pool(0, 512)])(&$0)
    $0.destination.hugePageSizes = .gap(gap)
  },
  RuleCase("memory.hugepages", .notApplicable, "no huge pages") { $0.destination.hugePages = .gap(gap) },
  RuleCase("memory.hugepages", .notApplicable, "offline", huge([]) { $0.request.mode = .offline }),
]

private func limits(_ most: ByteCount?, raise: Bool = false) -> Fact<DaemonLimits> {
  .known(DaemonLimits(lockedMemory: most, canRaise: raise))
}

private let lockedCases: [RuleCase] = [
  RuleCase("memory.locked", .holds, "zerocopy, and the daemon raises the limit") { $0.request.zerocopy = true },
  RuleCase("memory.locked", .holds, "zerocopy and no limit") {
    $0.request.zerocopy = true
    $0.source.daemonLimits = limits(nil)
  },
  RuleCase("memory.locked", .holds, "zerocopy and a limit of the guest's memory") {
    $0.request.zerocopy = true
    $0.source.daemonLimits = limits(.mebibytes(1024))
    $0.destination.daemonLimits = .gap(gap)
  },
  RuleCase("memory.locked", .blocker, "zerocopy and a limit below the guest's memory") {
    $0.request.zerocopy = true
    $0.source.daemonLimits = limits(.mebibytes(1023))
  },
  RuleCase("memory.locked", .blocker, "zerocopy locks up to the hard limit") {
    $0.request.zerocopy = true
    $0.domain.memoryHardLimit = .mebibytes(2048)
    $0.source.daemonLimits = limits(.mebibytes(1024))
  },
  RuleCase("memory.locked", .blocker, "RDMA without a hard limit") { $0.request.migrateURI = "rdma://192.0.2.2" },
  RuleCase("memory.locked", .blocker, "RDMA and a limit on the source") {
    $0.request.migrateURI = "rdma://192.0.2.2"
    $0.domain.memoryHardLimit = .mebibytes(2048)
    $0.source.daemonLimits = limits(.mebibytes(64))
  },
  RuleCase("memory.locked", .blocker, "RDMA and a limit on the destination") {
    $0.request.migrateURI = "RDMA://192.0.2.2"
    $0.domain.memoryHardLimit = .mebibytes(2048)
    $0.destination.daemonLimits = limits(.mebibytes(64))
  },
  RuleCase("memory.locked", .holds, "locked memory, and the daemon raises the limit") { $0.domain.locksMemory = true },
  RuleCase("memory.locked", .blocker, "locked memory without a hard limit, and any limit there") {
    $0.domain.locksMemory = true
    $0.destination.daemonLimits = limits(.bytes(.max))
  },
  RuleCase("memory.locked", .holds, "locked memory within its hard limit") {
    $0.domain.locksMemory = true
    $0.domain.memoryHardLimit = .mebibytes(2048)
    $0.destination.daemonLimits = limits(.mebibytes(2048))
  },
  RuleCase("memory.locked", .unknown, "zerocopy and the source not read") {
    $0.request.zerocopy = true
    $0.source.daemonLimits = .gap(gap)
  },
  RuleCase("memory.locked", .unknown, "locked memory and the destination not read") {
    $0.domain.locksMemory = true
    $0.destination.daemonLimits = .gap(gap)
  },
  RuleCase("memory.locked", .notApplicable, "nothing is locked") { $0.source.daemonLimits = .gap(gap) },
  RuleCase("memory.locked", .notApplicable, "offline") {
    $0.domain.locksMemory = true
    $0.request.mode = .offline
  },
]

let memoryCases: [RuleCase] = freeCases + hugePageCases + lockedCases
