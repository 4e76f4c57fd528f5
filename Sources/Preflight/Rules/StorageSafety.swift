import MigrationModel

extension Move {
  /// Why libvirt does not look whether the disks are safe; nil when it does (`qemuMigrationSrcBeginPhase`).
  fileprivate var noSafetyCheck: String? {
    nothingRuns ?? (request.unsafe ? "--unsafe asks libvirt not to look" : nil)
  }

  /// Disks that libvirt looks at: it takes empty, read-only and copied ones for safe (`qemuMigrationSrcIsSafe`).
  fileprivate var disksAtRisk: [Disk] {
    domain.disks.filter { !$0.isReadOnly && $0.device != "cdrom" && $0.source != .none && !isCopied($0) }
  }

  /// Goes on with the path on the source that a disk leads to; not applicable to what is no file by path or volume.
  fileprivate func withPath(of disk: Disk, _ judge: (String) -> Answer) -> Answer {
    switch disk.source {
    case .file(let path): judge(path)
    case .volume(let pool, let volume):
      onSource("the volume \(pool)/\(volume)", source.volumes["\(pool)/\(volume)"]).answer { path in
        // Volumes of rbd and gluster pools are network storage, whose path is no path of the host.
        guard let path, path.hasPrefix("/") else { return .notApplicable("\(pool)/\(volume) is no local file") }
        return judge(path)
      }
    case .none, .block, .directory, .network, .other: .notApplicable("\(disk.target) is no file")
    }
  }

  /// Goes on with what a path is on the source.
  fileprivate func withFile(_ path: String, of disk: Disk, _ judge: (FileIdentity) -> Answer) -> Answer {
    onSource(path, source.files[path]).answer { file in
      if let file { return judge(file) }
      return Answer([
        Issue(
          .unknown, path, source: "absent", destination: "not asked",
          "\(source.name) has no \(path), which disk \(disk.target) of \(domain.name) uses: its file system cannot be"
            + " told.",
          remedy: ["See what QEMU has open: " + source.virsh("domblklist --domain \(domain.name) --details")])
      ])
    }
  }
}

/// Each disk that is not copied lies on a file system that libvirt takes for shared (`qemuMigrationSrcIsSafe`).
///
/// libvirt looks at the source only, and only at the top of each chain; `--unsafe` stops it from looking.
let storageFilesystem = Rule(
  "storage.filesystem", .blocker, "disks that are not copied lie on a file system that libvirt takes for shared"
) { move in
  if let reason = move.noSafetyCheck { return .notApplicable(reason) }
  return Answer(
    all: move.disksAtRisk.map { isOnSharedStorage($0, move) },
    ifNone: "\(move.domain.name) has no file that it writes to and that is not copied")
}

private func isOnSharedStorage(_ disk: Disk, _ move: Move) -> Answer {
  if disk.source == .other("nvme") { return Answer([hostNVMe(disk, move)]) }
  return move.withPath(of: disk) { path in
    move.withFile(path, of: disk) { file in
      // A volume may be a block device, which libvirt trusts to be shared.
      if file.kind == "block" { return .notApplicable("\(path) is a block device") }
      switch sharing(file.fileSystem, path, on: move.source) {
      case .shared: return .holds
      case .local: return Answer([unsafe(.blocker, disk, path, file, move)])
      case .unclear: return Answer([unsafe(.unknown, disk, path, file, move)])
      }
    }
  }
}

private enum Sharing { case shared, local, unclear }

/// What libvirt takes a file system for (`virFileIsSharedFSType`), by its type in mountinfo.
///
/// It goes by the magic number of statfs: that of cifs is known to it only for the dialect SMB1; every later dialect
/// has another (`smb2_queryfs` of the kernel).
private func sharing(_ fileSystem: String, _ path: String, on host: HostFacts) -> Sharing {
  if sharedFileSystems.contains(fileSystem) { return .shared }
  if isDeclaredShared(path, on: host) { return .shared }
  // libvirt 9.0.0 has no magic number for it, 10.0.0 does.
  if fileSystem == "beegfs", let version = host.libvirt.value { return version >= Version(10, 0, 0) ? .shared : .local }
  return ["cifs", "beegfs"].contains(fileSystem) ? .unclear : .local
}

private let sharedFileSystems: Set<String> = [
  "nfs", "nfs4", "gfs2", "ocfs2", "afs", "smbfs", "ceph", "gpfs", "acfs", "fuse.glusterfs", "fuse.quobyte",
]

/// `shared_filesystems` of qemu.conf names directories that libvirt takes for shared, since 10.10.0.
private func isDeclaredShared(_ path: String, on host: HostFacts) -> Bool {
  guard let version = host.libvirt.value, version >= Version(10, 10, 0),
    let setting = host.qemuConf.value?["shared_filesystems"]
  else { return false }
  let directories = setting.split { "[]\",\n ".contains($0) }
  return directories.contains { path.hasPrefix($0.hasSuffix("/") ? String($0) : $0 + "/") }
}

