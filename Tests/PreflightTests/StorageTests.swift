import MigrationModel
import Testing

@testable import Preflight

private let image = "/srv/web1.qcow2"

private func copying(_ copy: MigrationRequest.StorageCopy, _ disks: [String] = []) -> Move {
  move {
    $0.request.copyStorage = copy
    $0.request.migrateDisks = disks
  }
}

@Suite struct StoragePresenceTests {
  @Test func aFileOnBothHostsPasses() { #expect(readyMove().answer("storage.present") == .holds) }

  @Test func anAbsentFileBlocks() {
    let finding = move { $0.destination.files[image] = .known(nil) }.findings("storage.present").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.subject == image)
    #expect(finding?.source == "regular, 10 GiB, nfs4 from nas:/srv")
    #expect(finding?.destination == "absent")
    #expect(finding?.remedyText.contains("nas:/srv") == true)
    #expect(finding?.remedyText.contains("--copy-storage-all --migrate-disks vda") == true)
  }

  @Test func anAbsentBackingFileBlocksToo() {
    let findings = move {
      $0.domain.disks[0].backingFiles = ["/srv/base.qcow2", "/srv/root.raw"]
      $0.destination.files["/srv/base.qcow2"] = .known(readyFile())
      $0.destination.files["/srv/root.raw"] = .known(nil)
    }.findings("storage.present")
    #expect(findings.map(\.subject) == ["/srv/root.raw"])
  }

  @Test func anotherKindOfFileBlocks() {
    let finding = move { $0.destination.files[image] = .known(readyFile(kind: "block")) }
      .findings("storage.present").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source.hasPrefix("regular") == true)
    #expect(finding?.destination.hasPrefix("block") == true)
  }

  @Test func anAbsentCDROMCanBeEjected() {
    let finding = move {
      $0.domain.disks.append(Disk(target: "sda", device: "cdrom", source: .file("/iso/x.iso"), isReadOnly: true))
      $0.destination.files["/iso/x.iso"] = .known(nil)
    }.findings("storage.present").first
    #expect(finding?.remedyText.contains("change-media --domain web1 --path sda --eject") == true)
    #expect(finding?.remedyText.contains("--copy-storage") == false)
  }

  @Test func namesAreLiteralInMessagesAndQuotedInRemedies() {
    let path = "/srv/\(nastyName)"
    let finding = move {
      $0.domain.disks = [Disk(target: "vda", source: .file(path))]
      $0.destination.files[path] = .known(nil)
    }.findings("storage.present").first
    #expect(finding?.message.contains(path) == true)
    #expect(finding?.remedyText.contains("ls -l \(path.shellQuoted)") == true)
    #expect(finding?.remedyText.contains("ls -l \(path)") == false)
  }

  @Test func aFileThatNobodyAskedForIsUnknown() {
    #expect(move { $0.destination.files = [:] }.findings("storage.present").map(\.severity) == [.unknown])
  }

  @Test func copiedEmptyAndRemoteDisksNeedNoFile() {
    #expect(copying(.all).answer("storage.present")?.isNotApplicable == true)
    for source in [Disk.Source.none, .network(protocol: "rbd", name: "p/i"), .other("nvme")] {
      #expect(
        move { $0.domain.disks = [Disk(target: "vda", source: source)] }.answer("storage.present")?.isNotApplicable
          == true)
    }
    #expect(move { $0.domain.disks = [] }.answer("storage.present")?.isNotApplicable == true)
  }

  @Test func anIncrementalCopyNeedsTheFilesBelow() {
    let copy = copying(.incremental).with {
      $0.domain.disks[0].backingFiles = ["/srv/base.qcow2"]
      $0.destination.files = [image: .known(nil), "/srv/base.qcow2": .known(nil)]
    }
    #expect(copy.findings("storage.present").map(\.subject) == ["/srv/base.qcow2"])
  }

  @Test func onlyTheNamedDisksAreCopied() {
    let copy = copying(.all, ["vdb"]).with {
      $0.domain.disks.append(Disk(target: "vdb", source: .file("/local/b.raw")))
      $0.destination.files[image] = .known(nil)
    }
    #expect(copy.findings("storage.present").map(\.subject) == [image])
    let all = copying(.all).with {
      $0.domain.disks = [
        Disk(target: "vda", source: .file("/a"), isReadOnly: true),
        Disk(target: "vdb", source: .file("/b"), isShareable: true), Disk(target: "vdc", source: .file("/c")),
      ]
      $0.destination.files = ["/a": .known(nil), "/b": .known(nil)]
    }
    #expect(all.findings("storage.present").map(\.subject) == ["/a", "/b"])
  }
}

@Suite struct StorageIdentityTests {
  @Test func theSameStoragePasses() { #expect(readyMove().answer("storage.identity") == .holds) }

  @Test func otherStorageUnderTheSamePathBlocks() {
    let finding = move { $0.pair.storage[image] = .known(.different(source: "nonce 7", destination: "no nonce")) }
      .findings("storage.identity").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "nonce 7")
    #expect(finding?.destination == "no nonce")
    #expect(finding?.message.contains("same path but other storage on kvm2") == true)
    #expect(finding?.remedyText.contains("findmnt --target \(image)") == true)
  }

