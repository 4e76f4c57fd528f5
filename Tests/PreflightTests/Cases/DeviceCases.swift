import MigrationModel

@testable import Preflight

let deviceCases: [RuleCase] =
  passthroughCases + unsupportedCases + unmovableCases + pathCases + tpmCases + graphicsCases + secretCases

private let passthroughCases: [RuleCase] = [
  RuleCase("device.passthrough", .holds, "no hardware of the host") { $0.domain.hostDevices = [] },
  RuleCase("device.passthrough", .blocker, "PCI, old libvirt and QEMU") { $0.hold("pci") },
  RuleCase("device.passthrough", .blocker, "PCI, old QEMU") {
    $0.hold("pci")
    $0.source.libvirt = .known(Version(9, 0, 0))
    $0.domain.runningQEMU = .known(Version(8, 0, 5))
  },
  RuleCase("device.passthrough", .blocker, "PCI, libvirt that does not ask QEMU") {
    $0.hold("network pci")
    $0.source.libvirt = .known(Version(8, 5, 0))
    $0.domain.runningQEMU = .known(Version(8, 1, 0))
  },
  RuleCase("device.passthrough", .unknown, "PCI, new enough") {
    $0.hold("pci")
    $0.domain.runningQEMU = .known(Version(8, 1, 0))
  },
  RuleCase("device.passthrough", .unknown, "mdev, new enough") {
    $0.hold("mdev")
    $0.domain.runningQEMU = .known(Version(8, 1, 0))
  },
  RuleCase("device.passthrough", .unknown, "vDPA, new enough") {
    $0.hold("vdpa")
    $0.domain.runningQEMU = .known(Version(8, 0, 0))
  },
  RuleCase("device.passthrough", .blocker, "vDPA, old QEMU") { $0.hold("vdpa") },
  RuleCase("device.passthrough", .blocker, "USB") { $0.hold("usb") },
  RuleCase("device.passthrough", .blocker, "SCSI, however new") {
    $0.hold("scsi")
    $0.domain.runningQEMU = .known(Version(11, 0, 0))
  },
  RuleCase("device.passthrough", .blocker, "a kind that this version does not know") { $0.hold("quantum") },
  RuleCase("device.passthrough", .warning, "failover pair") { $0.hold("network pci", isFailover: true) },
  RuleCase("device.passthrough", .warning, "only defined") {
    $0.hold("pci")
    $0.domain.state = .shutOff
  },
  RuleCase("device.passthrough", .unknown, "running QEMU not read") {
    $0.hold("pci")
    $0.domain.runningQEMU = .gap(gap)
  },
  RuleCase("device.passthrough", .unknown, "libvirt not read") {
    $0.hold("pci")
    $0.source.libvirt = .gap(gap)
  },
]

private let unsupportedCases: [RuleCase] = [
  RuleCase("device.unsupported", .holds, "no such device") { $0.domain.otherDevices = [] },
  RuleCase("device.unsupported", .holds, "devices that move") {
    $0.have("input evdev", "memory dimm", "memory nvdimm", "memory virtio-mem", "memory virtio-pmem")
  },
  RuleCase("device.unsupported", .notApplicable, "offline") {
    $0.have("filesystem mtp")
    $0.domain.state = .shutOff
  },
  RuleCase("device.unsupported", .blocker, "transient disk") { $0.domain.disks[0].isTransient = true },
  RuleCase("device.unsupported", .blocker, "virtiofs, old libvirt and QEMU") { $0.have("filesystem virtiofs") },
  RuleCase("device.unsupported", .blocker, "virtiofs, old source") { $0.haveVirtiofs(source: Version(10, 4, 0)) },
  RuleCase("device.unsupported", .blocker, "virtiofs, old destination") {
    $0.haveVirtiofs(destination: Version(10, 4, 0))
  },
  RuleCase("device.unsupported", .blocker, "virtiofs, old QEMU") { $0.haveVirtiofs(qemu: Version(8, 1, 9)) },
  RuleCase("device.unsupported", .unknown, "virtiofs, new enough") { $0.haveVirtiofs() },
  RuleCase("device.unsupported", .unknown, "virtiofs, libvirt not read") {
    $0.haveVirtiofs()
    $0.destination.libvirt = .gap(gap)
  },
  RuleCase("device.unsupported", .unknown, "9p") { $0.have("filesystem path") },
  RuleCase("device.unsupported", .unknown, "a kind that this version does not know") { $0.have("teleporter blue") },
  RuleCase("device.unsupported", .warning, "shared memory, master") { $0.have("shmem ivshmem-plain master") },
  RuleCase("device.unsupported", .warning, "user-mode network") { $0.have("interface user passt") },
]

