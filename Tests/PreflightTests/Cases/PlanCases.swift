import MigrationModel

@testable import Preflight

private func bind(_ element: String, _ kind: Placement.Kind, _ ids: [Int]) -> @Sendable (inout Move) -> Void {
  { $0.domain.placements = [Placement(element: element, kind: kind, ids: ids)] }
}

private let placementCases: [RuleCase] = [
  RuleCase("numa.placement", .holds, "CPUs that are online", bind("vcpu cpuset", .cpus, [0, 15])),
  RuleCase("numa.placement", .holds, "a node that is online", bind("numatune memory", .nodes, [0])),
  RuleCase("numa.placement", .holds, "only CPUs are bound and nodes were not read") {
    bind("vcpupin 0", .cpus, [0])(&$0)
    $0.destination.numaNodes = .gap(gap)
  },
  RuleCase("numa.placement", .blocker, "a CPU that is not there", bind("vcpupin 1", .cpus, [15, 16])),
  RuleCase("numa.placement", .blocker, "a node that is not there", bind("memnode 0", .nodes, [1])),
  RuleCase("numa.placement", .blocker, "a definition that could not start there") {
    bind("emulatorpin", .cpus, [99])(&$0)
    $0.domain.state = .shutOff
  },
  RuleCase("numa.placement", .blocker, "an id that no host has", bind("iothreadpin 1", .cpus, [.min, .max])),
  RuleCase("numa.placement", .unknown, "CPUs not read") {
    bind("vcpupin 0", .cpus, [0])(&$0)
    $0.destination.cpusOnline = .gap(gap)
  },
  RuleCase("numa.placement", .unknown, "nodes not read") {
    bind("numatune memory", .nodes, [0])(&$0)
    $0.destination.numaNodes = .gap(gap)
  },
  RuleCase("numa.placement", .notApplicable, "nothing is bound") { $0.destination.cpusOnline = .gap(gap) },
]

private func machines(_ machines: [Emulator.Machine]) -> @Sendable (inout Move) -> Void {
  { move in
    var emulator = readyEmulator()
    emulator.machines = machines
    move.destination.emulators = .known([emulator])
  }
}

private let vcpuCases: [RuleCase] = [
  RuleCase("vcpu.max", .holds, "as many as it takes") { $0.domain.maxVCPUs = 288 },
  RuleCase("vcpu.max", .blocker, "one more than it takes") { $0.domain.maxVCPUs = 289 },
  RuleCase("vcpu.max", .blocker, "more may be plugged in later") { ($0.domain.vcpus, $0.domain.maxVCPUs) = (1, 512) },
  RuleCase("vcpu.max", .blocker, "through the alias's canonical name") {
    machines([.init(name: "q35", canonical: "pc-q35-7.2", maxVCPUs: 1)])(&$0)
  },
  RuleCase("vcpu.max", .blocker, "an alias by itself") {
    machines([.init(name: "q35", canonical: "pc-q35-7.2", maxVCPUs: 1)])(&$0)
    $0.domain.machine = "q35"
  },
  RuleCase("vcpu.max", .unknown, "the capabilities do not say", machines([.init(name: "pc-q35-7.2")])),
  RuleCase("vcpu.max", .unknown, "emulators not read") { $0.destination.emulators = .gap(gap) },
  RuleCase("vcpu.max", .notApplicable, "no such machine type", machines([])),
  RuleCase("vcpu.max", .notApplicable, "no such emulator") { $0.destination.emulators = .known([]) },
  RuleCase("vcpu.max", .notApplicable, "no machine type named") { $0.domain.machine = "" },
]

private func load(_ load: Double, cpus: Int) -> @Sendable (inout Move) -> Void {
  { move in
    move.destination.load = .known(load)
    move.destination.cpusOnline = .known(Array(0..<cpus))
  }
}

private func memory(_ available: UInt64) -> @Sendable (inout Move) -> Void {
  { $0.destination.memory = .known(HostMemory(total: .mebibytes(20_000), available: .mebibytes(available))) }
}

/// The ready guest takes 1130 MiB; 5% of the destination's memory are 1000 MiB.
private let headroomCases: [RuleCase] = [
  RuleCase("plan.headroom", .holds, "just below the load limit", load(7.9, cpus: 4)),
  RuleCase("plan.headroom", .warning, "at the load limit", load(8, cpus: 4)),
  RuleCase("plan.headroom", .warning, "no CPU online", load(0, cpus: 0)),
  RuleCase("plan.headroom", .holds, "just the reserve is left", memory(2130)),
  RuleCase("plan.headroom", .warning, "less than the reserve is left", memory(2129)),
  RuleCase("plan.headroom", .warning, "what is spoken for counts") {
    memory(2130)(&$0)
    $0.policy.memoryReserve = .mebibytes(1)
  },
  RuleCase("plan.headroom", .holds, "what does not fit at all is another rule's", memory(1000)),
  RuleCase("plan.headroom", .holds, "no reserve is wanted") {
    memory(1130)(&$0)
    $0.policy.failoverShare = 0
  },
  RuleCase("plan.headroom", .unknown, "load not read") { $0.destination.load = .gap(gap) },
  RuleCase("plan.headroom", .unknown, "CPUs not read") { $0.destination.cpusOnline = .gap(gap) },
  RuleCase("plan.headroom", .unknown, "memory not read") { $0.destination.memory = .gap(gap) },
  RuleCase("plan.headroom", .notApplicable, "shut off") { $0.domain.state = .shutOff },
]

let planCases: [RuleCase] = placementCases + vcpuCases + headroomCases
