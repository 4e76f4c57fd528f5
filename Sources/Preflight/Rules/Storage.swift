import MigrationModel

/// Every file of each shared disk's backing chain is there on the destination, of the same kind.
///
/// Of copied disks only the backing files below an incremental copy must be there; the target itself is another rule's,
/// as are media that libvirt leaves out when they are missing.
let storagePresent = Rule("storage.present", .blocker, "each disk's files exist on the destination") { move in
  Answer(
    all: move.domain.disks.map { presence(of: $0, move) },
    ifNone: "\(move.domain.name) has no disk that both hosts share")
}

private func presence(of disk: Disk, _ move: Move) -> Answer {
  if disk.mayBeDropped { return .notApplicable("the medium in \(disk.target) may be left out (storage.media)") }
  if move.isCopied(disk) {
    guard move.request.copyStorage == .incremental else { return .notApplicable("\(disk.target) is copied") }
    return Answer(
      all: disk.backingFiles.map { isThere($0, disk, move) }, ifNone: "\(disk.target) is copied")
  }
  let chain = disk.backingFiles.map { isThere($0, disk, move) }
  if let path = disk.path {
    return Answer(all: [isThere(path, disk, move)] + chain, ifNone: "\(disk.target) is not a file")
  }
  guard case .volume(let pool, let volume) = disk.source else {
    return Answer(all: chain, ifNone: "\(disk.target) is not a file")
  }
  let resolved = move.onDestination("the volume \(pool)/\(volume)", move.destination.volumes["\(pool)/\(volume)"])
  let top = resolved.answer { path in
    guard let path else { return .notApplicable("the volume does not resolve (storage.pool)") }
    // Where nobody looked at the file, libvirt looked the volume up, which says that it exists.
    return move.destination.files[path] == nil ? .holds : isThere(path, disk, move)
  }
  return Answer(all: [top] + chain, ifNone: "\(disk.target) has no file")
}

private func isThere(_ path: String, _ disk: Disk, _ move: Move) -> Answer {
  move.onDestination(path, move.destination.files[path]).answer { found in
    let source = move.source.files[path]?.value ?? nil
    guard let found else { return Answer([absent(path, disk, move, source)]) }
    guard let source, source.kind != found.kind else { return .holds }
    return Answer([
      Issue(
        .blocker, path, source: source.text, destination: found.text,
        "\(path), disk \(disk.target) of \(move.domain.name), is a \(source.kind) file on \(move.source.name) and a"
          + " \(found.kind) file on \(move.destination.name).",
        remedy: ["Make \(path.shellQuoted) the same thing on both hosts: ls -lL \(path.shellQuoted)"])
    ])
  }
}

private func absent(_ path: String, _ disk: Disk, _ move: Move, _ source: FileIdentity?) -> Issue {
  let mount = source.map { ["Mount there what \(move.source.name) has: \($0.mountSource) (\($0.fileSystem))."] } ?? []
  let copy =
    disk.isReadOnly ? [] : ["Or copy it during the move: --copy-storage-all --migrate-disks \(disk.target.shellQuoted)"]
  let eject = disk.device == "cdrom" || disk.device == "floppy"
  let remedy =
    eject
    ? [
      "Or eject it: "
        + move.source.virsh("change-media --domain \(move.domain.name) --path \(disk.target) --eject")
    ]
    : copy
  return Issue(
    .blocker, path, source: source?.text ?? "used by \(disk.target)", destination: "absent",
    "\(move.destination.name) has no \(path), which disk \(disk.target) of \(move.domain.name) uses.",
    remedy: mount + ["Look on \(move.destination.name): ls -l \(path.shellQuoted)"] + remedy)
}

/// The same path on both hosts is one storage: two file systems that merely look alike corrupt the guest in silence.
///
/// The top of the chain must be proven; of the backing files, those that the probes compared.
let storageIdentity = Rule("storage.identity", .blocker, "each shared path leads to the same storage") { move in
  Answer(
    all: move.domain.disks.map { identity(of: $0, move) },
    ifNone: "\(move.domain.name) has no file that both hosts write")
}

private func identity(of disk: Disk, _ move: Move) -> Answer {
  if disk.device == "cdrom" && disk.isReadOnly { return .notApplicable("\(disk.target) is a read-only CD-ROM") }
  if move.isCopied(disk) { return .notApplicable("\(disk.target) is copied") }
  let below = disk.backingFiles.filter { move.pair.storage[$0] != nil }.map { sameStorage($0, disk, move) }
  return Answer(all: [topIdentity(of: disk, move)] + below, ifNone: "\(disk.target) is not a file")
}

private func topIdentity(of disk: Disk, _ move: Move) -> Answer {
  if let path = disk.path { return sameStorage(path, disk, move) }
  if case .network(let driver, let name) = disk.source { return sameServers(of: disk, driver, name, move) }
  guard case .volume(let pool, let volume) = disk.source else { return .notApplicable("\(disk.target) is not a file") }
  return move.onSource("the volume \(pool)/\(volume)", move.source.volumes["\(pool)/\(volume)"]).answer { path in
    path.map { sameStorage($0, disk, move) } ?? .notApplicable("the volume has no path")
  }
}

/// Network storage is the same when the definition itself says whom to ask for it: both hosts then ask the same servers.
///
/// Without servers the client's configuration on each host says (/etc/ceph/ceph.conf), and a loopback address or a socket
/// is another server on each.
private func sameServers(of disk: Disk, _ driver: String, _ name: String, _ move: Move) -> Answer {
  let own = disk.servers.filter { server in
    server.hasPrefix("unix:") || server.hasPrefix("127.") || server == "::1"
      || server.lowercased().hasPrefix("localhost")
  }
  guard disk.servers.isEmpty || !own.isEmpty else { return .holds }
  let whom =
    disk.servers.isEmpty ? "names no servers, so each host's own configuration does" : "is asked of \(own.list)"
  return Answer([
    Issue(
      .unknown, "\(driver):\(name)", source: "as configured there", destination: "as configured there",
      "\(driver):\(name), disk \(disk.target) of \(move.domain.name), \(whom): whether \(move.source.name) and"
        + " \(move.destination.name) reach the same storage cannot be told.",
      remedy: [
        "Compare the configuration on both, for Ceph: ceph fsid; rbd info \(name.shellQuoted)",
        "Or name the servers in the disk's <source>: \(move.source.virsh("edit --domain \(move.domain.name)"))",
      ])
  ])
}

private func sameStorage(_ path: String, _ disk: Disk, _ move: Move) -> Answer {
  if case .known(nil) = move.destination.files[path] {
    return .notApplicable("\(path) is absent on the destination (storage.present)")
  }
  let thing = "whether \(path) is one storage on both hosts"
  return move.onDestination(thing, move.pair.storage[path]).answer { identity in
    guard case .different(let source, let destination) = identity else { return .holds }
    return Answer([
      Issue(
        .blocker, path, source: source, destination: destination,
        "\(path), disk \(disk.target) of \(move.domain.name), is the same path but other storage on"
          + " \(move.destination.name): the guest would run on foreign data and corrupt both.",
        remedy: [
          "See what is mounted, on both: findmnt --target \(path.shellQuoted)",
          "Mount the storage of \(move.source.name) there.",
          "Or copy the disk over the other one: --copy-storage-all --migrate-disks \(disk.target.shellQuoted)",
        ])
    ])
  }
}

extension FileIdentity {
  fileprivate var text: String { "\(kind), \(size), \(fileSystem) from \(mountSource)" }
}