private let unmovableCases: [RuleCase] = [
  "filesystem mtp", "shmem ivshmem-plain", "shmem ivshmem-plain peer", "shmem ivshmem-doorbell peer", "disk nvme",
  "controller nvme", "input passthrough", "crypto virtio", "video accel3d", "launchSecurity sev",
  "launchSecurity sev-snp", "launchSecurity tdx", "launchSecurity s390-pv",
].map { kind in RuleCase("device.unsupported", .blocker, kind) { $0.have(kind) } }

private let pathCases: [RuleCase] = [
  RuleCase("device.paths", .notApplicable, "no files beside the disks") { $0.domain.hostPaths = [] },
  RuleCase("device.paths", .holds, "the file is there") {
    $0.use("/boot/vmlinuz", "kernel", .file)
    $0.destination.files["/boot/vmlinuz"] = .known(readyFile())
  },
  RuleCase("device.paths", .holds, "the directory is there") {
    $0.use("/var/log/web1.log", "serial 0", .directory)
    $0.destination.files["/var/log"] = .known(readyFile(kind: "directory"))
  },
  RuleCase("device.paths", .holds, "the directory is the root") {
    $0.use("/web1.log", "serial 0", .directory)
    $0.destination.files["/"] = .known(readyFile(kind: "directory"))
  },
  RuleCase("device.paths", .blocker, "no file") {
    $0.use("/boot/vmlinuz", "kernel", .file)
    $0.destination.files["/boot/vmlinuz"] = .known(nil)
  },
  RuleCase("device.paths", .blocker, "no file, offline") {
    $0.use("/boot/vmlinuz", "kernel", .file)
    $0.destination.files["/boot/vmlinuz"] = .known(nil)
    $0.domain.state = .shutOff
  },
  RuleCase("device.paths", .blocker, "no directory") {
    $0.use("/var/log/web1.log", "serial 0", .directory)
    $0.destination.files["/var/log"] = .known(nil)
  },
  RuleCase("device.paths", .blocker, "a file in the directory's place") {
    $0.use("/var/log/web1.log", "serial 0", .directory)
    $0.destination.files["/var/log"] = .known(readyFile())
  },
  RuleCase("device.paths", .unknown, "path not read") {
    $0.use("/boot/vmlinuz", "kernel", .file)
    $0.destination.files["/boot/vmlinuz"] = .gap(gap)
  },
  RuleCase("device.paths", .unknown, "nobody asked for the path") { $0.use("/boot/vmlinuz", "kernel", .file) },
  RuleCase("device.paths", .warning, "UEFI variables stay behind") {
    $0.useVariables()
    $0.domain.state = .shutOff
  },
  RuleCase("device.paths", .holds, "UEFI variables go along live") { $0.useVariables() },
  RuleCase("device.paths", .holds, "UEFI variables are there") {
    $0.useVariables()
    $0.domain.state = .shutOff
    $0.destination.files["/nvram/web1.fd"] = .known(readyFile())
  },
]