private func unsafe(_ severity: Severity, _ disk: Disk, _ path: String, _ file: FileIdentity, _ move: Move) -> Issue {
  let directory = directory(of: path)
  let verdict =
    severity == .blocker
    ? "which libvirt does not take for shared: it refuses the move as unsafe"
    : "which libvirt takes for shared in some cases only: whether it refuses the move as unsafe cannot be told"
  return Issue(
    severity, path, source: "\(file.fileSystem) from \(file.mountSource)", destination: "the same storage is needed",
    "\(path), disk \(disk.target) of \(move.domain.name), lies on \(file.fileSystem) on \(move.source.name),"
      + " \(verdict).",
    remedy: (severity == .blocker
      ? []
      : [
        "On \(move.source.name), smb2 is refused and cifs passes: stat --file-system --format=%T \(path.shellQuoted)"
      ]) + [
        "Copy the disk during the move: --copy-storage-all --migrate-disks \(disk.target.shellQuoted)",
        "Or move the image to shared storage: "
          + move.source.virsh("blockcopy --domain \(move.domain.name) --path \(disk.target) --dest FILE --pivot"),
        "Only if \(directory.shellQuoted) is one storage on both hosts whatever its type: --unsafe",
      ])
}

private func hostNVMe(_ disk: Disk, _ move: Move) -> Issue {
  Issue(
    .blocker, disk.target, source: "an NVMe device of \(move.source.name)", destination: "out of reach",
    "Disk \(disk.target) of \(move.domain.name) is an NVMe device inside \(move.source.name): libvirt refuses the move"
      + " as unsafe.",
    remedy: ["Copy the disk during the move: --copy-storage-all --migrate-disks \(disk.target.shellQuoted)"])
}

/// No page of a disk stays in a page cache where the other host does not see it.
///
/// Safe are cache none and directsync, shareable disks, network storage, coherent cluster file systems and a QEMU that
/// drops its cache (`qemuMigrationSrcIsSafe`, `virFileIsClusterFS`; QEMU block/file-posix.c, drop-cache, since 4.0).
let storageCache = Rule("storage.cache", .blocker, "cache none or directsync, or a QEMU that drops its cache") { move in
  if let reason = move.noSafetyCheck { return .notApplicable(reason) }
  let cached = move.disksAtRisk.filter { disk in
    if case .network = disk.source { false } else { true }
  }
  return Answer(
    all: cached.map { hasNoStaleCache($0, move) },
    ifNone: "\(move.domain.name) has no local disk that it writes to and that is not copied")
}

private func hasNoStaleCache(_ disk: Disk, _ move: Move) -> Answer {
  if disk.isShareable || ["none", "directsync"].contains(disk.cache) { return .holds }
  return move.onSource("the version of the running QEMU", move.domain.runningQEMU).answer { running in
    guard let running else { return .notApplicable("no QEMU runs \(move.domain.name)") }
    if running >= Version(4, 0, 0) { return .holds }
    let onCluster = move.withPath(of: disk) { path in
      move.withFile(path, of: disk) { file in
        clusterFileSystems.contains(file.fileSystem) ? .holds : Answer([staleCache(disk, running, move)])
      }
    }
    if case .notApplicable = onCluster { return Answer([staleCache(disk, running, move)]) }
    return onCluster
  }
}

private let clusterFileSystems: Set<String> = ["gfs2", "ocfs2", "ceph", "fuse.glusterfs"]

private func staleCache(_ disk: Disk, _ running: Version, _ move: Move) -> Issue {
  Issue(
    .blocker, disk.target, source: "cache \(disk.cache ?? "writeback, the default"), QEMU \(running)",
    destination: "needs cache none or directsync",
    "Disk \(disk.target) of \(move.domain.name) goes through the page cache of \(move.source.name), and QEMU \(running)"
      + " cannot drop it (4.0.0 can): \(move.destination.name) may read stale data, so libvirt refuses the move.",
    remedy: [
      "Write cache='none' into the disk's <driver> and restart the guest: "
        + move.source.virsh("edit --domain \(move.domain.name)"),
      "Or restart the guest in QEMU 4.0.0 or newer.",
      "Or copy the disk during the move: --copy-storage-all --migrate-disks \(disk.target.shellQuoted)",
    ])
}

/// Both hosts lock disks through the same manager with the same lock spaces: else one guest can run on both.
///
/// libvirt refuses some changes of the manager (`qemuMigrationCookieParse`, lock state), but neither one from none to
/// lockd, nor another directory of lock spaces.
let storageLocks = Rule("storage.locks", .blocker, "both hosts lock disks through the same manager and lock spaces") {
  move in
  move.onBoth("qemu.conf", \.qemuConf) { source, destination in
    let (here, there) = (source["lock_manager"] ?? "nop", destination["lock_manager"] ?? "nop")
    guard here == there else { return Answer([otherManager(move, here, there)]) }
    guard here != "nop" else { return .notApplicable("neither host has a lock manager") }
    return move.onBoth("the lock manager's settings", \.lockConf) { source, destination in
      Answer(
        lockSpaceSettings.filter { source[$0] != destination[$0] }.map {
          otherLockSpace(move, here, $0, source[$0], destination[$0])
        })
    }
  }
}

