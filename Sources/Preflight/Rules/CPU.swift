import MigrationModel

/// The destination has the machine type by its canonical name: an alias such as "q35" stands for another on each host.
let machineType = Rule("machine.type", .blocker, "the domain's canonical machine type among the destination's") {
  move in
  guard !move.domain.machine.isEmpty else { return .notApplicable("\(move.domain.name) names no machine type") }
  return move.onDestination("the list of emulators", \.emulators).answer { offered in
    guard let emulator = move.emulator(among: offered) else {
      return .notApplicable("the destination lacks the emulator (emulator.present)")
    }
    let canonical = emulator.machines.lazy.map { $0.canonical ?? $0.name }
    if canonical.contains(move.domain.machine) { return .holds }
    guard let alias = emulator.machines.first(where: { $0.name == move.domain.machine })?.canonical else {
      return Answer([noMachine(move, Set(canonical))])
    }
    return aliasMeansTheSame(move, there: alias)
  }
}

private func noMachine(_ move: Move, _ offered: Set<String>) -> Issue {
  let (family, there) = (move.domain.machine.prefix { $0 != "." }.prefix { !$0.isNumber }, move.destination.name)
  let near = offered.filter { $0.hasPrefix(family) }.sorted()
  return Issue(
    .blocker, move.domain.machine, source: "used by \(move.domain.name)",
    destination: near.isEmpty ? "absent" : near.list,
    "The QEMU of \(there) has no machine type \(move.domain.machine), which \(move.domain.name) needs.",
    remedy: [
      "Upgrade QEMU on \(there); what it has now: "
        + move.destination.virsh("domcapabilities --arch \(move.domain.arch) --virttype \(move.domain.virtType)"),
      "Or shut the guest down and give it a machine type of both hosts: "
        + move.source.virsh("edit --domain \(move.domain.name)"),
    ])
}

private func aliasMeansTheSame(_ move: Move, there: String) -> Answer {
  move.onSource("the list of emulators", \.emulators).answer { offered in
    let machines = move.emulator(among: offered)?.machines ?? []
    let here = machines.first { $0.name == move.domain.machine }?.canonical ?? move.domain.machine
    guard here != there else { return .holds }
    return Answer([
      Issue(
        .blocker, move.domain.machine, source: here, destination: there,
        "The machine type \(move.domain.machine) of \(move.domain.name) means \(here) on \(move.source.name) and"
          + " \(there) on \(move.destination.name).",
        remedy: [
          "Write \(here) into the definition: " + move.source.virsh("edit --domain \(move.domain.name)"),
          "Or make both hosts run the same QEMU.",
        ])
    ])
  }
}

/// The destination has the domain's emulator for its architecture and virtualisation type; kvm never becomes tcg.
let emulatorPresent = Rule("emulator.present", .blocker, "emulator path, architecture and virtualisation type") {
  move in
  move.onDestination("the list of emulators", \.emulators).answer { offered in
    guard move.emulator(among: offered) == nil else { return .holds }
    let (domain, there) = (move.domain, move.destination.name)
    let wanted = "\(domain.emulator ?? "an emulator") for \(domain.arch) with \(domain.virtType)"
    let forArch = offered.filter { $0.arch == domain.arch }
    let fitting = forArch.filter { $0.virtType == domain.virtType }
    return Answer([
      Issue(
        .blocker, domain.emulator ?? domain.arch, source: "\(domain.arch), \(domain.virtType)",
        destination: (fitting.isEmpty ? forArch : fitting).map { "\($0.path) (\($0.arch), \($0.virtType))" }.list,
        "\(there) does not offer \(wanted), which \(domain.name) needs.",
        remedy: emulatorRemedy(move, hasOtherType: fitting.isEmpty && !forArch.isEmpty, other: fitting.first))
    ])
  }
}

private func emulatorRemedy(_ move: Move, hasOtherType: Bool, other: Emulator?) -> [String] {
  let there = move.destination.name
  if let other {
    return [
      "Install the package that holds \(move.domain.emulator ?? "it") on \(there).",
      "Or pass a destination XML with <emulator>\(other.path)</emulator>: --xml FILE, and --persistent-xml FILE alike",
    ]
  }
  return hasOtherType && move.domain.virtType == "kvm"
    ? [
      "On \(there): ls -l /dev/kvm; virt-host-validate qemu    # load kvm_intel or kvm_amd, see the firmware"
    ]
    : ["Install QEMU for \(move.domain.arch) on \(there) and restart libvirtd, which reads the list when it starts."]
}

