import MigrationModel

extension DomainFacts {
  /// The guest is shown the host's own CPU, not a model of libvirt's.
  fileprivate var seesHostCPU: Bool { ["host-passthrough", "maximum"].contains(cpuMode) }
}

extension Move {
  /// Why a rule about hardware that a running guest sees does not apply; nil when it does.
  fileprivate var noKVM: String? {
    nothingRuns ?? (domain.virtType == "kvm" ? nil : "\(domain.name) is emulated and does not see the host's CPU")
  }

  fileprivate var noHostCPU: String? {
    noKVM ?? (domain.seesHostCPU ? nil : "\(domain.name) is shown a CPU model, not the host's CPU")
  }
}

/// A guest that is shown the host's own CPU finds the same one: vendor, model, family and stepping.
///
/// libvirt compares none of it (docs/formatdomain, "host-passthrough"); an erratum or a feature that only one of them
/// has is the guest's to find out. Microcode and kernel decide on features too, so a difference is a warning.
let cpuPassthrough = Rule(
  "cpu.passthrough", .blocker, "with host-passthrough: CPU model, stepping, microcode and kernel; migratable features"
) { move in
  if let reason = move.noHostCPU { return .notApplicable(reason) }
  let processors = move.onBoth("the CPU", \.cpu) { source, destination in
    Answer(otherProcessor(move, source, destination) + otherMicrocode(move, source, destination))
  }
  let kernels = move.onBoth("the kernel's release", \.kernel) { source, destination in
    Answer(source == destination ? [] : [otherKernel(move, source, destination)])
  }
  return Answer(unmigratable(move) + processors.issues + kernels.issues.map { $0.atWorst(.warning) })
}

/// `migratable='off'` shows the guest features that cannot move, invtsc first of all (QEMU target/i386/cpu.c,
/// unmigratable_flags).
private func unmigratable(_ move: Move) -> [Issue] {
  guard move.domain.cpuIsMigratable == false else { return [] }
  let mode = move.domain.cpuMode ?? ""
  return [
    Issue(
      .blocker, "migratable", source: "off", destination: "must be on",
      "The CPU of \(move.domain.name) is \(mode) with migratable='off': QEMU on \(move.source.name) shows it features"
        + " that cannot move, such as invtsc.",
      remedy: [
        "Write <cpu mode='\(mode)' migratable='on'/> and restart the guest: "
          + move.source.virsh("edit --domain \(move.domain.name)"),
        "Or shut the guest down and move it offline: --offline",
      ])
  ]
}

private func otherProcessor(_ move: Move, _ source: HostCPU, _ destination: HostCPU) -> [Issue] {
  guard source.identity != destination.identity else { return [] }
  return [
    Issue(
      .blocker, "CPU", source: source.identity, destination: destination.identity,
      "\(move.domain.name) is shown the CPU of \(move.source.name) as it is (\(move.domain.cpuMode ?? "")), and"
        + " \(move.destination.name) has another one: libvirt does not compare them, and the guest may crash there.",
      remedy: [
        "Choose a destination with the same CPU: grep -m4 -E 'family|model|stepping' /proc/cpuinfo",
        "Or give the guest a CPU model that both hosts have and restart it: "
          + move.source.virsh("edit --domain \(move.domain.name)"),
        "Or shut the guest down and move it offline: --offline",
      ])
  ]
}

private func otherMicrocode(_ move: Move, _ source: HostCPU, _ destination: HostCPU) -> [Issue] {
  guard source.microcode != destination.microcode else { return [] }
  return [
    Issue(
      .warning, "microcode", source: source.microcode ?? "not told", destination: destination.microcode ?? "not told",
      "\(move.source.name) and \(move.destination.name) run different microcode, which can add or take away features"
        + " that \(move.domain.name) sees.",
      remedy: [
        "Update the microcode of the older host and restart it, then compare: grep -m1 microcode /proc/cpuinfo"
      ])
  ]
}

private func otherKernel(_ move: Move, _ source: String, _ destination: String) -> Issue {
  Issue(
    .warning, "kernel", source: source, destination: destination,
    "\(move.source.name) runs kernel \(source) and \(move.destination.name) \(destination): KVM of each decides which"
      + " features of the CPU \(move.domain.name) sees.",
    remedy: ["Run the same kernel on both hosts: uname -r"])
}

extension HostCPU {
  /// "GenuineIntel Xeon, family 6, model 79, stepping 1": what must be the same for a passed-through CPU.
  fileprivate var identity: String {
    let numbers = [("family", family), ("model", modelNumber), ("stepping", stepping)]
    return (["\(vendor) \(model)"] + numbers.compactMap { name, number in number.map { "\(name) \($0)" } })
      .joined(separator: ", ")
  }
}

extension Issue {
  /// This issue as an unknown that can be no worse than `severity`; unchanged when it is no unknown.
  func atWorst(_ severity: Severity) -> Issue {
    var issue = self
    if issue.severity == .unknown { issue.worst = severity }
    return issue
  }
}