private let tpmCases: [RuleCase] = [
  RuleCase("device.tpm", .notApplicable, "no TPM") { $0.domain.tpm = nil },
  RuleCase("device.tpm", .notApplicable, "external") { $0.domain.tpm = TPM(backend: "external") },
  RuleCase("device.tpm", .holds, "emulated, same swtpm") { $0.emulateTPM() },
  RuleCase("device.tpm", .holds, "emulated, newer swtpm") { $0.emulateTPM(there: Version(0, 8, 0)) },
  RuleCase("device.tpm", .holds, "swtpm gone from the source since the guest started") { $0.emulateTPM(here: nil) },
  RuleCase("device.tpm", .warning, "older swtpm") { $0.emulateTPM(there: Version(0, 6, 0)) },
  RuleCase("device.tpm", .blocker, "no swtpm") { $0.emulateTPM(there: nil) },
  RuleCase("device.tpm", .blocker, "the host's chip") { $0.domain.tpm = TPM(backend: "passthrough") },
  RuleCase("device.tpm", .blocker, "state stays behind offline") {
    $0.emulateTPM()
    $0.domain.state = .shutOff
  },
  RuleCase("device.tpm", .unknown, "another backend") { $0.domain.tpm = TPM(backend: "cloud") },
  RuleCase("device.tpm", .unknown, "swtpm of the destination not read") {
    $0.emulateTPM()
    $0.destination.swtpm = .gap(gap)
  },
  RuleCase("device.tpm", .unknown, "swtpm of the source not read") {
    $0.emulateTPM()
    $0.source.swtpm = .gap(gap)
  },
]

private let graphicsCases: [RuleCase] = [
  RuleCase("device.graphics", .notApplicable, "no graphics") { $0.domain.graphics = [] },
  RuleCase("device.graphics", .notApplicable, "a socket") {
    $0.domain.graphics = [Graphics(type: "vnc", listen: "192.0.2.1", isAutoport: false, socket: "/run/vnc")]
  },
  RuleCase("device.graphics", .notApplicable, "nowhere") { $0.domain.graphics = [Graphics(type: "egl-headless")] },
  RuleCase("device.graphics", .holds, "all addresses") { $0.show(on: "0.0.0.0") },
  RuleCase("device.graphics", .holds, "all addresses, IPv6") { $0.show(on: "::") },
  RuleCase("device.graphics", .holds, "loopback") { $0.show(on: "127.0.0.1") },
  RuleCase("device.graphics", .holds, "an address that both hosts have") {
    $0.show(on: "FE80::1")
    $0.destination.addresses = .known(["fe80::1"])
  },
  RuleCase("device.graphics", .blocker, "the source's address") { $0.show(on: "192.0.2.1") },
  RuleCase("device.graphics", .blocker, "the source's address, offline") {
    $0.show(on: "192.0.2.1")
    $0.domain.state = .shutOff
  },
  RuleCase("device.graphics", .unknown, "a name") { $0.show(on: "kvm1.example") },
  RuleCase("device.graphics", .unknown, "addresses not read") {
    $0.show(on: "192.0.2.1")
    $0.destination.addresses = .gap(gap)
  },
  RuleCase("device.graphics", .holds, "addresses not read and not needed") {
    $0.show(on: "127.0.0.1")
    $0.destination.addresses = .gap(gap)
    $0.destination.portsInUse = .gap(gap)
  },
  RuleCase("device.graphics", .holds, "a fixed port that is free") { $0.show(on: "0.0.0.0", port: 5901) },
  RuleCase("device.graphics", .blocker, "a fixed port in use") { $0.show(on: "0.0.0.0", port: 22) },
  RuleCase("device.graphics", .warning, "a fixed port in use, offline") {
    $0.show(on: "0.0.0.0", port: 22)
    $0.domain.state = .shutOff
  },
  RuleCase("device.graphics", .holds, "libvirt chooses another port") {
    $0.domain.graphics = [Graphics(type: "vnc", listen: "0.0.0.0", port: 22)]
  },
  RuleCase("device.graphics", .unknown, "ports not read") {
    $0.show(on: "0.0.0.0", port: 5901)
    $0.destination.portsInUse = .gap(gap)
  },
]

