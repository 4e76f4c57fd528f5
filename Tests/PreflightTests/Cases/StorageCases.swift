import MigrationModel

@testable import Preflight

private let image = "/srv/web1.qcow2"

func storedFile(
  on fileSystem: String, kind: String = "regular", size: ByteCount = .mebibytes(10240)
) -> Fact<FileIdentity?> {
  .known(FileIdentity(kind: kind, size: size, fileSystem: fileSystem, mountSource: "source", inode: 7))
}

private let vms = StoragePool(name: "vms", type: "dir", isActive: true, target: "/srv")

/// The image is given as a volume of a pool.
private func volume(_ change: @escaping @Sendable (inout Move) -> Void = { _ in }) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.disks = [Disk(target: "vda", source: .volume(pool: "vms", volume: "web1.qcow2"), format: "qcow2")]
    (move.source.pools, move.destination.pools) = (.known([vms]), .known([vms]))
    move.source.volumes = ["vms/web1.qcow2": .known(image)]
    move.destination.volumes = ["vms/web1.qcow2": .known(image)]
    change(&move)
  }
}

private let presentCases: [RuleCase] = [
  RuleCase("storage.present", .holds, "it is there") { _ in },
  RuleCase("storage.present", .blocker, "it is not there") { $0.destination.files[image] = .known(nil) },
  RuleCase("storage.present", .blocker, "it is another kind of file") {
    $0.destination.files[image] = storedFile(on: "nfs4", kind: "directory")
  },
  RuleCase("storage.present", .blocker, "a backing file is not there") {
    $0.domain.disks[0].backingFiles = ["/srv/base.qcow2"]
    $0.destination.files["/srv/base.qcow2"] = .known(nil)
  },
  RuleCase("storage.present", .blocker, "a mandatory CD-ROM is not there") {
    drive(policy: "mandatory")(&$0)
    $0.destination.files[iso] = .known(nil)
  },
  RuleCase("storage.present", .holds, "an optional CD-ROM is not there") {
    let disk = $0.domain.disks[0]
    drive(policy: "optional")(&$0)
    $0.domain.disks.append(disk)
    $0.destination.files[iso] = .known(nil)
  },
  RuleCase("storage.present", .blocker, "a disk is no medium, whatever its policy") {
    $0.domain.disks[0].startupPolicy = "optional"
    $0.destination.files[image] = .known(nil)
  },
  RuleCase("storage.present", .unknown, "not looked at") { $0.destination.files = [:] },
  RuleCase("storage.present", .notApplicable, "no disks") { $0.domain.disks = [] },
]

private let identityCases: [RuleCase] = [
  RuleCase("storage.identity", .holds, "network storage with servers") {
    $0.domain.disks = [Disk(target: "vda", source: .network(protocol: "rbd", name: "vms/a"), servers: ["mon1"])]
  },
  RuleCase("storage.identity", .unknown, "network storage of each host's own configuration") {
    $0.domain.disks = [Disk(target: "vda", source: .network(protocol: "rbd", name: "vms/a"))]
  },
  RuleCase("storage.identity", .unknown, "network storage on the host itself") {
    $0.domain.disks = [Disk(target: "vda", source: .network(protocol: "nbd", name: "a"), servers: ["localhost"])]
  },
  RuleCase("storage.identity", .holds, "proven the same") { _ in },
  RuleCase("storage.identity", .blocker, "proven different") {
    $0.pair.storage[image] = .known(.different(source: "nonce", destination: "none"))
  },
  RuleCase("storage.identity", .unknown, "not proven") { $0.pair.storage = [:] },
  RuleCase("storage.identity", .notApplicable, "the disk is copied") { $0.request.copyStorage = .all },
]

private let poolCases: [RuleCase] = [
  RuleCase("storage.pool", .holds, "the volume resolves", volume()),
  RuleCase("storage.pool", .blocker, "the pool is not there", volume { $0.destination.pools = .known([]) }),
  RuleCase(
    "storage.pool", .blocker, "the volume is not there",
    volume { $0.destination.volumes["vms/web1.qcow2"] = .known(nil) }),
  RuleCase("storage.pool", .warning, "the pool around a path is not there") { $0.source.pools = .known([vms]) },
  RuleCase("storage.pool", .unknown, "pools not read") { $0.destination.pools = .gap(gap) },
  RuleCase("storage.pool", .notApplicable, "no disk lies in a pool") { _ in },
]

/// The image lies on a file system on the source.
private func on(_ fileSystem: String, libvirt: Version = Version(9, 0, 0)) -> @Sendable (inout Move) -> Void {
  { move in
    move.source.files[image] = storedFile(on: fileSystem)
    move.source.libvirt = .known(libvirt)
  }
}

private let shared = [
  "nfs", "nfs4", "gfs2", "ocfs2", "afs", "ceph", "gpfs", "acfs", "fuse.glusterfs", "fuse.quobyte",
]

private let local = ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "fuse.sshfs", "fuse", "lustre", "smb3", "9p", ""]

