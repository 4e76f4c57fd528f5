import MigrationModel
import Testing

@testable import DomainXML

@Suite struct HostTests {
  @Test func capabilitiesAreRead() throws {
    let host = try HostCapabilities(parsing: qemuHost)
    #expect(host.uuid == "0cb8b79c-cbcc-41a4-a90e-9a34cb388e50")
    #expect(host.arch == "x86_64")
    #expect(host.cpuVendor == "AMD")
    #expect(host.cpuModel == "kvm64")
    #expect(host.tsc == TimeStampCounter(frequency: 2_794_748_000, scales: true))
    #expect(
      host.securityModels == [
        SecurityModel(name: "apparmor", doi: "0"),
        SecurityModel(name: "dac", doi: "0", baseLabels: ["kvm": "+64055:+64055", "qemu": "+64055:+64055"]),
      ])
  }

  @Test func emulatorsInheritUnlessTheyBringTheirOwn() throws {
    let i440fx = Emulator.Machine(name: "pc-i440fx-7.2", maxVCPUs: 255)
    let pc = Emulator.Machine(name: "pc", canonical: "pc-i440fx-7.2", maxVCPUs: 255)
    let versioned = Emulator.Machine(name: "pc-q35-7.2", maxVCPUs: 288)
    let q35 = Emulator.Machine(name: "q35", canonical: "pc-q35-7.2", maxVCPUs: 288)
    let x86 = "/usr/bin/qemu-system-x86_64"
    #expect(
      try HostCapabilities(parsing: qemuHost).emulators == [
        Emulator(path: "/usr/bin/qemu-system-i386", arch: "i686", virtType: "qemu", machines: [i440fx, pc]),
        Emulator(path: "/usr/bin/qemu-kvm", arch: "i686", virtType: "kvm", machines: [versioned]),
        Emulator(path: x86, arch: "x86_64", virtType: "qemu", machines: [versioned, q35]),
        Emulator(path: x86, arch: "x86_64", virtType: "kvm", machines: [versioned, q35]),
      ])
  }

  @Test func aHostWithoutGuestsHasNoEmulators() throws {
    let host = try HostCapabilities(
      parsing: "<capabilities><host><cpu><arch>aarch64</arch></cpu></host></capabilities>")
    #expect(host.uuid == nil)
    #expect(host.arch == "aarch64")
    #expect(host.cpuVendor == nil)
    #expect(host.cpuModel == nil)
    #expect(host.tsc == nil)
    #expect(host.securityModels.isEmpty)
    #expect(host.emulators.isEmpty)
  }

  @Test func otherDocumentsAreRefused() {
    #expect(throws: XMLError.self) { try HostCapabilities(parsing: "<domain/>") }
    #expect(throws: XMLError.self) { try HostCapabilities(parsing: "") }
    #expect(throws: XMLError.self) { try VirtualNetwork(parsing: directoryPool, isActive: true) }
    #expect(throws: XMLError.self) { try StoragePool(parsing: trunkNetwork, isActive: true) }
  }

  @Test(arguments: [
    "<counter name='tsc'/>", "<counter name='tsc' frequency='fast'/>", "<counter name='tsc' frequency='-1'/>",
  ])
  func aCounterWithoutAFrequencyIsRefused(counter: String) {
    let text = "<capabilities><host><cpu><arch>x86_64</arch>\(counter)</cpu></host></capabilities>"
    #expect(throws: XMLError.self) { try HostCapabilities(parsing: text) }
  }

  @Test func networksAreRead() throws {
    #expect(
      try VirtualNetwork(parsing: trunkNetwork, isActive: true)
        == VirtualNetwork(
          name: "ovs", isActive: true, forwardMode: "bridge", bridge: "br0", portGroups: ["dmz": [], "lan": [99]],
          defaultPortGroup: "dmz",
          vlans: [42, 47]
        ))
    #expect(
      try VirtualNetwork(parsing: isolatedNetwork, isActive: false)
        == VirtualNetwork(name: "inner", isActive: false, forwardMode: nil, bridge: "virbr7"))
  }

  @Test func poolsAreRead() throws {
    #expect(
      try StoragePool(parsing: directoryPool, isActive: true)
        == StoragePool(
          name: "default-pool", type: "dir", isActive: true, target: "/default-pool", available: .bytes(53_687_091_200))
    )
    #expect(try StoragePool(parsing: directoryPool, isActive: false).available == nil)
    #expect(
      try StoragePool(parsing: "<pool type='rbd'><name>r</name></pool>", isActive: false)
        == StoragePool(name: "r", type: "rbd", isActive: false, target: nil))
  }
}

@Suite struct VolumeTests {
  @Test func aVolumeIsReadWithItsUnits() throws {
    let file = try VolumeDescription(
      parsing: """
        <volume type='file'><name>a</name><capacity unit='KiB'>8</capacity><allocation unit='bytes'>0</allocation>
        <physical unit='bytes'>196616</physical><target><path>/a</path><format type='qcow2'/></target></volume>
        """)
    #expect(file.capacity == .bytes(8192))
    #expect(file.physical == .bytes(196_616))
    #expect(file.format == "qcow2")
    let other = try VolumeDescription(parsing: "<volume><capacity>512</capacity><target/></volume>")
    #expect((other.capacity, other.physical, other.format) == (.bytes(512), nil, nil))
  }

  @Test(arguments: ["", "<pool/>", "<volume/>", "<volume><capacity unit='ells'>1</capacity></volume>"])
  func badVolumesAreRefused(text: String) {
    #expect(throws: XMLError.self) { try VolumeDescription(parsing: text) }
  }
}
