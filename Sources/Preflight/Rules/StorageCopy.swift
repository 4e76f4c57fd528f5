import MigrationModel

/// Each disk that is copied has a target that fits, or that can be made, and there is room for all of them.
///
/// A missing image is made by the engine, in a directory or an active pool that is there (`MigrationRequest.need`). QEMU
/// copies only onto a target of exactly the disk's size (block/mirror.c), and a full target ends the copy. A target that
/// is the disk itself, on storage of both hosts, is none. What an incremental copy stands on is storage.present's.
let storageCopySpace = Rule("storage.copy-space", .blocker, "copied disks have targets of their size, and room") {
  move in
  if let reason = move.nothingRuns { return .notApplicable(reason) }
  let copied = move.domain.disks.filter(move.isCopied)
  guard !copied.isEmpty else { return .notApplicable("no disk is copied") }
  return move.onSource("the sizes of the disks", move.domain.diskSizes).answer { sizes in
    move.onDestination("the list of storage pools", \.pools).answer { pools in
      let plans = copied.map { disk in DiskCopy(disk: disk, size: sizes[disk.target], pools: pools, move: move).plan() }
      return Answer(plans.flatMap(\.issues) + lackOfRoom(plans.flatMap(\.demands), move))
    }
  }
}

/// What the copy of one disk needs.
struct CopyPlan {
  var issues: [Issue] = []
  var demands: [Demand] = []
}

/// Bytes that a copy takes in a directory, or in a pool that has none.
struct Demand {
  enum Place: Hashable {
    case directory(String)
    case pool(String)
  }
  var place: Place
  var disk: String
  var bytes: ByteCount
  /// The target takes them for sure; else it may have them already.
  var isCertain: Bool
}

struct DiskCopy {
  var disk: Disk
  var size: DiskSize?
  var pools: [StoragePool]
  var move: Move

  var format: String { disk.format ?? "raw" }
  var there: String { move.destination.name }

  func plan() -> CopyPlan {
    known(move.onSource("the size of disk \(disk.target)", size.map { .known($0) })) { size in
      switch disk.source {
      case .file(let path), .block(let path), .directory(let path): onto(path, size)
      case .volume(let pool, let volume): onto(pool: pool, volume: volume, size)
      case .network(let kind, let name): CopyPlan(issues: [unseen("\(kind) \(name)", size)])
      case .other(let kind): CopyPlan(issues: [unseen(kind, size)])
      case .none: CopyPlan()
      }
    }
  }

  private func onto(_ path: String, _ size: DiskSize) -> CopyPlan {
    known(move.onDestination(path, move.destination.files[path])) { found in
      if let found { return itself(found, path, size) ?? onto(found, at: path, size) }
      let folder = directory(of: path)
      if let pool = pools.first(where: { !$0.isActive && ($0.target == folder || $0.target == folder + "/") }) {
        return noTarget(
          path, size, "\(folder) belongs to storage pool \(pool.name), which is not active",
          remedy: [move.destination.virsh("pool-start --pool \(pool.name)")])
      }
      return made(path, size) {
        known(move.onDestination(folder, move.destination.files[folder])) { found in
          guard found?.kind != "directory" else { return newImage(in: .directory(folder), size) }
          return noTarget(
            path, size, "there is no directory \(folder)", remedy: ["On \(there): mkdir -p \(folder.shellQuoted)"])
        }
      }
    }
  }

  private func onto(pool name: String, volume: String, _ size: DiskSize) -> CopyPlan {
    let key = "\(name)/\(volume)"
    if move.request.copyStorage == .incremental { return CopyPlan(issues: [notIncremental(key, size)]) }
    return known(move.onDestination("the volume \(key)", move.destination.volumes[key])) { resolved in
      if let path = resolved { return onto(path, size) }
      guard let pool = pools.first(where: { $0.name == name && $0.isActive }) else {
        return CopyPlan(issues: [noVolume(name, volume, size)])
      }
      return made(key, size) {
        guard let directory = pool.target, pool.holdsFiles else {
          return CopyPlan(demands: [demand(in: .pool(name), size.capacity, isCertain: true)])
        }
        return newImage(in: .directory(directory), size)
      }
    }
  }

  /// Goes on when the engine can make an image of the disk that QEMU can open.
  private func made(_ target: String, _ size: DiskSize, _ plan: () -> CopyPlan) -> CopyPlan {
    if case .there(let reason) = move.request.need(of: disk, in: move.domain, size) {
      return noTarget(target, size, reason)
    }
    return openable(target, size) {
      guard format != "raw" else { return plan() }
      return known(move.onDestination("qemu-img", move.destination.imageTool)) { version in
        guard version == nil else { return plan() }
        return noTarget(
          target, size, "without qemu-img libvirt makes none of format \(format)",
          remedy: ["On \(there): apt install qemu-utils, or dnf install qemu-img"])
      }
    }
  }

  /// libvirt makes images that root alone may open, and gives them to QEMU's user only with dynamic_ownership.
  private func openable(_ target: String, _ size: DiskSize, _ plan: () -> CopyPlan) -> CopyPlan {
    known(move.onDestination("the list of security drivers", move.destination.securityModels)) { models in
      let user = models.first { $0.name == "dac" }?.baseLabels[move.domain.virtType] ?? "+0:+0"
      guard !user.hasPrefix("+0:") else { return plan() }
      return known(move.onDestination("dynamic_ownership in qemu.conf", move.destination.qemuConf)) { conf in
        guard conf["dynamic_ownership"] == "0" else { return plan() }
        return noTarget(
          target, size, "with dynamic_ownership off, QEMU as \(user) could not open what libvirt makes",
          remedy: create(target, size) + [
            "Then give it to \(user) as the other images there, or set dynamic_ownership = 1 in /etc/libvirt/qemu.conf."
          ])
      }
    }
  }