private let filesystemCases: [RuleCase] =
  shared.map { RuleCase("storage.filesystem", .holds, $0, on($0)) }
  + local.map { RuleCase("storage.filesystem", .blocker, "'\($0)'", on($0)) }
  + [
    RuleCase("storage.filesystem", .unknown, "cifs in some dialect", on("cifs")),
    RuleCase("storage.filesystem", .blocker, "beegfs and a libvirt that does not know it", on("beegfs")),
    RuleCase("storage.filesystem", .holds, "beegfs and a libvirt that does", on("beegfs", libvirt: Version(10, 0, 0))),
    RuleCase("storage.filesystem", .unknown, "beegfs and an unknown libvirt") {
      on("beegfs")(&$0)
      $0.source.libvirt = .gap(gap)
    },
    RuleCase("storage.filesystem", .holds, "a directory that qemu.conf calls shared") {
      on("xfs", libvirt: Version(10, 10, 0))(&$0)
      $0.source.qemuConf = .known(["shared_filesystems": "[ \"/var\", \"/srv\" ]"])
    },
    RuleCase("storage.filesystem", .blocker, "another directory that qemu.conf calls shared") {
      on("xfs", libvirt: Version(10, 10, 0))(&$0)
      $0.source.qemuConf = .known(["shared_filesystems": "[ \"/sr\" ]"])
    },
    RuleCase("storage.filesystem", .blocker, "a libvirt that does not read that setting") {
      on("xfs")(&$0)
      $0.source.qemuConf = .known(["shared_filesystems": "[ \"/srv\" ]"])
    },
    RuleCase("storage.filesystem", .blocker, "a shareable disk on a local file system") {
      on("ext4")(&$0)
      $0.domain.disks[0].isShareable = true
    },
    RuleCase("storage.filesystem", .blocker, "a volume on a local file system") {
      volume()(&$0)
      on("ext4")(&$0)
    },
    RuleCase("storage.filesystem", .notApplicable, "a volume that is a block device") {
      volume { $0.source.files[image] = storedFile(on: "devtmpfs", kind: "block") }(&$0)
    },
    RuleCase("storage.filesystem", .notApplicable, "a volume of an rbd pool") {
      volume { $0.source.volumes["vms/web1.qcow2"] = .known("rbd/web1") }(&$0)
    },
    RuleCase("storage.filesystem", .blocker, "an NVMe device of the host") {
      $0.domain.disks = [Disk(target: "vda", source: .other("nvme"))]
    },
    RuleCase("storage.filesystem", .unknown, "the file is gone on the source") { $0.source.files[image] = .known(nil) },
    RuleCase("storage.filesystem", .unknown, "not looked at") { $0.source.files = [:] },
    RuleCase("storage.filesystem", .unknown, "a volume not read", volume { $0.source.volumes = [:] }),
    RuleCase("storage.filesystem", .notApplicable, "--unsafe") {
      on("ext4")(&$0)
      $0.request.unsafe = true
    },
    RuleCase("storage.filesystem", .notApplicable, "copied") {
      on("ext4")(&$0)
      $0.request.copyStorage = .all
    },
    RuleCase("storage.filesystem", .notApplicable, "read-only") {
      on("ext4")(&$0)
      $0.domain.disks[0].isReadOnly = true
    },
    RuleCase("storage.filesystem", .notApplicable, "a CD-ROM") { $0.domain.disks[0].device = "cdrom" },
    RuleCase("storage.filesystem", .notApplicable, "a block device") { $0.domain.disks[0].source = .block("/dev/sdb") },
    RuleCase("storage.filesystem", .notApplicable, "offline") {
      on("ext4")(&$0)
      $0.request.mode = .offline
    },
  ]

private func cached(
  _ cache: String?, qemu: Version = Version(3, 1, 0), _ change: @escaping @Sendable (inout Move) -> Void = { _ in }
) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.disks[0].cache = cache
    move.domain.runningQEMU = .known(qemu)
    change(&move)
  }
}

private let cacheCases: [RuleCase] = [
  RuleCase("storage.cache", .holds, "none", cached("none")),
  RuleCase("storage.cache", .holds, "directsync", cached("directsync")),
  RuleCase("storage.cache", .blocker, "writeback", cached("writeback")),
  RuleCase("storage.cache", .blocker, "the default", cached(nil)),
  RuleCase("storage.cache", .blocker, "writethrough", cached("writethrough")),
  RuleCase(
    "storage.cache", .blocker, "unsafe on a block device",
    cached("unsafe") { $0.domain.disks[0].source = .block("/dev/sdb") }),
  RuleCase("storage.cache", .holds, "writeback and a QEMU that drops it", cached("writeback", qemu: Version(4, 0, 0))),
  RuleCase(
    "storage.cache", .holds, "a coherent file system",
    cached("writeback") { $0.source.files[image] = storedFile(on: "ceph") }
  ),
  RuleCase("storage.cache", .holds, "a shareable disk", cached("writeback") { $0.domain.disks[0].isShareable = true }),
  RuleCase(
    "storage.cache", .holds, "none, whatever else is not read",
    cached("none") {
      $0.source.files = [:]
      $0.domain.runningQEMU = .gap(gap)
    }),
  RuleCase(
    "storage.cache", .unknown, "QEMU's version not read", cached("writeback") { $0.domain.runningQEMU = .gap(gap) }),
  RuleCase("storage.cache", .unknown, "the file system not read", cached("writeback") { $0.source.files = [:] }),
  RuleCase(
    "storage.cache", .notApplicable, "network storage",
    cached("writeback") {
      $0.domain.disks[0].source = .network(protocol: "rbd", name: "p/i")
    }),
  RuleCase("storage.cache", .notApplicable, "--unsafe", cached("writeback") { $0.request.unsafe = true }),
  RuleCase("storage.cache", .notApplicable, "read-only", cached("writeback") { $0.domain.disks[0].isReadOnly = true }),
  RuleCase("storage.cache", .notApplicable, "offline", cached("writeback") { $0.request.mode = .offline }),
]

