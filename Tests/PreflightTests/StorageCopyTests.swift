import MigrationModel
import Testing

@testable import Preflight

private let vms = StoragePool(name: "vms", type: "dir", isActive: true, target: "/srv")

/// Two disks of 10 GiB, 4 of them allocated, that are copied to /srv, where both are made.
private func twoCopies(_ change: (inout Move) -> Void = { _ in }) -> Move {
  move {
    $0.request.copyStorage = .all
    let size = DiskSize(capacity: .mebibytes(10240), allocation: .mebibytes(4096))
    $0.domain.disks = ["vda", "vdb"].map { Disk(target: $0, source: .file("/srv/\($0).img"), format: "qcow2") }
    $0.domain.diskSizes = .known(["vda": size, "vdb": size])
    $0.destination.files = [
      "/srv/vda.img": .known(nil), "/srv/vdb.img": .known(nil), "/srv": storedFile(on: "xfs", kind: "directory"),
    ]
    $0.destination.pools = .known([vms])
    $0.destination.freeSpace = ["/srv": .known(.mebibytes(8192))]
    change(&$0)
  }
}

@Suite struct StorageCopyTests {
  @Test func copiesIntoOneDirectoryAddUp() {
    #expect(twoCopies().answer("storage.copy-space") == .holds)
    let findings = twoCopies { $0.destination.freeSpace["/srv"] = .known(.mebibytes(8191)) }.findings(
      "storage.copy-space")
    #expect(findings.map(\.subject) == ["/srv"])
    #expect(findings.first?.source == "8 GiB to copy")
    #expect(findings.first?.message.contains("the copy of vda and vdb of web1 takes 8 GiB") == true)
    #expect(findings.first?.remedyText.contains("8589934592 bytes are needed") == true)
  }

  @Test func sizesThatDoNotFitInto64BitsDoNotTrap() {
    let huge = DiskSize(capacity: .bytes(.max), allocation: .bytes(.max))
    let move = twoCopies { $0.domain.diskSizes = .known(["vda": huge, "vdb": huge]) }
    #expect(move.findings("storage.copy-space").map(\.severity) == [.blocker])
  }

  @Test func everyTargetThatCannotBeMadeIsNamedWithTheCommandThatHelps() {
    let findings = twoCopies { $0.destination.files["/srv"] = .known(nil) }.findings("storage.copy-space")
    #expect(findings.map(\.subject) == ["/srv/vda.img", "/srv/vdb.img"])
    #expect(findings.first?.source == "10 GiB (10737418240 bytes)")
    #expect(findings.first?.message.contains("nor can one be made: there is no directory /srv") == true)
    #expect(findings.first?.remedyText.contains("mkdir -p /srv") == true)
    let encrypted = twoCopies { $0.domain.secrets = [SecretUse(uuid: "s", user: "disk vda")] }
      .findings("storage.copy-space")
    #expect(encrypted.map(\.subject) == ["/srv/vda.img"])
    #expect(encrypted.first?.remedyText.contains("qemu-img create -f qcow2 /srv/vda.img 10737418240") == true)
    let inactive = twoCopies {
      $0.destination.pools = .known([StoragePool(name: "vms", type: "netfs", isActive: false, target: "/srv/")])
    }.findings("storage.copy-space").first
    #expect(inactive?.message.contains("/srv belongs to storage pool vms, which is not active") == true)
    #expect(inactive?.remedyText.contains("pool-start --pool vms") == true)
  }

  /// A disk whose images below are copied too is not told twice in one sentence.
  @Test func aFlattenedDiskIsNamedOnce() {
    let finding = twoCopies {
      $0.domain.disks[0].backing = .image(.file("/srv/base.img"), format: "raw")
    }.findings("storage.copy-space").first
    #expect(finding?.severity == .warning)
    #expect(finding?.message.contains("the copy of vda and vdb of web1 takes up to 14 GiB") == true)
  }

  /// QEMU rounds the length of a raw image up to 512 bytes, on both sides.
  @Test func aRawImageOfAnOddLengthFits() {
    let move = twoCopies {
      $0.domain.disks = [Disk(target: "vda", source: .file("/srv/vda.img"), format: "raw")]
      $0.domain.diskSizes = .known([
        "vda": DiskSize(capacity: .bytes(1_000_448), allocation: .bytes(0), physical: .bytes(1_000_000))
      ])
      $0.destination.files["/srv/vda.img"] = storedFile(on: "xfs", size: .bytes(1_000_000))
    }
    #expect(move.answer("storage.copy-space") == .holds)
  }

