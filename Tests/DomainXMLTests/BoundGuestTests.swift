import MigrationModel
import Testing

@testable import DomainXML

/// Everything that ties a guest to its host, of one guest.
@Suite struct BoundGuestTests {
  let facts: DomainFacts

  init() throws { facts = try DomainDescription(parsing: boundGuest).facts }

  @Test func processorsAreRead() {
    #expect(facts.name == "it's \"bound\" & <tied>")
    #expect(facts.vcpus == 2)
    #expect(facts.maxVCPUs == 4)
    #expect(facts.cpuIsMigratable == false)
    #expect(facts.cpuFeatures == ["vmx", "invtsc", "ssbd"])
    #expect(facts.tscFrequency == 2_400_000_000)
  }

  @Test func memoryIsRead() {
    #expect(facts.memory == .mebibytes(4096))
    #expect(facts.memoryHardLimit == .mebibytes(8192))
    #expect(facts.locksMemory)
    #expect(facts.memorySource == "memfd")
    #expect(facts.numaCells == [0: .mebibytes(2048), 1: .mebibytes(2048)])
    #expect(
      facts.hugePages == [
        HugePageUse(size: .mebibytes(2), guestNodes: [0]), HugePageUse(size: .mebibytes(1024), guestNodes: [1]),
        HugePageUse(size: .mebibytes(2), guestNodes: [1]),
      ])
  }

  @Test func placementsAreRead() {
    #expect(
      facts.placements == [
        Placement(element: "vcpu cpuset", kind: .cpus, ids: [0, 1, 2, 3, 4, 6, 7]),
        Placement(element: "vcpupin 0", kind: .cpus, ids: [0, 1, 2, 3]),
        Placement(element: "vcpupin 1", kind: .cpus, ids: [6, 7]),
        Placement(element: "emulatorpin", kind: .cpus, ids: [1, 3]),
        Placement(element: "iothreadpin 1", kind: .cpus, ids: [7]),
        Placement(element: "numatune memory", kind: .nodes, ids: [0, 1]),
        Placement(element: "memnode 0", kind: .nodes, ids: [0]),
        Placement(element: "memnode 1", kind: .nodes, ids: [1]),
        Placement(element: "memory dimm0", kind: .nodes, ids: [0, 1]),
      ])
  }

  @Test func disksAreRead() {
    #expect(
      facts.disks == [
        Disk(
          target: "vda", source: .file("/srv/it's \"top\" & <é>.qcow2"), backingFiles: ["/srv/top.data"],
          backing: .image(.network(protocol: "rbd", name: "pool/base"), format: "raw"), cache: "none", format: "qcow2",
          startupPolicy: "requisite", isTransient: true),
        Disk(
          target: "vdb", source: .network(protocol: "nbd", name: "export"), cache: "writeback", format: "raw",
          servers: ["unix:/run/nbd.sock"]),
        Disk(target: "vdc", source: .other("vhostuser"), format: "raw"),
        Disk(
          target: "sda", device: "lun", source: .block("/dev/disk/by-id/wwn-1"), isShareable: true, cache: "none",
          format: "raw"),
      ])
  }

  @Test func interfacesAreRead() {
    #expect(
      facts.interfaces.map(\.source) == [
        .bridge("br0"), .network(name: "macvtap", portGroup: nil), .direct(device: "eth1", mode: "vepa"),
        .vhostUser("/run/ovs/vhost.sock"), .other("vhostuser"), .other("hostdev"), .other("user"), .other("vdpa"),
      ])
    #expect(facts.interfaces.first?.filter == "clean-traffic")
    #expect(facts.interfaces.first?.mtu == 9000)
  }

  @Test func hostDevicesAreRead() {
    #expect(
      facts.hostDevices == [
        HostDevice(kind: "network pci", address: "0000:3b:02.1", isFailover: true),
        HostDevice(kind: "vdpa", address: "/dev/vhost-vdpa-0"),
        HostDevice(kind: "pci", address: "0000:01:00.0"),
        HostDevice(kind: "usb", address: "1234:beef"),
        HostDevice(kind: "usb", address: "bus 1 device 4"),
        HostDevice(kind: "scsi", address: "scsi_host0:0:2:5"),
        HostDevice(kind: "scsi", address: "iqn.2014-08.com.example:disk/1"),
        HostDevice(kind: "mdev", address: "c2177883-f1bb-47f0-914d-32a22e3a8804"),
        HostDevice(kind: "scsi_host", address: "naa.5123456789abcde0"),
      ])
  }

  @Test func filesThatMustBeThereAreRead() {
    #expect(
      paths(.file) == [
        "kernel /srv/boot/vmlinuz", "initrd /srv/boot/initrd.img", "dtb /srv/boot/board.dtb",
        "loader /usr/share/OVMF/OVMF_CODE_4M.fd", "acpi table /srv/slic.dat",
        "nvram template /usr/share/OVMF/OVMF_VARS_4M.fd", "fwcfg opt/com.example/config /srv/ignition.json",
        "blkiotune /dev/vg0/data", "disk vda /etc/ceph/other.conf", "disk vdb /run/nbd.sock",
        "disk vdc /run/spdk.sock", "disk sda reservations /run/pr-helper.sock", "filesystem share /srv/share",
        "virtiofsd of filesystem share /usr/libexec/virtiofsd", "filesystem nine /srv/nine",
        "interface 52:54:00:00:01:01 /dev/net/tun", "interface 52:54:00:00:01:01 /dev/vhost-net",
        "interface 52:54:00:00:01:06 /srv/boot.rom", "serial 1 /dev/ttyS0", "parallel 0 /srv/pipe",
        "channel org.example.0 /run/agent.sock", "input input0 /dev/input/event1",
        "graphics spice /dev/dri/renderD128", "rng /dev/urandom", "rng /run/egd.sock",
        "shmem doorbell /run/ivshmem.sock", "memory nvdimm0 /srv/nvdimm", "lease bound /srv/leases/area",
      ])
  }

  @Test func filesThatAreMadeAreReadOnce() {
    #expect(
      paths(.directory) == [
        "nvram /var/lib/libvirt/qemu/nvram/bound_VARS.fd", "interface 52:54:00:00:01:05 /run/guests/vhost.sock",
        "serial 0 /var/log/guests/serial.log", "serial 0 log /var/log/guests/serial-copy.log", "audio /srv/out.wav",
      ], "the console is the serial port, a terminal is no file, and the agent's socket is libvirt's own")
  }

  private func paths(_ need: HostPath.Need) -> [String] {
    facts.hostPaths.filter { $0.need == need }.map { "\($0.use) \($0.path)" }
  }

  @Test func graphicsAreRead() {
    #expect(
      facts.graphics == [
        Graphics(type: "vnc", listen: "192.0.2.7", port: 5901, isAutoport: false),
        Graphics(type: "spice", port: 5910, isAutoport: false),
        Graphics(type: "vnc", socket: "/run/guests/vnc.sock"),
      ], "an address that a network gave is not the guest's")
  }

  @Test func secretsAreRead() {
    #expect(facts.tpm == TPM(backend: "emulator", version: "2.0", secret: "6dd3e4a5-1d76-44ce-961f-f119f5aad935"))
    #expect(
      facts.secrets == [
        SecretUse(uuid: "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f", user: "disk vda"),
        SecretUse(uuid: nil, usage: "client.libvirt secret", usageType: "ceph", user: "disk vda"),
        SecretUse(uuid: "c4c6e5a0-3a6a-4d8e-9b3f-2f6c0f1e7a55", user: "disk vdb"),
        SecretUse(uuid: "6dd3e4a5-1d76-44ce-961f-f119f5aad935", user: "tpm"),
        SecretUse(uuid: nil, usage: "libvirtiscsi", usageType: "iscsi", user: "hostdev hostdev4"),
      ])
  }

  @Test func labelsLeasesAndTheAgentAreRead() {
    #expect(
      facts.securityLabels == [
        SecurityLabel(model: "selinux", type: "static", label: "system_u:system_r:svirt_t:s0:c1,c2"),
        SecurityLabel(model: "apparmor", type: "none"),
      ])
    #expect(facts.leases == ["area"])
    #expect(facts.agentIsConnected == true)
  }

  @Test func devicesThatMayNotMoveAreRead() {
    #expect(
      facts.otherDevices.map { "\($0.kind): \($0.name)" } == [
        "launchSecurity sev: ", "disk vhostuser: vdc", "filesystem virtiofs: share", "filesystem path: nine",
        "interface user passt: 52:54:00:00:01:07", "input passthrough: input0", "video accel3d: video0",
        "video blob: video0", "shmem ivshmem-plain peer: ring", "shmem ivshmem-doorbell: doorbell",
        "memory dimm: dimm0", "memory nvdimm: nvdimm0",
      ])
  }
}