private let iso = "/iso/x.iso"

private func drive(_ device: String = "cdrom", policy: String?) -> @Sendable (inout Move) -> Void {
  { move in
    move.domain.disks = [
      Disk(target: "sda", device: device, source: .file(iso), isReadOnly: true, startupPolicy: policy)
    ]
    (move.source.files[iso], move.destination.files[iso]) = (storedFile(on: "ext4"), storedFile(on: "ext4"))
  }
}

private let mediaCases: [RuleCase] = [
  RuleCase("storage.media", .holds, "the same size on both", drive(policy: nil)),
  RuleCase("storage.media", .warning, "optional and absent") {
    drive(policy: "optional")(&$0)
    $0.destination.files[iso] = .known(nil)
  },
  RuleCase("storage.media", .warning, "requisite floppy and absent") {
    drive("floppy", policy: "requisite")(&$0)
    $0.destination.files[iso] = .known(nil)
  },
  RuleCase("storage.media", .warning, "an optional volume that does not resolve") {
    drive(policy: "optional")(&$0)
    $0.domain.disks[0].source = .volume(pool: "isos", volume: "x.iso")
    $0.destination.volumes["isos/x.iso"] = .known(nil)
  },
  RuleCase("storage.media", .warning, "another size") {
    drive(policy: nil)(&$0)
    $0.destination.files[iso] = storedFile(on: "ext4", size: .bytes(1))
  },
  RuleCase("storage.media", .holds, "a device's size says nothing") {
    drive(policy: nil)(&$0)
    $0.source.files[iso] = storedFile(on: "devtmpfs", kind: "block", size: .bytes(0))
  },
  RuleCase("storage.media", .unknown, "not looked at") {
    drive(policy: "optional")(&$0)
    $0.destination.files = [:]
  },
  RuleCase("storage.media", .notApplicable, "mandatory and absent is another rule's") {
    drive(policy: nil)(&$0)
    $0.destination.files[iso] = .known(nil)
  },
  RuleCase("storage.media", .notApplicable, "an empty drive") {
    drive(policy: nil)(&$0)
    $0.domain.disks[0].source = .none
  },
  RuleCase("storage.media", .notApplicable, "no drive") { _ in },
]

private func locks(_ here: String?, _ there: String?) -> @Sendable (inout Move) -> Void {
  { move in
    move.source.qemuConf = .known(here.map { ["lock_manager": $0] } ?? [:])
    move.destination.qemuConf = .known(there.map { ["lock_manager": $0] } ?? [:])
  }
}

private let lockCases: [RuleCase] = [
  RuleCase("storage.locks", .holds, "the same manager", locks("lockd", "lockd")),
  RuleCase("storage.locks", .blocker, "only the source locks", locks("lockd", nil)),
  RuleCase("storage.locks", .blocker, "only the destination locks", locks(nil, "sanlock")),
  RuleCase("storage.locks", .blocker, "another manager, and leases") {
    locks("lockd", "sanlock")(&$0)
    $0.domain.leases = ["space"]
  },
  RuleCase(
    "storage.locks", .blocker, "a definition too",
    {
      locks("lockd", nil)(&$0)
      $0.domain.state = .shutOff
    }),
  RuleCase("storage.locks", .blocker, "other lock spaces") {
    locks("lockd", "lockd")(&$0)
    $0.source.lockConf = .known(["file_lockspace_dir": "/shared/locks"])
  },
  RuleCase("storage.locks", .unknown, "qemu.conf not read") { $0.source.qemuConf = .gap(gap) },
  RuleCase("storage.locks", .unknown, "the manager's settings not read") {
    locks("lockd", "lockd")(&$0)
    $0.destination.lockConf = .gap(gap)
  },
  RuleCase("storage.locks", .notApplicable, "nobody locks", locks("nop", nil)),
  RuleCase("storage.locks", .notApplicable, "nobody locks, so nothing more is read") {
    ($0.source.lockConf, $0.destination.lockConf) = (.gap(gap), .gap(gap))
  },
]

let storageCases: [RuleCase] =
  presentCases + identityCases + poolCases + filesystemCases + cacheCases + mediaCases + lockCases + storageCopyCases