/// libvirt's qemu-lockd.conf and qemu-sanlock.conf.
private let lockSpaceSettings = ["file_lockspace_dir", "lvm_lockspace_dir", "scsi_lockspace_dir", "disk_lease_dir"]

private func otherManager(_ move: Move, _ here: String, _ there: String) -> Issue {
  let leases =
    move.domain.leases.isEmpty
    ? "" : ", and \(move.domain.name) holds leases in \(Set(move.domain.leases).sorted().list)"
  return Issue(
    .blocker, "lock_manager", source: here, destination: there,
    "\(move.source.name) locks disks through \(here) and \(move.destination.name) through \(there)\(leases): the lock"
      + " does not follow \(move.domain.name), so the move is refused, or one side does not see what the other holds.",
    remedy: [
      "Set lock_manager alike in /etc/libvirt/qemu.conf of both hosts"
        + (here == "nop" ? "" : ", as \(move.source.name) has it: lock_manager = \"\(here)\""),
      "Then restart libvirtd or virtqemud there: systemctl restart libvirtd",
    ])
}

private func otherLockSpace(
  _ move: Move, _ manager: String, _ key: String, _ here: String?, _ there: String?
) -> Issue {
  Issue(
    .blocker, key, source: here ?? "not set", destination: there ?? "not set",
    "\(move.source.name) and \(move.destination.name) keep the locks of \(manager) in different places (\(key)):"
      + " neither sees that the other runs \(move.domain.name), so it could run on both.",
    remedy: ["Set \(key) alike in /etc/libvirt/qemu-\(manager).conf of both hosts, to a directory that both share."])
}

/// Media in removable drives are there, or the guest may do without: libvirt drops a missing optional or requisite one.
///
/// A missing mandatory medium is storage.present's (`qemuDomainCheckDiskStartupPolicy`).
let storageMedia = Rule("storage.media", .warning, "CD-ROM and floppy images are the same on the destination") { move in
  let drives = move.domain.disks.filter { $0.isRemovable && !move.isCopied($0) }
  return Answer(
    all: drives.map { medium(in: $0, move) }, ifNone: "\(move.domain.name) has no medium in a removable drive")
}

private func medium(in drive: Disk, _ move: Move) -> Answer {
  switch drive.source {
  case .file(let path), .block(let path): return sameMedium(path, drive, move)
  case .volume(let pool, let volume):
    let key = "\(pool)/\(volume)"
    return move.onDestination("the volume \(key)", move.destination.volumes[key]).answer { path in
      path.map { sameMedium($0, drive, move) }
        ?? (drive.mayBeDropped
          ? Answer([dropped(key, drive, move)]) : .notApplicable("\(key) does not resolve (storage.pool)"))
    }
  case .none, .directory, .network, .other: return .notApplicable("\(drive.target) holds no file")
  }
}

private func sameMedium(_ path: String, _ drive: Disk, _ move: Move) -> Answer {
  move.onDestination(path, move.destination.files[path]).answer { there in
    guard let there else {
      return drive.mayBeDropped
        ? Answer([dropped(path, drive, move)]) : .notApplicable("\(path) is absent (storage.present)")
    }
    guard let here = move.source.files[path]?.value ?? nil, here.kind == "regular", here.size != there.size else {
      return .holds
    }
    return Answer([
      Issue(
        .warning, path, source: "\(here.size.rawValue) bytes", destination: "\(there.size.rawValue) bytes",
        "\(path) in drive \(drive.target) of \(move.domain.name) is another medium on \(move.destination.name): the"
          + " guest would go on reading foreign data.",
        remedy: [
          "Compare them, on both: sha256sum \(path.shellQuoted)",
          "Put the medium of \(move.source.name) there, or eject it: " + eject(drive, move),
        ])
    ])
  }
}

private func dropped(_ name: String, _ drive: Disk, _ move: Move) -> Issue {
  Issue(
    .warning, name, source: "in drive \(drive.target)", destination: "absent",
    "\(move.destination.name) has no \(name), and the drive's startupPolicy is \(drive.startupPolicy ?? ""): libvirt"
      + " leaves drive \(drive.target) of \(move.domain.name) empty.",
    remedy: [
      "Put it there: \(name.shellQuoted)", "Or eject it first, if the guest is done with it: " + eject(drive, move),
    ])
}

private func eject(_ drive: Disk, _ move: Move) -> String {
  move.source.virsh("change-media --domain \(move.domain.name) --path \(drive.target) --eject")
}

extension Disk {
  /// A drive whose medium the guest can do without.
  var isRemovable: Bool { device == "cdrom" || device == "floppy" }

  /// libvirt leaves the drive empty when its medium is missing after a migration (`startupPolicy`).
  var mayBeDropped: Bool { isRemovable && ["requisite", "optional"].contains(startupPolicy) }
}
