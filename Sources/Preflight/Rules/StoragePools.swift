import MigrationModel

/// Pools that hold the domain's disks: a `type='volume'` disk must resolve on the destination; for disks named by path
/// a missing pool only costs management.
let storagePool = Rule("storage.pool", .blocker, "pools of the domain's disks: defined, active, same type and target") {
  move in
  guard !move.domain.disks.isEmpty else { return .notApplicable("\(move.domain.name) has no disks") }
  return move.onBoth("the list of storage pools", \.pools) { source, destination in
    let pools = Pools(source: source, destination: destination)
    return Answer(
      all: pools.ofVolumes(move) + pools.ofPaths(move), ifNone: "no disk of \(move.domain.name) lies in a storage pool")
  }
}

private struct Pools {
  var source: [StoragePool]
  var destination: [StoragePool]

  /// One answer for each disk given as a volume.
  func ofVolumes(_ move: Move) -> [Answer] {
    move.domain.disks.compactMap { disk in
      guard case .volume(let pool, let volume) = disk.source else { return nil }
      let (here, there) = (source.first { $0.name == pool }, destination.first { $0.name == pool })
      guard let there, there.isActive else {
        return Answer([problem(.blocker, pool, here, there, "which disk \(disk.target) uses", move)])
      }
      let resolved = move.onDestination("the volume \(pool)/\(volume)", move.destination.volumes["\(pool)/\(volume)"])
      let volumeThere = resolved.answer { $0 == nil ? Answer([noVolume(pool, volume, disk, move)]) : .holds }
      return Answer(all: [volumeThere, Answer(difference(here, there, move))], ifNone: "\(disk.target) is in no pool")
    }
  }

  /// One answer for each active source pool in whose target a disk lies.
  func ofPaths(_ move: Move) -> [Answer] {
    let paths = move.domain.disks.compactMap(\.path)
    return source.filter { pool in pool.isActive && paths.contains { pool.holds($0) } }.map { here in
      let there = destination.first { $0.name == here.name }
      guard let there, there.isActive else {
        return Answer([problem(.warning, here.name, here, there, "in which disks of the guest lie", move)])
      }
      return Answer(difference(here, there, move))
    }
  }

  private func difference(_ here: StoragePool?, _ there: StoragePool, _ move: Move) -> [Issue] {
    guard let here, here.type != there.type || here.target != there.target else { return [] }
    return [
      Issue(
        .warning, here.name, source: here.text, destination: there.text,
        "The storage pool \(here.name) is \(here.text) on \(move.source.name) and \(there.text) on"
          + " \(move.destination.name).",
        remedy: ["Define it alike: " + move.source.virsh("pool-dumpxml --pool \(here.name)")])
    ]
  }

  private func problem(
    _ severity: Severity, _ name: String, _ here: StoragePool?, _ there: StoragePool?, _ use: String, _ move: Move
  ) -> Issue {
    let start = move.destination.virsh("pool-start --pool \(name)")
    let define =
      "\(move.source.virsh("pool-dumpxml --pool \(name)")) > pool.xml; "
      + "\(move.destination.virsh("pool-define --file pool.xml"))"
    return Issue(
      severity, name, source: here?.text ?? "absent", destination: there?.text ?? "absent",
      "The storage pool \(name), \(use), is \(there == nil ? "not defined" : "not active") on"
        + " \(move.destination.name).",
      remedy: there == nil ? [define, start] : [start])
  }

  private func noVolume(_ pool: String, _ volume: String, _ disk: Disk, _ move: Move) -> Issue {
    Issue(
      .blocker, "\(pool)/\(volume)", source: "used by \(disk.target)", destination: "absent",
      "The storage pool \(pool) of \(move.destination.name) has no volume \(volume), which disk \(disk.target) uses.",
      remedy: [
        "Look again, the pool may be stale: " + move.destination.virsh("pool-refresh --pool \(pool)"),
        move.destination.virsh("vol-list --pool \(pool)"),
      ])
  }
}

extension StoragePool {
  fileprivate var text: String { "\(type)\(target.map { " at \($0)" } ?? ""), \(isActive ? "active" : "inactive")" }

  fileprivate func holds(_ path: String) -> Bool {
    guard let target, !target.isEmpty else { return false }
    return path.hasPrefix(target.hasSuffix("/") ? target : target + "/")
  }
}
