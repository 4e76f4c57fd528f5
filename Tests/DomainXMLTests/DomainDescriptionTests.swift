import MigrationModel
import Testing

@testable import DomainXML

@Suite struct DomainDescriptionTests {
  @Test func aRunningGuestIsRead() throws {
    let facts = try DomainDescription(parsing: runningGuest).facts
    #expect(facts.name == "plain")
    #expect(facts.uuid == "f7791fb0-61ca-4685-a5ed-c83ef4a8dbd3")
    #expect(facts.virtType == "qemu")
    #expect(facts.arch == "x86_64")
    #expect(facts.machine == "pc-q35-7.2")
    #expect(facts.emulator == "/usr/bin/qemu-system-x86_64")
    #expect(facts.memory == .mebibytes(64))
    #expect(facts.vcpus == 1, "plugged in, of 2 at most")
    #expect(facts.maxVCPUs == 2)
    #expect(facts.cpuFeatures == ["hypervisor"])
    #expect(facts.securityLabels == [SecurityLabel(model: "dac", type: "dynamic", label: "+0:+0")])
    #expect(facts.cpuMode == "custom")
    #expect(facts.interfaces.isEmpty)
    #expect(
      facts.disks == [
        Disk(
          target: "vda", source: .file("/var/lib/libvirt/images/top.qcow2"),
          backingFiles: ["/var/lib/libvirt/images/mid.qcow2", "/var/lib/libvirt/images/base.qcow2"],
          backing: .image(.file("/var/lib/libvirt/images/mid.qcow2"), format: "qcow2"), format: "qcow2"),
        Disk(target: "sda", device: "cdrom", source: .none, isReadOnly: true),
      ])
  }

  @Test func theCPUIsGivenAsItStands() throws {
    let cpu = try #require(try DomainDescription(parsing: runningGuest).facts.cpu)
    let element = try XMLDocument(parsing: cpu).root
    #expect(element.name == "cpu")
    #expect(element.child("model")?.text == "Nehalem")
    #expect(element.child("feature")?.attribute("name") == "hypervisor")
  }

  @Test func everyKindOfDiskIsRead() throws {
    let facts = try DomainDescription(parsing: guestOfEveryDevice).facts
    #expect(
      facts.disks == [
        Disk(target: "vda", source: .block("/dev/vg0/every"), isShareable: true),
        Disk(target: "vdb", source: .network(protocol: "rbd", name: "pool/image"), servers: ["mon1"]),
        Disk(target: "vdc", source: .volume(pool: "images", volume: "every.qcow2")),
        Disk(target: "fda", device: "floppy", source: .directory("/srv/floppy"), isReadOnly: true),
        Disk(target: "vdd", source: .other("nvme")),
        Disk(
          target: "vde", source: .file("/srv/top.qcow2"),
          backing: .image(.network(protocol: "nbd", name: "base"), format: "raw")),
      ], "a mirror's chain is not the guest's, and network storage is not a file")
  }

  @Test func everyKindOfInterfaceIsRead() throws {
    let facts = try DomainDescription(parsing: guestOfEveryDevice).facts
    #expect(
      facts.interfaces == [
        Interface(mac: "52:54:00:00:00:01", source: .bridge("br7")),
        Interface(mac: "52:54:00:00:00:02", source: .network(name: "ovs", portGroup: "dmz")),
        Interface(mac: "52:54:00:00:00:03", source: .direct(device: "eth0", mode: "bridge")),
      ])
    #expect(facts.vcpus == 4)
    #expect(facts.cpuMode == "host-passthrough")
    #expect(facts.cpuIsMigratable == true)
    #expect(facts.otherDevices == [OtherDevice(kind: "disk nvme", name: "vdd")])
    #expect(facts.emulator == nil)
  }

  /// As libvirt 9.0.0 prints it for `<interface type='network'>` of a guest that runs.
  @Test func aNetworkIsStillOneWhileTheGuestRunsOnItsBridge() throws {
    let live = "<interface type='bridge'><source network='guests' portid='1' bridge='br0'/></interface>"
    let facts = try DomainDescription(parsing: guest("<devices>\(live)</devices>")).facts
    #expect(facts.interfaces == [Interface(source: .network(name: "guests", portGroup: nil))])
  }

  @Test func aCPUWithoutAModeIsCustomAndNoneIsNone() throws {
    #expect(try DomainDescription(parsing: guest("<cpu><model>Nehalem</model></cpu>")).facts.cpuMode == "custom")
    let bare = try DomainDescription(parsing: guest(""))
    #expect(bare.facts.cpuMode == nil)
    #expect(bare.facts.cpu == nil)
  }

  @Test func oddNamesComeThroughUnchanged() throws {
    let name = "it's a \"guest\" $(reboot) `x` ü 漢字 <&>"
    let escaped = name.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    let text = guest(
      "<devices><disk type='file'><source file=\"/srv/\(escaped).img\"/><target dev='vda'/></disk></devices>",
      name: escaped)
    let facts = try DomainDescription(parsing: text).facts
    #expect(facts.name == name)
    #expect(facts.disks.map(\.path) == ["/srv/\(name).img"])
  }

  @Test(
    arguments: [
      ("<memory>2048</memory>", 2_097_152), ("<memory unit='KiB'>1</memory>", 1024),
      ("<memory unit='k'>1</memory>", 1024),
      ("<memory unit='KB'>1</memory>", 1000), ("<memory unit='bytes'>7</memory>", 7),
      ("<memory unit='b'>7</memory>", 7),
      ("<memory unit='M'>3</memory>", 3_145_728), ("<memory unit='GB'>2</memory>", 2_000_000_000),
      ("<memory unit='GiB'> 2\n</memory>", 2_147_483_648), ("<memory unit='TiB'>1</memory>", 1_099_511_627_776),
      ("<memory unit='eib'>1</memory>", 1_152_921_504_606_846_976),
    ] as [(String, UInt64)])
  func memoryIsReadInItsUnit(memory: String, bytes: UInt64) throws {
    #expect(try DomainDescription(parsing: guest("", memory: memory)).facts.memory == .bytes(bytes))
  }

  @Test(arguments: [
    "<memory unit='KiB'>many</memory>", "<memory unit='pages'>1</memory>", "<memory unit='kilo'>1</memory>",
    "<memory unit='EiB'>16</memory>", "<memory>-1</memory>", "<memory/>", "",
  ])
  func memoryThatIsNoSizeIsRefused(memory: String) {
    let error = #expect(throws: XMLError.self) { try DomainDescription(parsing: guest("", memory: memory)) }
    #expect(error?.description.contains("unexpected XML") == true)
  }

  @Test(arguments: ["<network><name>n</name></network>", "<domain type='kvm'/>", "<domain><name>n</name></domain>"])
  func whatIsNoDomainIsRefused(text: String) {
    let error = #expect(throws: XMLError.self) { try DomainDescription(parsing: text) }
    #expect(error?.line == 1)
  }

  private func guest(_ inner: String, name: String = "g", memory: String = "<memory>1</memory>") -> String {
    "<domain type='kvm'><name>\(name)</name><uuid>u</uuid>\(memory)<vcpu>1</vcpu>\(inner)</domain>"
  }
}
