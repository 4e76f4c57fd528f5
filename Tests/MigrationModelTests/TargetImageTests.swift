import MigrationModel
import Testing

/// A running guest with those disks, of which each has 1 MiB.
private func images(
  _ disks: [Disk], _ copy: MigrationRequest.StorageCopy? = .all, sizes: [String: DiskSize]? = nil,
  _ change: (inout MigrationRequest, inout DomainFacts) -> Void = { _, _ in }
) throws -> [TargetImage] {
  var request = MigrationRequest()
  request.copyStorage = copy
  var guest = DomainFacts(name: "web1", uuid: "u")
  guest.disks = disks
  change(&request, &guest)
  let size = DiskSize(capacity: .mebibytes(1), allocation: .bytes(0))
  return try request.targetImages(
    of: guest, sizes ?? Dictionary(disks.map { ($0.target, size) }, uniquingKeysWith: { first, _ in first }))
}

private func disk(
  _ target: String = "vda", _ source: Disk.Source = .file("/srv/a.img"), format: String? = "qcow2",
  backing: Disk.Backing? = .nothing, isReadOnly: Bool = false, isShareable: Bool = false
) -> Disk {
  Disk(
    target: target, source: source, isReadOnly: isReadOnly, isShareable: isShareable, backing: backing, format: format)
}

private let base = Disk.Backing.image(.file("/srv/base.img"), format: "raw")

@Suite struct TargetImageTests {
  @Test func aFullCopyStandsAloneWhateverItsDiskStandsOn() throws {
    #expect(
      try images([disk(backing: base)]) == [
        TargetImage(disk: "vda", place: .file("/srv/a.img"), format: "qcow2", capacity: .mebibytes(1))
      ])
    #expect(try images([disk(backing: nil)]).map(\.backing) == [nil])
  }

  @Test func anIncrementalCopyStandsOnWhatItsDiskStandsOn() throws {
    let backing = TargetImage.Backing(path: "/srv/base.img", format: "raw")
    #expect(try images([disk(backing: base)], .incremental).map(\.backing) == [backing])
    #expect(try images([disk(backing: .nothing)], .incremental).map(\.backing) == [nil])
    #expect(try images([disk(format: "raw", backing: nil)], .incremental).map(\.backing) == [nil])
    let device = Disk.Backing.image(.block("/dev/vg/base"), format: "raw")
    #expect(try images([disk(backing: device)], .incremental).map(\.backing?.path) == ["/dev/vg/base"])
  }

  /// Without what it stands on, the guest would read zeros where the top image holds nothing.
  @Test func anIncrementalCopyOfAnUnknownChainIsNotMade() throws {
    let unknown: [Disk.Backing?] = [
      nil, .image(.file("/srv/base.img"), format: nil), .image(.network(protocol: "rbd", name: "p/i"), format: "raw"),
    ]
    for backing in unknown { #expect(try images([disk(backing: backing)], .incremental).isEmpty, "\(backing as Any)") }
  }

  @Test func noFormatIsRaw() throws { #expect(try images([disk(format: nil)]).map(\.format) == ["raw"]) }

  @Test func onlyImagesInFilesAndVolumesAreMade() throws {
    let sources: [Disk.Source] = [
      .none, .block("/dev/vg/a"), .directory("/srv"), .network(protocol: "nbd", name: "a"), .other("nvme"),
      .file("a.img"),
    ]
    for source in sources { #expect(try images([disk("vda", source)]).isEmpty, "\(source)") }
    let volume = Disk.Source.volume(pool: "vms", volume: "a")
    #expect(try images([disk("vda", volume)]).map(\.place) == [.volume(pool: "vms", name: "a")])
    #expect(try images([disk("vda", volume)], .incremental).isEmpty, "libvirt refuses to copy it")
    #expect(try images([disk(format: "vmdk")]).isEmpty)
  }

  @Test func encryptedImagesAreNotMade() throws {
    let made = try images([disk("vda"), disk("vdb")]) { _, guest in
      guest.secrets = [SecretUse(uuid: "s", user: "disk vda"), SecretUse(uuid: "t", user: "tpm")]
    }
    #expect(made.map(\.disk) == ["vdb"])
  }

  @Test func onlyCopiedDisksGetOne() throws {
    let disks = [
      disk("vda"), disk("vdb", isReadOnly: true), disk("vdc", isShareable: true), disk("vdd"),
    ]
    #expect(try images(disks).map(\.disk) == ["vda", "vdd"])
    #expect(try images(disks) { request, _ in request.migrateDisks = ["vdd", "vdc"] }.map(\.disk) == ["vdc", "vdd"])
    #expect(try images(disks, nil).isEmpty)
    let size = DiskSize(capacity: .bytes(1_000_448), allocation: .bytes(0))
    let last = try images(disks, sizes: ["vdd": size]) { request, _ in request.migrateDisks = ["vdd"] }
    #expect(last.map(\.capacity) == [.bytes(1_000_448)])
  }

  /// libvirt would make the target itself, and leave it behind when the move fails.
  @Test func aCopiedDiskWithoutASizeIsAnError() {
    let error = #expect(throws: UnknownDiskSize.self) { try images([disk("vda")], sizes: [:]) }
    #expect(error?.description == "web1: the size of disk vda, which is to be copied, is not known")
    #expect(throws: Never.self) { try images([disk("vdb", isReadOnly: true)], sizes: [:]) }
  }

  @Test func nothingIsMadeWhereNothingRuns() throws {
    #expect(try images([disk()]) { request, _ in request.mode = .offline }.isEmpty)
    #expect(try images([disk()]) { _, guest in guest.state = .shutOff }.isEmpty)
  }
}
