import MigrationModel

/// A part of the guest's memory that is made of pages of one size.
struct MemoryPart {
  var bytes: ByteCount
  /// Of one huge page; nil for the host's standard huge page.
  var pageSize: ByteCount?
  /// NUMA nodes of the host that it is bound to; nil when it may come from any.
  var hostNodes: [Int]?
}

extension DomainFacts {
  /// The memory that is made of huge pages, by guest NUMA node where there are any (`<hugepages><page nodeset=>`).
  var hugeParts: [MemoryPart] {
    guard let first = hugePages.first else { return [] }
    let general = hugePages.first { $0.guestNodes.isEmpty }
    let bound = placements.first { $0.kind == .nodes && $0.element == "numatune memory" }?.ids
    guard !numaCells.isEmpty else {
      return [MemoryPart(bytes: memory, pageSize: (general ?? first).size, hostNodes: bound)]
    }
    return numaCells.sorted { $0.key < $1.key }.compactMap { id, bytes in
      guard let use = hugePages.first(where: { $0.guestNodes.contains(id) }) ?? general else { return nil }
      let own = placements.first { $0.kind == .nodes && $0.element == "memnode \(id)" }?.ids
      return MemoryPart(bytes: bytes, pageSize: use.size, hostNodes: own ?? bound)
    }
  }

  /// The memory that is made of ordinary pages, which the host hands out of MemAvailable.
  var ordinaryMemory: ByteCount {
    if hugePages.isEmpty { return memory }
    let huge = hugeParts.reduce(ByteCount.bytes(0)) { $0 + $1.bytes }
    return .bytes(memory > huge ? memory.rawValue - huge.rawValue : 0)
  }
}

/// As many huge pages of each size are free as the guest needs, on the nodes that it is bound to.
///
/// QEMU takes them all when it starts; libvirt needs a hugetlbfs of that size unless the memory is a memfd
/// (`qemuBuildMemoryBackendProps`).
let memoryHugePages = Rule("memory.hugepages", .blocker, "free huge pages of the guest's sizes, by NUMA node") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let parts = move.domain.hugeParts
  guard !parts.isEmpty else { return .notApplicable("\(move.domain.name) uses no huge pages") }
  return move.onDestination("the sizes of huge pages", \.hugePageSizes).answer(
    with: move.onDestination("the pools of huge pages", \.hugePages)
  ) { sizes, pools in
    let sized = parts.map { (part: $0, size: $0.pageSize ?? sizes.standard) }
    let wanted = Set(sized.map(\.size)).sorted()
    return Answer(
      wanted.flatMap { size in
        let own = sized.filter { $0.size == size }.map(\.part)
        let needsMount = move.domain.memorySource != "memfd" && !sizes.mounted.contains(size)
        let mount = !needsMount ? [] : [notMounted(size, sizes.mounted, move)]
        return mount + lackOfPages(own, size, pools.filter { $0.size == size }, move)
      })
  }
}

private func notMounted(_ size: ByteCount, _ mounted: [ByteCount], _ move: Move) -> Issue {
  Issue(
    .blocker, "hugetlbfs \(size)", source: "used by \(move.domain.name)",
    destination: mounted.isEmpty ? "no hugetlbfs" : mounted.sorted().map(\.description).list,
    "\(move.destination.name) has no hugetlbfs mounted for pages of \(size), which \(move.domain.name) is made of:"
      + " libvirt refuses to start it.",
    remedy: [
      "On \(move.destination.name): mkdir -p /dev/hugepages-\(size.rawValue) && mount -t hugetlbfs"
        + " -o pagesize=\(size.rawValue) hugetlbfs /dev/hugepages-\(size.rawValue)",
      "Then restart libvirtd or virtqemud, which looks for them when it starts.",
    ])
}

/// Each set of nodes by itself; then all of a size together, unless a part of it is short already.
private func lackOfPages(_ parts: [MemoryPart], _ size: ByteCount, _ pools: [HugePagePool], _ move: Move) -> [Issue] {
  let bound = Dictionary(grouping: parts.filter { $0.hostNodes != nil }) { $0.hostNodes ?? [] }
  let short = bound.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap { nodes, parts in
    shortage(parts, size, pools.filter { nodes.contains($0.node) }, on: "NUMA node \(ids(nodes)) of ", move)
  }
  if !short.isEmpty { return short }
  return [shortage(parts, size, pools, on: "", move)].compactMap { $0 }
}

private func shortage(
  _ parts: [MemoryPart], _ size: ByteCount, _ pools: [HugePagePool], on nodes: String, _ move: Move
) -> Issue? {
  let needed = parts.reduce(UInt64(0)) { $0.addingSaturating(pages($1.bytes, of: size)) }
  let free = pools.reduce(UInt64(0)) { $0.addingSaturating(UInt64(clamping: $1.free)) }
  guard needed > free else { return nil }
  let total = pools.reduce(UInt64(0)) { $0.addingSaturating(UInt64(clamping: $1.total)) }
  let kibibytes = size.rawValue / 1024
  let wanted = total.addingSaturating(needed - free)
  return Issue(
    .blocker, "huge pages of \(size)", source: "\(needed) needed", destination: "\(free) free of \(total)",
    "\(nodes)\(move.destination.name) has \(free) free huge pages of \(size), and \(move.domain.name) needs \(needed):"
      + " QEMU would not start.",
    remedy: grow(pools, kibibytes, by: needed - free, toTotal: wanted, move))
}