/// A guest that runs guests of its own still can on the destination: kvm_intel or kvm_amd with `nested`.
///
/// The parameter of the module is all that libvirt and QEMU cannot set; without it vmx or svm do not work there.
let cpuNested = Rule("cpu.nested", .warning, "nested virtualisation that the guest sees is on at the destination") {
  move in
  if let reason = move.noKVM { return .notApplicable(reason) }
  let named = move.domain.cpuFeatures.intersection(["vmx", "svm"]).sorted()
  if !named.isEmpty { return nestedThere(move, named.list) }
  guard move.domain.seesHostCPU else { return .notApplicable("\(move.domain.name) sees neither vmx nor svm") }
  return move.onSource("nested virtualisation", \.nested).answer { isOn in
    isOn == true
      ? nestedThere(move, "the host's CPU with nested virtualisation")
      : .notApplicable("\(move.source.name) does not offer nested virtualisation")
  }
}

private func nestedThere(_ move: Move, _ seen: String) -> Answer {
  move.onDestination("nested virtualisation", \.nested).answer { isOn in
    if isOn == true { return .holds }
    return Answer([
      Issue(
        .warning, "nested virtualisation", source: "\(seen) in \(move.domain.name)",
        destination: isOn == nil ? "no KVM module" : "off",
        "\(move.domain.name) sees \(seen), but \(move.destination.name) "
          + (isOn == nil ? "has neither kvm_intel nor kvm_amd loaded" : "has nested virtualisation off")
          + ": guests inside it cannot run there.",
        remedy: [
          "On \(move.destination.name), with no guest running: modprobe -r kvm_intel && modprobe kvm_intel nested=1"
            + "    # or kvm_amd",
          "Keep it: echo 'options kvm_intel nested=1' > /etc/modprobe.d/kvm-nested.conf    # or kvm_amd",
        ])
    ])
  }
}

/// A TSC that the guest relies on keeps its frequency.
///
/// QEMU refuses to move invtsc unless the frequency is fixed (`kvm_arch_init_vcpu`). A fixed frequency must be within
/// 250 ppm of the destination's, or its hardware scales (`qemuProcessStartValidateTSC`).
let cpuTSC = Rule("cpu.tsc", .blocker, "a TSC that the guest relies on keeps its frequency") { move in
  if let reason = move.noKVM { return .notApplicable(reason) }
  if let frequency = move.domain.tscFrequency { return keepsFrequency(move, frequency) }
  return move.domain.cpuFeatures.contains("invtsc")
    ? Answer([invariantWithoutFrequency(move)])
    : .notApplicable("\(move.domain.name) neither has invtsc nor a TSC frequency of its own")
}

private func invariantWithoutFrequency(_ move: Move) -> Issue {
  let frequency = (move.source.tsc.value ?? nil).map { "\($0.frequency)" } ?? "HZ"
  return Issue(
    .blocker, "invtsc", source: "without a frequency", destination: "needs <timer name='tsc' frequency=>",
    "The CPU of \(move.domain.name) has invtsc and its definition fixes no TSC frequency, so QEMU on"
      + " \(move.source.name) refuses to move it.",
    remedy: [
      "Write <timer name='tsc' frequency='\(frequency)'/> into <clock>, or take invtsc out of <cpu>, and restart the"
        + " guest: \(move.source.virsh("edit --domain \(move.domain.name)"))",
      "The frequency of a host: virsh capabilities | grep \"name='tsc'\"",
      "Or shut the guest down and move it offline: --offline",
    ])
}

private func keepsFrequency(_ move: Move, _ wanted: UInt64) -> Answer {
  move.onDestination("the TSC", \.tsc).answer { counter in
    guard let counter else { return Answer([noCounter(move, wanted)]) }
    let off = max(wanted, counter.frequency) - min(wanted, counter.frequency)
    // 250 ppm is a 4000th.
    if off <= counter.frequency / 4000 || counter.scales { return .holds }
    return Answer([
      Issue(
        .blocker, "TSC frequency", source: "\(wanted) Hz", destination: "\(counter.frequency) Hz, does not scale",
        "The TSC of \(move.domain.name) runs at \(wanted) Hz and that of \(move.destination.name) at"
          + " \(counter.frequency) Hz, which is not within 250 ppm and cannot be scaled: libvirt refuses to start it.",
        remedy: [
          "Choose a destination whose TSC runs at \(wanted) Hz or scales: virsh capabilities | grep \"name='tsc'\"",
          "Or shut the guest down, change <timer name='tsc' frequency=>, and move it offline: "
            + move.source.virsh("edit --domain \(move.domain.name)"),
        ])
    ])
  }
}

private func noCounter(_ move: Move, _ wanted: UInt64) -> Issue {
  Issue(
    .unknown, "TSC frequency", source: "\(wanted) Hz", destination: "not in the capabilities",
    "libvirt on \(move.destination.name) does not know the frequency of its TSC: whether QEMU can give"
      + " \(move.domain.name) its \(wanted) Hz shows only when it starts.",
    remedy: [
      "On \(move.destination.name): virsh capabilities | grep \"name='tsc'\"; dmesg | grep -i 'tsc:'",
      "libvirt reads it when it starts, through /dev/kvm: ls -l /dev/kvm; restart libvirtd or virtqemud",
    ])
}
