import DomainXML
import Engine
import Foundation
import Libvirt
import MigrationModel
import Testing
import Trials
import Threads

@testable import Lab

/// Target images of copied disks, made and removed by real libvirt daemons.
@Suite(.serialized) struct StorageCopyLabTests {
  private static let directory = LabPlan.localPath

  private func image(
    _ name: String, _ format: String = "qcow2", _ bytes: UInt64 = 8 << 20, backing: String? = nil,
    in directory: String = Self.directory
  ) -> TargetImage {
    TargetImage(
      disk: "vda", place: .file("\(directory)/\(name)"), format: format, capacity: .bytes(bytes),
      backing: backing.map { TargetImage.Backing(path: $0, format: "raw") })
  }

  /// What was made, and what was announced before.
  private func make(
    _ images: [TargetImage], on host: LabHost
  ) async throws -> (made: [TargetImage], announced: [StorageLeftover]) {
    try await keeping(on: host) { keeper in
      var announced: [StorageLeftover] = []
      return (try keeper.make(images) { announced.append($0) }, announced)
    }
  }

  private func remove(
    _ images: [TargetImage], ofGuest uuid: String = UUID().uuidString, on host: LabHost
  ) async throws -> [ImageError] {
    try await keeping(on: host) { $0.remove(images, ofGuest: uuid) }
  }

  /// Also shows that no handle of a pool or volume was left: the connection would stay open.
  private func keeping<Result: Sendable>(
    on host: LabHost, _ body: @escaping @Sendable (ImageKeeper) throws -> Result
  ) async throws -> Result {
    try await blocking {
      let connection = try Connection.open(host.uri, host: host.name)
      let outcome = Swift.Result { try body(ImageKeeper(on: connection, id: "t1")) }
      #expect(try connection.close() == 0)
      return try outcome.get()
    }
  }

  private func errorOfMaking(_ images: [TargetImage], on host: LabHost) async throws -> String {
    do { return "nothing failed: \(try await make(images, on: host))" } catch { return "\(error)" }
  }

  private func names(_ lab: Lab, _ host: LabHost, in directory: String = Self.directory) async throws -> [String] {
    try await lab.require(on: host, ["ls", "-A", directory], to: "list \(directory)").output.split(separator: "\n")
      .map(String.init)
  }

  private func pools(_ lab: Lab, _ host: LabHost) async throws -> String {
    try await lab.virsh(on: host, ["pool-list", "--all", "--name"]).text
  }

  private func information(of path: String, _ lab: Lab, _ host: LabHost) async throws -> [String: any Sendable] {
    let format = path.hasSuffix("raw") ? "raw" : "qcow2"
    return try Tool.object(
      try await lab.require(
        on: host, ["qemu-img", "info", "-U", "-f", format, "--output=json", path], to: "see \(path)"
      )
      .output)
  }

  @Test func imagesAreMadeToTheByteOutsideOfPoolsAndRemoved() async throws {
    try await withTestLab("images") { lab in
      let two = try lab.host(2)
      let sizes: [UInt64] = [1_000_448, 1 << 20, (1 << 20) + 512, (8 << 20) - 512]
      let images =
        [image("1.raw", "raw", 512)]
        + sizes.flatMap { [image("a & <b>'\" é,=\($0).raw", "raw", $0), image("\($0).qcow2", "qcow2", $0)] }
      let (made, announced) = try await make(images, on: two)
      #expect(made == images)
      #expect(announced.compactMap { if case .image(let image) = $0 { image } else { nil } } == images)
      #expect(announced.contains(.pool(name: "migrate-t1", directory: Self.directory)))
      for image in made {
        let seen = try await information(of: "\(image.place)", lab, two)
        #expect(seen["virtual-size"] as? Int == Int(image.capacity.rawValue), "\(image)")
        #expect((seen["actual-size"] as? Int).map { $0 < 300_000 } == true, "sparse: \(seen)")
        let owner = try await lab.run(on: two, ["stat", "-c", "%U %a", "\(image.place)"]).output.trimmed
        #expect(owner == "root 600")
      }
      #expect(try await pools(lab, two) == "shared", "no transient pool is left")
      #expect(try await make(images, on: two).made == [], "all of them are there")
      #expect(try await remove(made, on: two) == [])
      #expect(try await names(lab, two) == [])
      #expect(try await remove(made, on: two) == [], "what is gone is no failure")
    }
  }

  @Test func volumesOfPoolsAreMadeAndRemoved() async throws {
    try await withTestLab("volumes") { lab in
      let two = try lab.host(2)
      let path = LabPlan.sharedPath
      let images = [
        TargetImage(disk: "vda", place: .volume(pool: "shared", name: "v.img"), format: "raw", capacity: .mebibytes(1)),
        image("in-pool.qcow2", in: path),
      ]
      let (made, announced) = try await make(images, on: two)
      #expect(made == images)
      #expect(announced == images.map(StorageLeftover.image), "the directory has a pool already")
      #expect(try await names(lab, two, in: path) == ["in-pool.qcow2", "v.img"])
      #expect(try await remove(made, on: two) == [])
      #expect(try await names(lab, two, in: path) == [])
      let nowhere = TargetImage(
        disk: "vda", place: .volume(pool: "none", name: "v"), format: "raw", capacity: .mebibytes(1))
      #expect(try await errorOfMaking([nowhere], on: two).contains("host2: cannot look up storage pool none"))
    }
  }