/// Nothing that the guest's CPU has shown it goes away: the hypervisor's comparison, and the hosts' flags and vendor.
///
/// The comparison (`virConnectCompareHypervisorCPU` of the live `<cpu>`) decides. A flag that only the host loses is a
/// warning, except for host-passthrough and maximum, where the guest sees all of them. An emulated guest (TCG) does not
/// see the host's CPU at all.
let cpuFlags = Rule("cpu.flags", .blocker, "the guest's CPU and the host flags against the destination's") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let compared = move.onDestination("the comparison of the guest's CPU", move.cpuComparison).answer { comparison in
    comparison.isCompatible ? .holds : Answer([incompatible(move, comparison)])
  }
  guard move.domain.virtType == "kvm" else { return compared }
  let hosts = move.onBoth("the CPU", \.cpu) { Answer(hostDifferences(move, $0, $1)) }
  return Answer(all: [compared, hosts], ifNone: "nothing was compared")
}

private func incompatible(_ move: Move, _ comparison: CPUComparison) -> Issue {
  let missing = comparison.missing.sorted()
  let lost = missing.isEmpty ? "features that \(move.domain.name) uses" : missing.list
  let words = comparison.message.isEmpty ? "" : " (\(comparison.message))"
  return Issue(
    .blocker, "CPU", source: move.domain.cpuMode ?? "default model",
    destination: missing.isEmpty ? "incompatible" : "lacks \(missing.list)",
    "The hypervisor of \(move.destination.name) cannot give \(move.domain.name) its CPU: it lacks \(lost)\(words).",
    remedy: cpuRemedy(move))
}

private func hostDifferences(_ move: Move, _ source: HostCPU, _ destination: HostCPU) -> [Issue] {
  guard source.vendor == destination.vendor else {
    return [
      Issue(
        .blocker, "CPU vendor", source: source.vendor, destination: destination.vendor,
        "\(move.source.name) has a CPU of \(source.vendor) and \(move.destination.name) one of \(destination.vendor):"
          + " no running guest moves between them safely.",
        remedy: [
          "Choose a destination with a \(source.vendor) CPU.", "Or shut the guest down and move it offline: --offline",
        ])
    ]
  }
  let known = move.cpuComparison?.value.map { Set($0.missing) } ?? []
  let lost = source.flags.subtracting(destination.flags).subtracting(known).sorted()
  return lost.isEmpty ? [] : [lostFlags(move, lost, source, destination)]
}

private func lostFlags(_ move: Move, _ lost: [String], _ source: HostCPU, _ destination: HostCPU) -> Issue {
  let seesAll = ["host-passthrough", "maximum"].contains(move.domain.cpuMode)
  let consequence =
    seesAll
    ? "and \(move.domain.name) sees all of the host's flags (\(move.domain.cpuMode ?? ""))"
    : move.cpuComparison?.value?.isCompatible == true
      ? "though the CPU model of \(move.domain.name) does not use \(lost.count == 1 ? "it" : "them")"
      : "and nothing says that \(move.domain.name) can do without"
  return Issue(
    seesAll ? .blocker : .warning, "CPU flags", source: source.model,
    destination: "\(destination.model), lacks \(lost.list)",
    "\(move.destination.name) lacks \(lost.list), which \(move.source.name) has, \(consequence).",
    remedy: seesAll
      ? cpuRemedy(move)
      : [
        "Compare the firmware settings and microcode of \(move.source.name) and \(move.destination.name)."
      ])
}

private func cpuRemedy(_ move: Move) -> [String] {
  [
    "Find a CPU that both hosts have: put the CPUs of \(move.source.virsh("domcapabilities")) and "
      + "\(move.destination.virsh("domcapabilities")) into one file and run virsh hypervisor-cpu-baseline FILE",
    "Write it into the definition and restart the guest: \(move.source.virsh("edit --domain \(move.domain.name)"))",
    "Or shut the guest down and move it offline: --offline",
  ]
}
