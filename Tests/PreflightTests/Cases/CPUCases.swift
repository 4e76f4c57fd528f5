import MigrationModel

@testable import Preflight

private func cpu(_ flags: Set<String> = ["fpu", "avx2", "vmx"], vendor: String = "GenuineIntel") -> HostCPU {
  var cpu = HostCPU(vendor: vendor, model: "Xeon", flags: flags)
  (cpu.family, cpu.modelNumber, cpu.stepping, cpu.microcode) = (6, 79, 1, "0xb000040")
  return cpu
}

/// Changes the CPU that the destination has beside the source's.
private func passThrough(_ change: @escaping @Sendable (inout HostCPU) -> Void) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.cpuMode = "host-passthrough"
    move.source.cpu = .known(cpu())
    var other = cpu()
    change(&other)
    move.destination.cpu = .known(other)
  }
}

private func nested(_ there: Bool?) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.cpuFeatures = ["vmx"]
    move.destination.nested = .known(there)
  }
}

private func tsc(_ wanted: UInt64?, there: TimeStampCounter?) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.cpuFeatures = ["invtsc"]
    move.domain.tscFrequency = wanted
    move.destination.tsc = .known(there)
  }
}

private let passthroughCases: [RuleCase] = [
  RuleCase("cpu.passthrough", .holds, "the same CPU, microcode and kernel", passThrough { _ in }),
  RuleCase("cpu.passthrough", .holds, "migratable on") {
    passThrough { _ in }(&$0)
    $0.domain.cpuIsMigratable = true
  },
  RuleCase("cpu.passthrough", .notApplicable, "a custom model") { _ in },
  RuleCase("cpu.passthrough", .notApplicable, "shut off") {
    $0.domain.cpuMode = "host-passthrough"
    $0.domain.state = .shutOff
  },
  RuleCase("cpu.passthrough", .notApplicable, "emulated") {
    $0.domain.cpuMode = "maximum"
    $0.domain.virtType = "qemu"
  },
  RuleCase("cpu.passthrough", .blocker, "another stepping", passThrough { $0.stepping = 2 }),
  RuleCase("cpu.passthrough", .blocker, "another family", passThrough { $0.family = 7 }),
  RuleCase("cpu.passthrough", .blocker, "another model number", passThrough { $0.modelNumber = 85 }),
  RuleCase("cpu.passthrough", .blocker, "another model", passThrough { $0.model = "Xeon Gold" }),
  RuleCase("cpu.passthrough", .blocker, "another vendor", passThrough { $0.vendor = "AuthenticAMD" }),
  RuleCase("cpu.passthrough", .blocker, "a stepping that one side does not tell", passThrough { $0.stepping = nil }),
  RuleCase("cpu.passthrough", .blocker, "maximum is the host's CPU too") {
    passThrough { $0.stepping = 2 }(&$0)
    $0.domain.cpuMode = "maximum"
  },
  RuleCase("cpu.passthrough", .warning, "other microcode", passThrough { $0.microcode = "0xb000041" }),
  RuleCase("cpu.passthrough", .warning, "another kernel") {
    passThrough { _ in }(&$0)
    $0.destination.kernel = .known("6.12.1-amd64")
  },
  RuleCase("cpu.passthrough", .blocker, "migratable off") {
    passThrough { _ in }(&$0)
    $0.domain.cpuIsMigratable = false
  },
  RuleCase("cpu.passthrough", .unknown, "no CPU read") {
    $0.domain.cpuMode = "host-passthrough"
    $0.destination.cpu = .gap(gap)
  },
  RuleCase("cpu.passthrough", .unknown, "no kernel read") {
    $0.domain.cpuMode = "host-passthrough"
    $0.source.kernel = .gap(gap)
  },
]