  /// A new image grows by what is written to it.
  private func newImage(in place: Demand.Place, _ size: DiskSize) -> CopyPlan {
    CopyPlan(demands: [demand(in: place, taken(size), isCertain: true)] + flattened(in: place, size))
  }

  /// What of the disk there is to copy. A device has no holes, and what QEMU has written since it opened an image says
  /// nothing of a raw one.
  private func taken(_ size: DiskSize) -> ByteCount {
    if case .block = disk.source { return format == "raw" ? size.capacity : size.allocation }
    return size.physical ?? (format == "raw" ? size.capacity : size.allocation)
  }

  /// A full copy also writes what the images below the disk hold, however much that is.
  private func flattened(in place: Demand.Place, _ size: DiskSize) -> [Demand] {
    let stands = if case .image = disk.backing { true } else { !disk.backingFiles.isEmpty }
    guard move.request.copyStorage == .all, stands, taken(size) < size.capacity else { return [] }
    return [demand(in: place, .bytes(size.capacity.rawValue - taken(size).rawValue), isCertain: false)]
  }

  /// Goes on with a fact; a gap is an unknown.
  func known<Value>(_ reading: Reading<Value>, _ plan: (Value) -> CopyPlan) -> CopyPlan {
    guard case .known(let value) = reading.fact else { return CopyPlan(issues: reading.answer { _ in .holds }.issues) }
    return plan(value)
  }

  private func demand(in place: Demand.Place, _ bytes: ByteCount, isCertain: Bool) -> Demand {
    Demand(place: place, disk: disk.target, bytes: bytes, isCertain: isCertain)
  }

  private func onto(_ file: FileIdentity, at path: String, _ size: DiskSize) -> CopyPlan {
    guard format != "raw" else { return ontoRaw(file, at: path, size) }
    return known(move.onDestination("the size of the image \(path)", move.destination.imageSizes[path])) { seen in
      var plan = CopyPlan()
      if seen != size.capacity { plan.issues.append(otherSize(path, seen, size)) }
      if file.kind == "block" { plan.issues += deviceFor(taken(size), file, path) }
      guard file.kind == "regular" else { return plan }
      let place = Demand.Place.directory(directory(of: path))
      if file.size < taken(size) {
        plan.demands.append(
          demand(in: place, .bytes(taken(size).rawValue - file.size.rawValue), isCertain: true))
      }
      plan.demands += flattened(in: place, size)
      return plan
    }
  }

  /// A raw image that is there may be sparse or allocated, which its size does not tell. A length that is no multiple of
  /// 512 counts as the next that is one, as QEMU has it.
  private func ontoRaw(_ file: FileIdentity, at path: String, _ size: DiskSize) -> CopyPlan {
    if file.kind == "block", file.size.rawValue == 0 { return CopyPlan(issues: [unknownDevice(path, size)]) }
    guard file.size.sectors == size.capacity.sectors else {
      return CopyPlan(issues: [otherSize(path, file.size, size)])
    }
    guard file.kind == "regular" else { return CopyPlan() }
    return CopyPlan(demands: [demand(in: .directory(directory(of: path)), taken(size), isCertain: false)])
  }
}

/// One issue for each place that the copies together do not fit into.
private func lackOfRoom(_ demands: [Demand], _ move: Move) -> [Issue] {
  let byPlace = Dictionary(grouping: demands, by: \.place)
  var places: [Demand.Place] = []
  for demand in demands where !places.contains(demand.place) { places.append(demand.place) }
  return places.flatMap { place in
    let here = byPlace[place] ?? []
    return room(in: place, move).answer { Answer(shortage(here, in: place, free: $0, move)) }.issues
  }
}

private func room(in place: Demand.Place, _ move: Move) -> Reading<ByteCount> {
  switch place {
  case .directory(let path):
    move.onDestination(
      "the free space in \(path)",
      move.destination.freeSpace[path]
        ?? (move.destination.pools.value ?? []).first { $0.target == path }?.available.map { .known($0) })
  case .pool(let name):
    move.onDestination(
      "the free space in the storage pool \(name)",
      (move.destination.pools.value ?? []).first { $0.name == name }?.available.map { .known($0) })
  }
}

private func shortage(_ demands: [Demand], in place: Demand.Place, free: ByteCount, _ move: Move) -> [Issue] {
  let all = demands.reduce(.bytes(0)) { $0 + $1.bytes }
  let certain = demands.filter(\.isCertain).reduce(ByteCount.bytes(0)) { $0 + $1.bytes }
  guard all > free else { return [] }
  let blocks = certain > free
  let name =
    switch place {
    case .directory(let path): path
    case .pool(let name): "the storage pool \(name)"
    }
  let disks = demands.map(\.disk).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.list
  return [
    Issue(
      blocks ? .blocker : .warning, name, source: "\(all) to copy", destination: "\(free) free",
      "\(move.destination.name) has \(free) free in \(name), and the copy of \(disks) of \(move.domain.name) takes"
        + " \(blocks ? "\(certain)" : "up to \(all), less what of it has its room there already or reads as zeros").",
      remedy: [
        "Make room on \(move.destination.name): \(all.rawValue) bytes are needed, \(free.rawValue) are free.",
        "Or put images elsewhere with a destination XML: --xml FILE --persistent-xml FILE",
      ])
  ]
}