private func grow(
  _ pools: [HugePagePool], _ kibibytes: UInt64, by missing: UInt64, toTotal wanted: UInt64, _ move: Move
) -> [String] {
  let file = "hugepages/hugepages-\(kibibytes)kB/nr_hugepages"
  let path =
    pools.count == 1
    ? "/sys/devices/system/node/node\(pools[0].node)/\(file)" : "/sys/kernel/mm/\(file)"
  return [
    "On \(move.destination.name), as root: echo \(wanted) > \(path)",
    "The kernel gives fewer where memory is fragmented; look again: cat \(path)",
    "Or move another guest with huge pages away: \(missing) more must become free.",
  ]
}

/// Pages that hold a number of bytes; a size of 0 holds nothing.
private func pages(_ bytes: ByteCount, of size: ByteCount) -> UInt64 {
  guard size.rawValue > 0 else { return .max }
  let (whole, rest) = bytes.rawValue.quotientAndRemainder(dividingBy: size.rawValue)
  return rest == 0 ? whole : whole.addingSaturating(1)
}

private func ids(_ nodes: [Int]) -> String { nodes.map(String.init).joined(separator: ",") }

extension UInt64 {
  /// The sum, or the largest number there is when it does not fit.
  fileprivate func addingSaturating(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

/// Each QEMU may lock as much memory as the move or the guest needs; QEMU inherits the limit of its daemon.
///
/// libvirt raises it where the daemon may (CAP_SYS_RESOURCE, `virProcessSetMaxMemLock`): with zerocopy on the source to
/// the hard limit, else the guest's memory (`qemuMigrationSrcRun`); with RDMA on both to the hard limit, without which
/// it refuses (`qemuMigrationSrcPerformNative`); for locked memory on the destination to the hard limit, else to all
/// (`qemuDomainGetMemLockLimitBytes`).
let memoryLocked = Rule("memory.locked", .blocker, "the daemons may lock as much memory as the move needs") { move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let isRDMA = move.request.migrateURI?.lowercased().hasPrefix("rdma:") == true
  let limit = move.domain.memoryHardLimit
  var answers: [Answer] = []
  if isRDMA, let limit {
    answers.append(mayLock(move, .source, limit, "the RDMA transfer"))
    answers.append(mayLock(move, .destination, limit, "the RDMA transfer"))
  } else if isRDMA {
    answers.append(Answer([noHardLimit(move)]))
  }
  if move.request.zerocopy {
    answers.append(mayLock(move, .source, limit ?? move.domain.memory, "--zerocopy"))
  }
  if move.domain.locksMemory {
    answers.append(mayLock(move, .destination, limit, "its locked memory"))
  }
  return Answer(all: answers, ifNone: "neither \(move.domain.name) nor the move locks memory")
}

/// Whether a daemon's QEMU can lock `needed`, nil being all that it asks for.
private func mayLock(_ move: Move, _ side: Reading<DaemonLimits>.Side, _ needed: ByteCount?, _ use: String) -> Answer {
  let thing = "the daemon's limit of locked memory"
  let reading =
    side == .source ? move.onSource(thing, \.daemonLimits) : move.onDestination(thing, \.daemonLimits)
  return reading.answer { limits in
    guard let most = limits.lockedMemory, !limits.canRaise else { return .holds }
    if let needed, needed <= most { return .holds }
    return Answer([cannotLock(move, reading.host, side, needed, most, use)])
  }
}

private func cannotLock(
  _ move: Move, _ host: String, _ side: Reading<DaemonLimits>.Side, _ needed: ByteCount?, _ most: ByteCount,
  _ use: String
) -> Issue {
  let wanted = needed.map { "\($0)" } ?? "all its memory"
  let (limit, need) = ("\(most) at most", "needs \(wanted)")
  return Issue(
    .blocker, "locked memory", source: side == .source ? limit : need, destination: side == .source ? need : limit,
    "\(move.domain.name) needs \(wanted) locked on \(host) for \(use), and the daemon"
      + " there may lock \(most) and cannot raise that.",
    remedy: [
      "On \(host), for libvirtd or virtqemud: systemctl edit libvirtd    # [Service] LimitMEMLOCK="
        + (needed.map { "\($0.rawValue)" } ?? "infinity"),
      "Then restart it: systemctl restart libvirtd"
        + (side == .source ? "; a guest that runs already keeps its limit until it is restarted" : ""),
      "Or let the daemon hold CAP_SYS_RESOURCE, as root outside of a container has it.",
    ])
}

private func noHardLimit(_ move: Move) -> Issue {
  let kibibytes = "\((move.domain.memory + memoryOverhead(of: move.domain)).rawValue / 1024)"
  return Issue(
    .blocker, "hard_limit", source: "not set", destination: "needed for RDMA",
    "\(move.domain.name) has no memory hard limit, without which libvirt on \(move.source.name) starts no transfer over"
      + " RDMA.",
    remedy: [
      "Set it to the guest's memory and what QEMU takes: "
        + move.source.virsh("memtune --domain \(move.domain.name) --live --config --hard-limit \(kibibytes)"),
      "Or leave RDMA: pass a tcp: address with --migrateuri, or none.",
    ])
}