private let nestedCases: [RuleCase] = [
  RuleCase("cpu.nested", .holds, "vmx and nested on", nested(true)),
  RuleCase("cpu.nested", .warning, "vmx and nested off", nested(false)),
  RuleCase("cpu.nested", .warning, "vmx and no module", nested(nil)),
  RuleCase("cpu.nested", .warning, "svm and nested off") { $0.domain.cpuFeatures = ["svm"] },
  RuleCase("cpu.nested", .warning, "host-passthrough from a host with nested on") {
    $0.domain.cpuMode = "host-passthrough"
    $0.source.nested = .known(true)
  },
  RuleCase("cpu.nested", .notApplicable, "host-passthrough from a host with nested off") {
    $0.domain.cpuMode = "host-passthrough"
  },
  RuleCase("cpu.nested", .notApplicable, "neither vmx nor svm") { $0.destination.nested = .gap(gap) },
  RuleCase("cpu.nested", .notApplicable, "emulated") {
    nested(false)(&$0)
    $0.domain.virtType = "qemu"
  },
  RuleCase("cpu.nested", .notApplicable, "offline") {
    nested(false)(&$0)
    $0.request.mode = .offline
  },
  RuleCase("cpu.nested", .unknown, "destination not read") {
    nested(true)(&$0)
    $0.destination.nested = .gap(gap)
  },
  RuleCase("cpu.nested", .unknown, "host-passthrough and the source not read") {
    $0.domain.cpuMode = "host-passthrough"
    $0.source.nested = .gap(gap)
  },
]

private let fixed = TimeStampCounter(frequency: 2_400_000_000, scales: false)

private let tscCases: [RuleCase] = [
  RuleCase("cpu.tsc", .holds, "the same frequency", tsc(2_400_000_000, there: fixed)),
  RuleCase("cpu.tsc", .holds, "250 ppm above", tsc(2_400_600_000, there: fixed)),
  RuleCase("cpu.tsc", .holds, "250 ppm below", tsc(2_399_400_000, there: fixed)),
  RuleCase("cpu.tsc", .blocker, "just above 250 ppm", tsc(2_400_600_001, there: fixed)),
  RuleCase("cpu.tsc", .blocker, "just below 250 ppm", tsc(2_399_399_999, there: fixed)),
  RuleCase(
    "cpu.tsc", .holds, "far off but scaling",
    tsc(1_000_000_000, there: TimeStampCounter(frequency: 2_400_000_000, scales: true))),
  RuleCase("cpu.tsc", .blocker, "the largest number there is", tsc(.max, there: fixed)),
  RuleCase("cpu.tsc", .blocker, "a frequency without invtsc") {
    tsc(1_000_000_000, there: fixed)(&$0)
    $0.domain.cpuFeatures = []
  },
  RuleCase("cpu.tsc", .blocker, "invtsc without a frequency", tsc(nil, there: fixed)),
  RuleCase("cpu.tsc", .unknown, "the capabilities do not describe it", tsc(2_400_000_000, there: nil)),
  RuleCase("cpu.tsc", .unknown, "not read") {
    tsc(2_400_000_000, there: nil)(&$0)
    $0.destination.tsc = .gap(gap)
  },
  RuleCase("cpu.tsc", .notApplicable, "neither invtsc nor a frequency") { $0.destination.tsc = .gap(gap) },
  RuleCase("cpu.tsc", .notApplicable, "emulated") {
    tsc(1, there: fixed)(&$0)
    $0.domain.virtType = "qemu"
  },
  RuleCase("cpu.tsc", .notApplicable, "offline") {
    tsc(1, there: fixed)(&$0)
    $0.request.mode = .offline
  },
]

private let hostFlagCases: [RuleCase] = [
  RuleCase("cpu.flags", .holds, "the same flags") { _ in },
  RuleCase("cpu.flags", .holds, "more flags there") {
    $0.destination.cpu = .known(cpu(["fpu", "avx2", "vmx", "amx"]))
  },
  RuleCase("cpu.flags", .blocker, "the hypervisor refuses the guest's CPU") {
    $0.cpuComparison = .known(CPUComparison(isCompatible: false, missing: ["avx2"]))
  },
  RuleCase("cpu.flags", .blocker, "another vendor") { $0.destination.cpu = .known(cpu(vendor: "AuthenticAMD")) },
  RuleCase("cpu.flags", .warning, "a flag less that the guest does not use") {
    $0.destination.cpu = .known(cpu(["fpu", "vmx"]))
  },
  RuleCase("cpu.flags", .blocker, "a flag less with host-passthrough") {
    $0.domain.cpuMode = "host-passthrough"
    $0.destination.cpu = .known(cpu(["fpu", "vmx"]))
  },
  RuleCase("cpu.flags", .unknown, "not compared") { $0.pair.cpuComparisons = [:] },
  RuleCase("cpu.flags", .unknown, "no flags read") { $0.destination.cpu = .gap(gap) },
  RuleCase("cpu.flags", .notApplicable, "shut off") { $0.domain.state = .shutOff },
]

let cpuCases: [RuleCase] = hostFlagCases + passthroughCases + nestedCases + tscCases