  @Test func whatIsThereIsNeverTouched() async throws {
    try await withTestLab("there") { lab in
      let two = try lab.host(2)
      let kept = "\(two.localDirectory)/kept.raw"
      let contents = String(repeating: "guest", count: 1 << 18)
      try Files.write(contents, to: kept)
      let bytes = UInt64(contents.utf8.count)
      let (made, _) = try await make([image("new.raw", "raw"), image("kept.raw", "raw", bytes)], on: two)
      #expect(made.map { "\($0.place)" } == ["\(Self.directory)/new.raw"])

      let larger = try await errorOfMaking([image("kept.raw", "raw", bytes + 512)], on: two)
      #expect(larger.contains("host2: \(Self.directory)/kept.raw, for disk vda: it has \(bytes) bytes"))
      #expect(
        try await errorOfMaking([image("kept.raw", "qcow2", bytes)], on: two).contains("format raw and not qcow2"))
      _ = try await make([image("own.qcow2")], on: two)
      #expect(try await errorOfMaking([image("own.qcow2", "raw")], on: two).contains("format qcow2 and not raw"))
      // The third fails: the first two go again, and what was there before stays.
      let images = [image("one.raw", "raw"), image("two.qcow2"), image("kept.raw", "raw", 512)]
      #expect(try await errorOfMaking(images, on: two).contains("and the disk has 512"))
      #expect(try await names(lab, two) == ["kept.raw", "new.raw", "own.qcow2"])
      // Also when somebody has put another in the place of one that was made.
      let left = try await remove([image("kept.raw", "raw", 512)], on: two)
      #expect(left.map(\.reason) == ["it has \(bytes) bytes, and the disk has 512"])
      #expect(try Files.read(kept) == contents)
    }
  }

  @Test func whatCannotBeMadeNamesHostThingAndCause() async throws {
    try await withTestLab("cannot") { lab in
      let (two, missing) = (try lab.host(2), "/var/lib/libvirt/nowhere")
      let nowhere = try await errorOfMaking([image("a.raw", "raw", in: missing)], on: two)
      #expect(nowhere.contains("host2: cannot make a storage pool of \(missing): "))
      #expect(nowhere.contains("No such file or directory"))

      try await lab.virsh(on: two, ["pool-define-as", "idle", "dir", "--target", Self.directory]).check("define idle")
      let idle = try await errorOfMaking([image("a.raw", "raw")], on: two)
      #expect(idle.contains("its directory belongs to storage pool idle, which is not active"))
      try await lab.virsh(on: two, ["pool-undefine", "idle"]).check("undefine idle")

      let baseless = try await errorOfMaking([image("a.qcow2", backing: "/nowhere/base")], on: two)
      #expect(baseless.contains("/nowhere/base"))

      let tool = "/usr/bin/qemu-img"
      try await lab.require(on: two, ["mount", "--bind", "/dev/null", tool], to: "hide qemu-img")
      #expect(try await errorOfMaking([image("a.qcow2")], on: two).contains("without qemu-img"))
      try await lab.require(on: two, ["umount", tool], to: "show qemu-img")

      let small = ["mount", "-t", "tmpfs", "-o", "size=1M", "none", Self.directory]
      try await lab.require(on: two, small, to: "make a small disk")
      try await lab.run(on: two, ["dd", "if=/dev/zero", "of=\(Self.directory)/fill", "bs=4k"])
      let full = try await errorOfMaking([image("one.raw", "raw"), image("two.qcow2")], on: two)
      #expect(full.contains("host2: cannot make volume two.qcow2 of pool migrate-t1: "))
      #expect(full.contains("No space left on device"))
      #expect(try await names(lab, two) == ["fill"])
      #expect(try await pools(lab, two) == "shared")
    }
  }

  /// Starts a guest with a raw disk, and one whose qcow2 image stands on a raw one that host2 has too. It boots from
  /// nothing: another user than root cannot read the lab's kernel. Returns its UUID.
  private func boot(_ lab: Lab, on host: LabHost) async throws -> String {
    let (top, base) = ("\(Self.directory)/top.qcow2", "\(Self.directory)/base.raw")
    for host in lab.hosts {
      try await lab.require(on: host, ["truncate", "-s", "8M", base], to: "make \(base)")
      try await lab.require(on: host, ["chmod", "644", base], to: "open \(base)")
      try await lab.require(on: host, ["qemu-io", "-f", "raw", "-c", "write -P 0x11 0 4M", base], to: "write it")
    }
    try await lab.require(on: host, ["truncate", "-s", "1000000", "\(Self.directory)/a.raw"], to: "make a disk")
    let create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", top]
    try await lab.require(on: host, create, to: "make \(top)")
    try await lab.require(on: host, ["qemu-io", "-c", "write -P 0x22 1M 1M", top], to: "write \(top)")
    let uuid = UUID().uuidString.lowercased()
    let disks = [("a.raw", "raw", "vda"), ("top.qcow2", "qcow2", "vdb")].map { name, format, target in
      "<disk type='file' device='disk'><driver name='qemu' type='\(format)'/>"
        + "<source file='\(Self.directory)/\(name)'/><target dev='\(target)' bus='virtio'/></disk>"
    }
    let xml =
      "<domain type='qemu'><name>copied</name><uuid>\(uuid)</uuid><memory unit='MiB'>64</memory>"
      + "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>\(disks.joined())</devices></domain>"
    try await lab.virsh(on: host, ["create", "/dev/stdin"], input: xml).check("start a guest")
    return uuid
  }

  /// What the guest's disks need, as the engine learns it.
  private func targets(
    ofGuest uuid: String, _ copy: MigrationRequest.StorageCopy, on host: LabHost
  ) async throws -> [TargetImage] {
    try await blocking {
      let connection = try Connection.open(host.uri, host: host.name)
      let domain = try connection.domain(uuid: uuid)
      var facts = try DomainDescription(parsing: try domain.xml()).facts
      facts.state = try domain.status().state
      var request = MigrationRequest()
      request.copyStorage = copy
      let sizes = try facts.disks.filter(request.copies).map { ($0.target, try domain.size(ofDisk: $0.target)) }
      return try request.targetImages(of: facts, Dictionary(sizes, uniquingKeysWith: { first, _ in first }))
    }
  }

  /// A destination QEMU that is not root opens what root's libvirtd made; the disks read the same afterwards.
  @Test(arguments: ["all", "inc"]) func aGuestMovesOntoImagesThatWereMade(copy: String) async throws {
    try await withTestLab("copy-\(copy)") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let uuid = try await boot(lab, on: one)
      let images = try await targets(ofGuest: uuid, copy == "all" ? .all : .incremental, on: one)
      #expect(images.map(\.disk) == ["vda", "vdb"])
      #expect(images.map(\.backing?.path) == [nil, copy == "all" ? nil : "\(Self.directory)/base.raw"])
      let user: Fault = .qemuSettings(["user": "\"nobody\"", "group": "\"nogroup\""], on: two)
      try await lab.withFault(user) {
        let made = try await make(images, on: two).made
        #expect(made == images)
        let arguments = ["migrate", "--live", "--p2p", "--copy-storage-\(copy)", uuid, two.uri]
        try await lab.virsh(on: one, arguments).check("migrate")
        let refused = try await remove(made, ofGuest: uuid, on: two)
        #expect(refused.map(\.reason) == made.map { _ in "not removed: the guest runs there" })
        try await lab.virsh(on: two, ["destroy", uuid]).check("destroy the guest")
      }
      let top = "\(Self.directory)/top.qcow2"
      for read in ["read -P 0x11 0 1M", "read -P 0x22 1M 1M", "read -P 0x11 2M 2M", "read -P 0 4M 4M"] {
        let seen = try await lab.run(on: two, ["qemu-io", "-r", "-c", read, top])
        #expect(seen.isSuccess && !seen.output.contains("Pattern verification failed"), "\(read): \(seen)")
      }
      let seen = try await information(of: top, lab, two)
      #expect(seen["backing-filename"] as? String == (copy == "all" ? nil : "\(Self.directory)/base.raw"))
    }
  }

  /// libvirt leaves what it made itself (docs/libvirt.md); what is made here goes.
  @Test func aFailedMoveLeavesNoImage() async throws {
    try await withTestLab("copy-fails") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "stays", memory: 64, disk: .local(mebibytes: 8), connection: .none)
      try await lab.create(guest, on: one)
      let arguments = ["migrate", "--live", "--p2p", "--copy-storage-all", "--migrateuri", "tcp://192.0.2.1:49200"]
      let path = try #require(guest.diskPath)
      try await lab.virsh(on: two, ["pool-create-as", "own", "dir", "--target", Self.directory]).check("make a pool")
      #expect(try await !lab.virsh(on: one, arguments + [guest.id, two.uri]).isSuccess)
      #expect(try await names(lab, two) == ["\(guest.id).img"], "made by libvirt, and left")
      try await lab.require(on: two, ["rm", path], to: "remove what libvirt left")

      let images = try await targets(ofGuest: guest.id, .all, on: one)
      #expect(images.map(\.place) == [.file(path)])
      let made = try await make(images, on: two).made
      #expect(made == images)
      let there = try await names(lab, two)
      #expect(there == ["\(guest.id).img"])
      #expect(try await !lab.virsh(on: one, arguments + [guest.id, two.uri]).isSuccess)
      #expect(try await lab.virsh(on: one, ["domstate", guest.id]).text == "running")
      #expect(try await remove(made, ofGuest: guest.id, on: two) == [])
      #expect(try await names(lab, two) == [])
    }
  }
}