  @Test func aBackingFileOnOtherStorageBlocksToo() {
    let findings = move {
      $0.domain.disks[0].backingFiles = ["/srv/base.qcow2", "/srv/unasked.raw"]
      $0.pair.storage["/srv/base.qcow2"] = .known(.different(source: "inode 1", destination: "inode 2"))
    }.findings("storage.identity")
    #expect(findings.map(\.subject) == ["/srv/base.qcow2"])
  }

  @Test func noProofIsUnknownAndNeverReady() {
    let unproven = move { $0.pair.storage = [:] }
    #expect(unproven.findings("storage.identity").map(\.severity) == [.unknown])
    #expect(unproven.assessed().verdict == .inconclusive)
  }

  @Test func copiedAbsentAndReadOnlyMediaNeedNoProof() {
    let cdrom = Disk(target: "sda", device: "cdrom", source: .file("/x.iso"), isReadOnly: true)
    for disks in [[cdrom], []] {
      #expect(move { $0.domain.disks = disks }.answer("storage.identity")?.isNotApplicable == true)
    }
    #expect(copying(.all).answer("storage.identity")?.isNotApplicable == true)
    #expect(move { $0.destination.files[image] = .known(nil) }.answer("storage.identity")?.isNotApplicable == true)
  }

  @Test func aReadOnlyDiskIsProvenAllTheSame() {
    let disk = Disk(target: "vda", source: .file("/ro.raw"), isReadOnly: true)
    #expect(move { $0.domain.disks = [disk] }.findings("storage.identity").map(\.severity) == [.unknown])
  }
}

@Suite struct StoragePoolTests {
  private let pool = StoragePool(name: "vms", type: "dir", isActive: true, target: "/srv")

  private func volumeMove(_ change: (inout Move) -> Void = { _ in }) -> Move {
    move {
      $0.domain.disks = [Disk(target: "vda", source: .volume(pool: "vms", volume: "web1.qcow2"))]
      $0.source.pools = .known([pool])
      $0.destination.pools = .known([pool])
      $0.source.volumes = ["vms/web1.qcow2": .known(image)]
      $0.destination.volumes = ["vms/web1.qcow2": .known(image)]
      change(&$0)
    }
  }

  @Test func aVolumeThatResolvesPassesEveryStorageRule() {
    for rule in ["storage.pool", "storage.present", "storage.identity"] { #expect(volumeMove().answer(rule) == .holds) }
    #expect(volumeMove { $0.destination.files = [:] }.answer("storage.present") == .holds)
    #expect(volumeMove().assessed().verdict == .ready)
  }

  @Test func aVolumesFileMayStillBeAbsent() {
    #expect(
      volumeMove { $0.destination.files[image] = .known(nil) }.findings("storage.present").map(\.severity) == [.blocker]
    )
  }

  @Test func aPoolThatIsNotDefinedBlocksItsVolumes() {
    let finding = volumeMove { $0.destination.pools = .known([]) }.findings("storage.pool").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "dir at /srv, active")
    #expect(finding?.destination == "absent")
    #expect(finding?.remedyText.contains("pool-dumpxml --pool vms > pool.xml") == true)
  }

  @Test func aPoolThatIsNotActiveBlocksItsVolumes() {
    let finding = volumeMove {
      $0.destination.pools = .known([StoragePool(name: "vms", type: "dir", isActive: false, target: "/srv")])
    }.findings("storage.pool").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.destination == "dir at /srv, inactive")
    #expect(finding?.remedy == ["virsh -c qemu+ssh://kvm2/system pool-start --pool vms"])
  }

  @Test func aVolumeThatDoesNotResolveBlocks() {
    let absent = volumeMove { $0.destination.volumes = ["vms/web1.qcow2": .known(nil)] }
    #expect(absent.findings("storage.pool").map(\.severity) == [.blocker])
    #expect(absent.findings("storage.pool").first?.subject == "vms/web1.qcow2")
    #expect(absent.findings("storage.pool").first?.remedyText.contains("pool-refresh --pool vms") == true)
    #expect(absent.answer("storage.present")?.isNotApplicable == true)
  }

  @Test func unreadVolumesAreUnknown() {
    let unread = volumeMove { $0.destination.volumes = [:] }
    #expect(unread.findings("storage.pool").map(\.severity) == [.unknown])
    #expect(unread.findings("storage.present").map(\.severity) == [.unknown])
    #expect(volumeMove { $0.source.volumes = [:] }.findings("storage.identity").map(\.severity) == [.unknown])
  }

  @Test func anotherTargetWarns() {
    let finding = volumeMove {
      $0.destination.pools = .known([StoragePool(name: "vms", type: "netfs", isActive: true, target: "/mnt")])
    }.findings("storage.pool").first
    #expect(finding?.severity == .warning)
    #expect(finding?.source == "dir at /srv, active")
    #expect(finding?.destination == "netfs at /mnt, active")
  }

  @Test func aPoolAroundAPathOnlyWarns() {
    let byPath = move { $0.source.pools = .known([pool]) }
    #expect(byPath.findings("storage.pool").map(\.severity) == [.warning])
    #expect(byPath.with { $0.destination.pools = .known([pool]) }.answer("storage.pool") == .holds)
  }

  @Test func aPoolThatHoldsNoDiskIsNotAsked() {
    let other = StoragePool(name: "other", type: "dir", isActive: true, target: "/sr")
    #expect(move { $0.source.pools = .known([other]) }.answer("storage.pool")?.isNotApplicable == true)
    #expect(move { $0.domain.disks = [] }.answer("storage.pool")?.isNotApplicable == true)
  }
}
