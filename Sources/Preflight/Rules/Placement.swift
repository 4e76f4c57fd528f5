import MigrationModel

/// Every CPU and NUMA node that a part of the guest is bound to is online on the destination.
///
/// The kernel refuses a cpuset with others, so QEMU does not start (`virCgroupSetCpusetCpus`,
/// `virNumaSetupMemoryPolicy`).
let numaPlacement = Rule("numa.placement", .blocker, "CPUs and NUMA nodes that the guest is bound to are online") {
  move in
  let bindings = move.domain.placements
  let cpus = online(move, bindings.filter { $0.kind == .cpus }, "the CPUs that are online", \.cpusOnline)
  let nodes = online(move, bindings.filter { $0.kind == .nodes }, "the NUMA nodes that are online", \.numaNodes)
  return Answer(all: [cpus, nodes], ifNone: "\(move.domain.name) is bound to no CPU or NUMA node")
}

private func online(
  _ move: Move, _ bindings: [Placement], _ thing: String, _ fact: (HostFacts) -> Fact<[Int]>
) -> Answer {
  guard !bindings.isEmpty else { return .notApplicable("nothing is bound") }
  return move.onDestination(thing, fact).answer { there in
    let known = Set(there)
    return Answer(
      bindings.compactMap { binding in
        let lost = binding.ids.filter { !known.contains($0) }
        return lost.isEmpty ? nil : offline(move, binding, lost: lost, there)
      })
  }
}

private func offline(_ move: Move, _ binding: Placement, lost: [Int], _ there: [Int]) -> Issue {
  let thing = binding.kind == .cpus ? "CPU" : "NUMA node"
  let directory = binding.kind == .cpus ? "cpu" : "node"
  return Issue(
    .blocker, binding.element, source: ranges(binding.ids), destination: "online: \(ranges(there))",
    "\(move.domain.name) binds \(binding.element) to \(thing) \(ranges(binding.ids)), and \(move.destination.name) has"
      + " no \(thing) \(ranges(lost)) online: its QEMU would not start.",
    remedy: [
      "See what is there: cat /sys/devices/system/\(directory)/online",
      "Have a destination XML written that binds to what is there: --emit-xml FILE; pass it with --xml FILE"
        + " --persistent-xml FILE",
      "Or bind \(binding.element) to what both hosts have, here first: "
        + move.source.virsh("edit --domain \(move.domain.name)"),
    ])
}

/// Ascending ids as cpuset text: "0-3,8"; "none" without any.
private func ranges(_ ids: [Int]) -> String {
  var parts: [ClosedRange<Int>] = []
  for id in ids {
    if let last = parts.last, last.upperBound < Int.max, id == last.upperBound + 1 {
      parts[parts.count - 1] = last.lowerBound...id
    } else {
      parts.append(id...id)
    }
  }
  let texts = parts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
  return texts.isEmpty ? "none" : texts.joined(separator: ",")
}

/// The guest's most vCPUs are no more than the destination's machine type takes (`virQEMUCapsGetMachineMaxCpus`).
let vcpuMax = Rule("vcpu.max", .blocker, "vCPUs against the machine type's maximum on the destination") { move in
  guard !move.domain.machine.isEmpty else { return .notApplicable("\(move.domain.name) names no machine type") }
  return move.onDestination("the list of emulators", \.emulators).answer { offered in
    guard let emulator = move.emulator(among: offered) else {
      return .notApplicable("the destination lacks the emulator (emulator.present)")
    }
    let name = move.domain.machine
    let machines = emulator.machines
    guard let machine = machines.first(where: { $0.name == name }) ?? machines.first(where: { $0.canonical == name })
    else { return .notApplicable("the destination lacks the machine type (machine.type)") }
    guard let most = machine.maxVCPUs else { return Answer([unknownMaximum(move)]) }
    return move.domain.maxVCPUs <= most ? .holds : Answer([tooManyVCPUs(move, most)])
  }
}

private func tooManyVCPUs(_ move: Move, _ most: Int) -> Issue {
  let (name, machine) = (move.domain.name, move.domain.machine)
  return Issue(
    .blocker, "vCPUs", source: "\(move.domain.maxVCPUs)", destination: "at most \(most)",
    "\(name) may have \(move.domain.maxVCPUs) vCPUs, and \(machine) on \(move.destination.name) takes \(most): libvirt"
      + " refuses to start it.",
    remedy: [
      "Upgrade QEMU on \(move.destination.name): "
        + move.destination.virsh("domcapabilities --arch \(move.domain.arch) --machine \(machine)"),
      "Or shut the guest down and give it fewer: "
        + move.source.virsh("setvcpus --domain \(name) --config --maximum --count \("\(most)")"),
    ])
}

private func unknownMaximum(_ move: Move) -> Issue {
  Issue(
    .unknown, "vCPUs", source: "\(move.domain.maxVCPUs)", destination: "not told",
    "The capabilities of \(move.destination.name) do not say how many vCPUs \(move.domain.machine) takes.",
    remedy: [
      "See <vcpu max=> there: "
        + move.destination.virsh("domcapabilities --arch \(move.domain.arch) --machine \(move.domain.machine)")
    ])
}
