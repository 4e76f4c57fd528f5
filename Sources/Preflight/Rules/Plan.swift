import MigrationModel

/// After the move the destination is not overloaded, and keeps memory for the guests of a host that fails.
///
/// The five-minute load average and MemAvailable of /proc, against the limits of the policy.
let planHeadroom = Rule("plan.headroom", .warning, "load and free memory of the destination after the move") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let load = move.onDestination("the load", \.load).answer(
    with: move.onDestination("the CPUs that are online", \.cpusOnline)
  ) { load, cpus in Answer(overload(move, load, cpus: cpus.count)) }
  let memory = move.onDestination("free memory", \.memory).answer { Answer(smallReserve(move, $0)) }
  return Answer(load.issues + memory.issues)
}

private func overload(_ move: Move, _ load: Double, cpus: Int) -> [Issue] {
  let limit = move.policy.loadPerCPU * Double(cpus)
  guard load >= limit else { return [] }
  return [
    Issue(
      .warning, "load", source: "\(move.domain.vcpus) vCPUs come", destination: "\(load) on \(cpus) CPUs",
      "\(move.destination.name) has a load of \(load) on \(cpus) CPUs before \(move.domain.name) comes, and"
        + " \(move.policy.loadPerCPU) for each CPU is the limit: all guests there would be slow.",
      remedy: [
        "See who is busy: " + move.destination.virsh("domstats --cpu-total --list-running"),
        "Choose another destination, or move another guest away first.",
      ])
  ]
}

private func smallReserve(_ move: Move, _ memory: HostMemory) -> [Issue] {
  let needed = memoryNeeded(by: move.domain) + move.policy.memoryReserve
  // What does not fit at all is memory.free's.
  guard needed <= memory.available else { return [] }
  let left = ByteCount.bytes(memory.available.rawValue - needed.rawValue)
  let wanted = move.policy.failoverShare * Double(memory.total.rawValue)
  guard Double(left.rawValue) < wanted else { return [] }
  return [
    Issue(
      .warning, "memory reserve", source: "\(move.domain.name) takes \(memoryNeeded(by: move.domain))",
      destination: "\(left) of \(memory.total) left",
      "\(move.destination.name) would have \(left) of memory left after the move, less than the"
        + " \(percent(move.policy.failoverShare)) of \(memory.total) that are kept for guests of a host that fails.",
      remedy: [
        "See who holds it: " + move.destination.virsh("domstats --balloon --list-running"),
        "Choose another destination, or move another guest away first.",
      ])
  ]
}

/// A share as percent, with one decimal where it is not whole: "5%".
private func percent(_ share: Double) -> String {
  let text = "\((share * 1000).rounded() / 10)"
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)%"
}