  /// The image that an incremental copy is to stand on is not made.
  @Test func anIncrementalCopyWithoutItsBackingFileIsBlocked() {
    let blocked = twoCopies {
      $0.request.copyStorage = .incremental
      $0.domain.disks = [
        Disk(
          target: "vda", source: .file("/srv/vda.img"), backingFiles: ["/srv/base.img"],
          backing: .image(.file("/srv/base.img"), format: "raw"), format: "qcow2")
      ]
      $0.destination.files["/srv/base.img"] = .known(nil)
    }
    #expect(blocked.answer("storage.copy-space") == .holds)
    #expect(blocked.findings("storage.present").map(\.subject) == ["/srv/base.img"])
  }

  @Test func anIncrementalTargetIsMadeOnItsBackingFile() {
    let finding = twoCopies {
      $0.request.copyStorage = .incremental
      $0.domain.disks = [
        Disk(target: "vda", source: .file("/srv/vda.img"), backingFiles: ["/srv/base.img"], format: "qcow2")
      ]
    }.findings("storage.copy-space").first
    #expect(finding?.message.contains("its XML does not tell what its image stands on") == true)
    #expect(
      finding?.remedyText.contains("qemu-img create -f qcow2 -b /srv/base.img -F FORMAT /srv/vda.img 10737418240")
        == true)
  }

  @Test func anImageOfAnotherSizeIsResizedToTheByte() {
    let larger = twoCopies {
      $0.destination.files["/srv/vda.img"] = .known(readyFile())
      $0.destination.imageSizes["/srv/vda.img"] = .known(.mebibytes(10241))
    }.findings("storage.copy-space").first
    #expect(larger?.destination == "10 GiB (10738466816 bytes)")
    #expect(larger?.remedyText.contains("qemu-img resize -f qcow2 --shrink /srv/vda.img 10737418240") == true)
  }

  @Test func namesAreQuotedInCommands() {
    let path = "/srv/\(nastyName)"
    let finding = twoCopies {
      $0.domain.disks = [Disk(target: "vda", source: .file(path), format: "qcow2")]
      $0.domain.secrets = [SecretUse(uuid: "s", user: "disk vda")]
      $0.destination.files = [path: .known(nil)]
    }.findings("storage.copy-space").first
    #expect(finding?.remedyText.contains("qemu-img create -f qcow2 \(path.shellQuoted) 10737418240") == true)
    #expect(finding?.remedyText.contains("$(reboot) \"né\" --x 107") == false)
  }
}

@Suite struct StorageSafetyTests {
  @Test func aLocalFileSystemIsNamedWithWhatMendsIt() {
    let finding = move {
      $0.source.files["/srv/web1.qcow2"] = .known(
        FileIdentity(kind: "regular", size: .bytes(1), fileSystem: "ext4", mountSource: "/dev/sda1", inode: 7))
    }.findings("storage.filesystem").first
    #expect(finding?.source == "ext4 from /dev/sda1")
    #expect(finding?.message.contains("lies on ext4 on kvm1, which libvirt does not take for shared") == true)
    #expect(finding?.remedyText.contains("--copy-storage-all --migrate-disks vda") == true)
  }

  @Test func eachCachedDiskIsNamed() {
    let findings = move {
      $0.domain.runningQEMU = .known(Version(3, 1, 0))
      $0.domain.disks = ["vda", "vdb"].map { Disk(target: $0, source: .block("/dev/\($0)"), cache: "writeback") }
    }.findings("storage.cache")
    #expect(findings.map(\.subject) == ["vda", "vdb"])
    #expect(findings.first?.source == "cache writeback, QEMU 3.1.0")
  }

  @Test func locksInOtherPlacesShowBoth() {
    let finding = move {
      let conf: Fact<[String: String]> = .known(["lock_manager": "lockd"])
      ($0.source.qemuConf, $0.destination.qemuConf) = (conf, conf)
      $0.source.lockConf = .known(["file_lockspace_dir": "/shared/locks"])
    }.findings("storage.locks").first
    #expect(finding?.source == "/shared/locks")
    #expect(finding?.destination == "not set")
    #expect(finding?.remedyText.contains("/etc/libvirt/qemu-lockd.conf") == true)
  }
}