private let secretCases: [RuleCase] = [
  RuleCase("device.secrets", .notApplicable, "no secrets") { $0.domain.secrets = [] },
  RuleCase("device.secrets", .holds, "by UUID") { $0.need(there: SecretIdentity(uuid: "5ec", hasValue: true)) },
  RuleCase("device.secrets", .holds, "by usage") {
    $0.domain.secrets = [SecretUse(uuid: nil, usage: "admin", usageType: "ceph", user: "disk vda")]
    $0.destination.secrets = .known([
      SecretIdentity(uuid: "5ec", usageType: "ceph", usage: "admin", hasValue: true)
    ])
  },
  RuleCase("device.secrets", .blocker, "the same usage of another type") {
    $0.domain.secrets = [SecretUse(uuid: nil, usage: "admin", usageType: "ceph", user: "disk vda")]
    $0.destination.secrets = .known([
      SecretIdentity(uuid: "5ec", usageType: "iscsi", usage: "admin", hasValue: true)
    ])
  },
  RuleCase("device.secrets", .blocker, "not defined") { $0.need(there: nil) },
  RuleCase("device.secrets", .blocker, "no value") {
    $0.need(there: SecretIdentity(uuid: "5ec", hasValue: false))
  },
  RuleCase("device.secrets", .blocker, "no value, offline") {
    $0.need(there: SecretIdentity(uuid: "5ec", hasValue: false))
    $0.domain.state = .shutOff
  },
  RuleCase("device.secrets", .blocker, "the TPM's is not defined") {
    $0.domain.tpm = TPM(backend: "emulator", secret: "5ec")
  },
  RuleCase("device.secrets", .unknown, "value not seen") { $0.need(there: SecretIdentity(uuid: "5ec")) },
  RuleCase("device.secrets", .unknown, "secrets not read") {
    $0.need(there: nil)
    $0.destination.secrets = .gap(gap)
  },
]

extension Move {
  mutating func hold(_ kind: String, isFailover: Bool = false) {
    domain.hostDevices.append(HostDevice(kind: kind, address: "0000:01:00.0", isFailover: isFailover))
  }

  mutating func have(_ kinds: String...) {
    domain.otherDevices = kinds.map { OtherDevice(kind: $0, name: "dev0") }
  }

  /// A virtiofs share between versions that can move one, unless told otherwise.
  fileprivate mutating func haveVirtiofs(
    source: Version = Version(10, 5, 0), destination: Version = Version(10, 5, 0), qemu: Version = Version(8, 2, 0)
  ) {
    have("filesystem virtiofs")
    self.source.libvirt = .known(source)
    self.destination.libvirt = .known(destination)
    domain.runningQEMU = .known(qemu)
  }

  mutating func use(_ path: String, _ use: String, _ need: HostPath.Need) {
    domain.hostPaths.append(HostPath(path: path, use: use, need: need))
  }

  fileprivate mutating func useVariables() {
    use("/nvram/web1.fd", "nvram", .directory)
    destination.files["/nvram"] = .known(readyFile(kind: "directory"))
  }

  mutating func emulateTPM(here: Version? = Version(0, 7, 1), there: Version? = Version(0, 7, 1)) {
    domain.tpm = TPM(backend: "emulator", version: "2.0")
    source.swtpm = .known(here)
    destination.swtpm = .known(there)
  }

  mutating func show(on listen: String, port: Int? = nil) {
    domain.graphics.append(Graphics(type: "vnc", listen: listen, port: port, isAutoport: port == nil))
  }

  fileprivate mutating func need(there secret: SecretIdentity?) {
    domain.secrets = [SecretUse(uuid: "5ec", user: "disk vda")]
    destination.secrets = .known(secret.map { [$0] } ?? [])
  }
}
