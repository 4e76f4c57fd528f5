import MigrationModel

@testable import Preflight

private let image = "/srv/web1.qcow2"

private let vms = StoragePool(name: "vms", type: "dir", isActive: true, target: "/srv")

/// A copy of the ready disk: 10 GiB, of which 4 are allocated.
private func copy(
  _ format: String? = "qcow2", _ change: @escaping @Sendable (inout Move) -> Void = { _ in }
) -> @Sendable (inout Move) -> Void {
  { move in
    move.request.copyStorage = .all
    move.pair.storage = [:]
    move.domain.disks[0].format = format
    move.domain.diskSizes = .known([
      "vda": DiskSize(capacity: .mebibytes(10240), allocation: .mebibytes(1), physical: .mebibytes(4096))
    ])
    move.destination.files = [image: .known(nil), "/srv": storedFile(on: "xfs", kind: "directory")]
    move.destination.pools = .known([vms])
    move.destination.freeSpace = ["/srv": .known(.mebibytes(4096))]
    change(&move)
  }
}

let storageCopyCases: [RuleCase] = [
  RuleCase("storage.copy-space", .holds, "made in a pool, and there is just room", copy()),
  RuleCase(
    "storage.copy-space", .blocker, "a byte too little",
    copy { $0.destination.freeSpace["/srv"] = .known(.bytes(4_294_967_295)) }),
  RuleCase("storage.copy-space", .holds, "a raw image is made sparse", copy("raw")),
  RuleCase(
    "storage.copy-space", .blocker, "a raw image of which nobody tells how much is holes",
    copy(nil) {
      $0.domain.diskSizes = .known(["vda": DiskSize(capacity: .mebibytes(10240), allocation: .mebibytes(1))])
    }),
  RuleCase(
    "storage.copy-space", .warning, "a raw device has no holes",
    copy("raw") {
      $0.domain.disks[0].source = .block(image)
      $0.destination.files[image] = storedFile(on: "xfs")
      $0.destination.freeSpace["/srv"] = .known(.mebibytes(10239))
    }),
  RuleCase("storage.copy-space", .holds, "made outside of any pool", copy { $0.destination.pools = .known([]) }),
  RuleCase(
    "storage.copy-space", .blocker, "the directory is missing", copy { $0.destination.files["/srv"] = .known(nil) }),
  RuleCase(
    "storage.copy-space", .blocker, "the directory is a file",
    copy { $0.destination.files["/srv"] = storedFile(on: "xfs") }),
  RuleCase(
    "storage.copy-space", .unknown, "the directory not looked at", copy { $0.destination.files["/srv"] = nil }),
  RuleCase(
    "storage.copy-space", .blocker, "no qemu-img to make a qcow2 image",
    copy { $0.destination.imageTool = .known(nil) }),
  RuleCase(
    "storage.copy-space", .holds, "a raw image needs no qemu-img",
    copy("raw") { $0.destination.imageTool = .known(nil) }),
  RuleCase(
    "storage.copy-space", .unknown, "qemu-img not looked for", copy { $0.destination.imageTool = .gap(gap) }),
  RuleCase(
    "storage.copy-space", .blocker, "nobody gives a new image to QEMU's user",
    copy { $0.destination.qemuConf = .known(["dynamic_ownership": "0"]) }),
  RuleCase(
    "storage.copy-space", .holds, "QEMU runs as root",
    copy {
      $0.destination.qemuConf = .known(["dynamic_ownership": "0"])
      $0.destination.securityModels = .known([SecurityModel(name: "dac", doi: "0", baseLabels: ["kvm": "+0:+0"])])
    }),
  RuleCase("storage.copy-space", .unknown, "qemu.conf not read", copy { $0.destination.qemuConf = .gap(gap) }),
  RuleCase(
    "storage.copy-space", .unknown, "QEMU's user not read", copy { $0.destination.securityModels = .gap(gap) }),
  RuleCase("storage.copy-space", .blocker, "a format that is not made", copy("vmdk")),
  RuleCase(
    "storage.copy-space", .blocker, "an encrypted image",
    copy { $0.domain.secrets = [SecretUse(uuid: "s", user: "disk vda")] }),
  RuleCase(
    "storage.copy-space", .warning, "what the images below hold is copied too",
    copy { $0.domain.disks[0].backing = .image(.file("/srv/base.img"), format: "raw") }),
  RuleCase(
    "storage.copy-space", .holds, "room for the images below",
    copy {
      $0.domain.disks[0].backing = .image(.file("/srv/base.img"), format: "raw")
      $0.destination.freeSpace["/srv"] = .known(.mebibytes(10240))
    }),
  RuleCase(
    "storage.copy-space", .blocker, "the pool is not active",
    copy {
      $0.destination.pools = .known([StoragePool(name: "vms", type: "dir", isActive: false, target: "/srv")])
    }),
  RuleCase(
    "storage.copy-space", .holds, "made below a pool's directory",
    copy {
      $0.destination.pools = .known([StoragePool(name: "vms", type: "dir", isActive: true, target: "/")])
    }),
  RuleCase(
    "storage.copy-space", .blocker, "an incremental copy onto nobody knows what",
    copy { $0.request.copyStorage = .incremental }),
  RuleCase(
    "storage.copy-space", .holds, "an incremental copy stands on what its disk stands on",
    copy {
      $0.request.copyStorage = .incremental
      $0.domain.disks[0].backing = .image(.file("/srv/base.img"), format: "raw")
    }),
  RuleCase(
    "storage.copy-space", .holds, "an incremental copy that stands alone",
    copy {
      $0.request.copyStorage = .incremental
      $0.domain.disks[0].backing = .nothing
    }),
  RuleCase(
    "storage.copy-space", .blocker, "no volume is copied incrementally, even when it is there",
    copy {
      $0.request.copyStorage = .incremental
      $0.domain.disks[0].backing = .nothing
      $0.domain.disks[0].source = .volume(pool: "vms", volume: "web1.qcow2")
      $0.destination.volumes["vms/web1.qcow2"] = .known(image)
      $0.destination.files[image] = storedFile(on: "xfs")
      $0.destination.imageSizes[image] = .known(.mebibytes(10240))
    }),
  RuleCase(
    "storage.copy-space", .blocker, "no device to copy onto",
    copy("raw") {
      $0.domain.disks[0].source = .block("/dev/vg/web1")
      $0.destination.files["/dev/vg/web1"] = .known(nil)
    }),
  RuleCase(
    "storage.copy-space", .holds, "a target of the same size",
    copy {
      $0.destination.files[image] = storedFile(on: "xfs", size: .bytes(196_624))
      $0.destination.imageSizes[image] = .known(.mebibytes(10240))
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a smaller image",
    copy {
      $0.destination.files[image] = storedFile(on: "xfs", size: .bytes(196_624))
      $0.destination.imageSizes[image] = .known(.mebibytes(10239))
    }),
  RuleCase(
    "storage.copy-space", .blocker, "an image that has to grow too much",
    copy {
      $0.destination.files[image] = storedFile(on: "xfs", size: .bytes(196_624))
      $0.destination.imageSizes[image] = .known(.mebibytes(10240))
      $0.destination.freeSpace["/srv"] = .known(.mebibytes(4000))
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a smaller raw file",
    copy("raw") {
      $0.destination.files[image] = storedFile(on: "xfs", size: .mebibytes(10239))
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a larger raw file",
    copy("raw") {
      $0.destination.files[image] = storedFile(on: "xfs", size: .mebibytes(10241))
    }),
  RuleCase(
    "storage.copy-space", .holds, "a raw file of the same size",
    copy("raw") {
      $0.destination.files[image] = storedFile(on: "xfs")
    }),
  RuleCase(
    "storage.copy-space", .warning, "a raw file that may be sparse",
    copy("raw") {
      $0.destination.files[image] = storedFile(on: "xfs")
      $0.destination.freeSpace["/srv"] = .known(.mebibytes(4095))
    }),
  RuleCase(
    "storage.copy-space", .holds, "a device of the same size",
    copy("raw") {
      $0.destination.files[image] = storedFile(on: "devtmpfs", kind: "block")
      $0.destination.freeSpace = [:]
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a device too small for the image",
    copy {
      $0.domain.disks[0].source = .block(image)
      $0.domain.diskSizes = .known([
        "vda": DiskSize(capacity: .mebibytes(10240), allocation: .mebibytes(4096), physical: .mebibytes(20480))
      ])
      $0.destination.files[image] = storedFile(on: "devtmpfs", kind: "block", size: .mebibytes(4095))
      $0.destination.imageSizes[image] = .known(.mebibytes(10240))
    }),
  RuleCase(
    "storage.copy-space", .unknown, "a device of unknown size",
    copy("raw") {
      $0.destination.files[image] = storedFile(on: "devtmpfs", kind: "block", size: .bytes(0))
    }),
  RuleCase(
    "storage.copy-space", .unknown, "a device of unknown size for an image",
    copy {
      $0.destination.files[image] = storedFile(on: "devtmpfs", kind: "block", size: .bytes(0))
      $0.destination.imageSizes[image] = .known(.mebibytes(10240))
    }),
  RuleCase(
    "storage.copy-space", .holds, "a volume that is made",
    copy {
      $0.domain.disks[0].source = .volume(pool: "vms", volume: "web1.qcow2")
      $0.destination.volumes["vms/web1.qcow2"] = .known(nil)
    }),
  RuleCase(
    "storage.copy-space", .holds, "a pool tells its room itself",
    copy {
      $0.domain.disks[0].source = .volume(pool: "vms", volume: "web1.qcow2")
      $0.destination.volumes["vms/web1.qcow2"] = .known(nil)
      $0.destination.pools = .known([
        StoragePool(name: "vms", type: "dir", isActive: true, target: "/srv", available: .mebibytes(4096))
      ])
      $0.destination.freeSpace = [:]
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a logical volume takes all of its room at once",
    copy("raw") {
      $0.domain.disks[0].source = .volume(pool: "vg", volume: "web1")
      $0.destination.volumes["vg/web1"] = .known(nil)
      $0.destination.pools = .known([
        StoragePool(name: "vg", type: "logical", isActive: true, target: "/dev/vg", available: .mebibytes(10239))
      ])
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a volume whose pool is not there",
    copy {
      $0.domain.disks[0].source = .volume(pool: "other", volume: "web1.qcow2")
      $0.destination.volumes["other/web1.qcow2"] = .known(nil)
    }),
  RuleCase(
    "storage.copy-space", .blocker, "a volume in a full pool without a directory",
    copy {
      $0.domain.disks[0].source = .volume(pool: "rbd", volume: "web1")
      $0.destination.volumes["rbd/web1"] = .known(nil)
      $0.destination.pools = .known([
        StoragePool(name: "rbd", type: "rbd", isActive: true, target: nil, available: .bytes(1))
      ])
    }),
  RuleCase(
    "storage.copy-space", .unknown, "network storage cannot be seen",
    copy {
      $0.domain.disks[0].source = .network(protocol: "rbd", name: "p/i")
    }),
  RuleCase("storage.copy-space", .unknown, "sizes not read", copy { $0.domain.diskSizes = .gap(gap) }),
  RuleCase(
    "storage.copy-space", .unknown, "the size of this disk not read", copy { $0.domain.diskSizes = .known([:]) }),
  RuleCase("storage.copy-space", .unknown, "pools not read", copy { $0.destination.pools = .gap(gap) }),
  RuleCase("storage.copy-space", .unknown, "the target not looked at", copy { $0.destination.files = [:] }),
  RuleCase(
    "storage.copy-space", .unknown, "the volume not looked up",
    copy {
      $0.domain.disks[0].source = .volume(pool: "vms", volume: "web1.qcow2")
    }),
  RuleCase(
    "storage.copy-space", .unknown, "the image's size not read",
    copy { $0.destination.files[image] = storedFile(on: "xfs") }),
  RuleCase("storage.copy-space", .unknown, "free space not read", copy { $0.destination.freeSpace = [:] }),
  RuleCase(
    "storage.copy-space", .blocker, "the target is the disk itself",
    copy {
      $0.destination.files[image] = .known(readyFile())
      $0.pair.storage[image] = .known(.same(proof: "nonce"))
    }),
  RuleCase(
    "storage.copy-space", .unknown, "the target looks like the disk itself",
    copy("raw") { $0.destination.files[image] = .known(readyFile()) }),
  RuleCase(
    "storage.copy-space", .holds, "the target only looks like the disk itself",
    copy("raw") {
      $0.destination.files[image] = .known(readyFile())
      $0.pair.storage[image] = .known(.different(source: "nonce", destination: "none"))
    }),
  RuleCase("storage.copy-space", .notApplicable, "no copy asked for") { $0.domain.diskSizes = .gap(gap) },
  RuleCase("storage.copy-space", .notApplicable, "another disk is copied", copy { $0.request.migrateDisks = ["vdb"] }),
  RuleCase("storage.copy-space", .notApplicable, "offline", copy { $0.request.mode = .offline }),
]
