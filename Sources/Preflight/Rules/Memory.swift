import MigrationModel

/// The guest and its QEMU fit into what the destination can hand out; libvirt does not look, the kernel kills later.
///
/// Compared with `MemAvailable` of /proc/meminfo less the policy's reserve; huge pages are memory.hugepages'.
let memoryFree = Rule("memory.free", .blocker, "guest memory and QEMU's own against MemAvailable") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  return move.onDestination("free memory", \.memory).answer { memory in
    let overhead = memoryOverhead(of: move.domain)
    let reserve = move.policy.memoryReserve
    guard memoryNeeded(by: move.domain) + reserve > memory.available else { return .holds }
    let kept = reserve.rawValue > 0 ? "; \(reserve) are spoken for" : ""
    return Answer([
      Issue(
        .blocker, "memory", source: "\(move.domain.ordinaryMemory) + \(overhead)",
        destination: "\(memory.available) of \(memory.total) available",
        "\(move.destination.name) has \(memory.available) of memory available; \(move.domain.name) needs"
          + " \(move.domain.ordinaryMemory), about \(overhead) for QEMU\(kept).",
        remedy: [
          "See who holds it: \(move.destination.virsh("domstats --balloon --list-running"))",
          "Move or shut down another guest on \(move.destination.name), or choose another destination.",
        ])
    ])
  }
}

/// What a guest takes from its host's ordinary memory while it runs: its own without huge pages, and QEMU's.
public func memoryNeeded(by domain: DomainFacts) -> ByteCount { domain.ordinaryMemory + memoryOverhead(of: domain) }

/// What QEMU needs besides the guest's memory: memory / 512 + 8 MiB × vCPUs + 88 MiB.
///
/// Page tables take 8 bytes for each 4 KiB page; each vCPU and the I/O thread have 8 MiB; 64 MiB are code and heap of
/// QEMU, 16 MiB video memory. An estimate, from the model that KubeVirt sizes its pods with (`GetMemoryOverhead`).
func memoryOverhead(of domain: DomainFacts) -> ByteCount {
  let vcpus = UInt64(clamping: min(domain.vcpus, 1 << 20))
  return .bytes(domain.memory.rawValue / 512) + .mebibytes(8 * vcpus) + .mebibytes(88)
}
