/// Huge pages that a guest's memory is made of (`<hugepages><page>`).
public struct HugePageUse: Codable, Sendable, Hashable {
  /// Of one page; nil: the host's default size.
  public var size: ByteCount?
  /// Guest NUMA nodes that it is for; empty: all.
  public var guestNodes: [Int]
  public init(size: ByteCount?, guestNodes: [Int] = []) {
    self.size = size
    self.guestNodes = guestNodes
  }
}

/// A part of the guest that is bound to CPUs or NUMA nodes of the host.
public struct Placement: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable { case cpus, nodes }
  /// As the XML names it: "vcpu cpuset", "vcpupin 0", "emulatorpin", "iothreadpin 1", "numatune memory", "memnode 0".
  public var element: String
  public var kind: Kind
  /// Ids, ascending.
  public var ids: [Int]
  public init(element: String, kind: Kind, ids: [Int]) {
    self.element = element
    self.kind = kind
    self.ids = ids
  }
}

/// Hardware of the host in the hands of a guest.
public struct HostDevice: Codable, Sendable, Hashable {
  /// "pci", "usb", "scsi", "mdev", "vdpa", "scsi_host"; of an interface "network pci".
  public var kind: String
  /// Where it is on the host: "0000:01:00.0", a UUID, "1234:5678".
  public var address: String
  /// `<teaming type='transient'>`: libvirt unplugs it for the move, and a virtio device takes over.
  public var isFailover: Bool
  public init(kind: String, address: String, isFailover: Bool = false) {
    self.kind = kind
    self.address = address
    self.isFailover = isFailover
  }
}

/// A file of the host that a guest uses beside its disks; those below directories that libvirt makes for the guest itself
/// (/var/lib/libvirt/qemu/channel) are left out.
public struct HostPath: Codable, Sendable, Hashable {
  public enum Need: String, Codable, Sendable {
    /// QEMU does not start without it.
    case file
    /// QEMU or libvirt makes the file; its directory must be there.
    case directory
  }
  public var path: String
  /// "kernel", "initrd", "loader", "nvram", "serial 0", "rng", "filesystem /mnt".
  public var use: String
  public var need: Need
  public init(path: String, use: String, need: Need) {
    self.path = path
    self.use = use
    self.need = need
  }
}

/// A virtual TPM.
public struct TPM: Codable, Sendable, Hashable {
  /// "emulator", "passthrough", "external".
  public var backend: String
  /// "1.2", "2.0".
  public var version: String?
  /// UUID of the secret that its state is encrypted with.
  public var secret: String?
  public init(backend: String, version: String? = nil, secret: String? = nil) {
    self.backend = backend
    self.version = version
    self.secret = secret
  }
}

/// A graphics server of a guest.
public struct Graphics: Codable, Sendable, Hashable {
  /// "vnc", "spice", "rdp", "egl-headless".
  public var type: String
  /// The address that it listens on; nil for a socket, for none, and for one that libvirt takes from a network.
  public var listen: String?
  /// The port that it has now; nil when it has none.
  public var port: Int?
  public var isAutoport: Bool
  /// The socket that it listens on instead.
  public var socket: String?
  public init(type: String, listen: String? = nil, port: Int? = nil, isAutoport: Bool = true, socket: String? = nil) {
    self.type = type
    self.listen = listen
    self.port = port
    self.isAutoport = isAutoport
    self.socket = socket
  }
}

/// A secret that a guest needs, by UUID or by usage.
public struct SecretUse: Codable, Sendable, Hashable {
  public var uuid: String?
  /// With the usage type: "ceph", "iscsi", "volume".
  public var usage: String?
  public var usageType: String?
  /// "disk vda", "tpm".
  public var user: String
  public init(uuid: String?, usage: String? = nil, usageType: String? = nil, user: String) {
    self.uuid = uuid
    self.usage = usage
    self.usageType = usageType
    self.user = user
  }
}

/// A `<seclabel>` of the guest itself.
public struct SecurityLabel: Codable, Sendable, Hashable {
  public var model: String
  /// "dynamic", "static", "none".
  public var type: String
  public var label: String?
  public init(model: String, type: String, label: String? = nil) {
    self.model = model
    self.type = type
    self.label = label
  }
}

/// A device that some versions cannot move.
public struct OtherDevice: Codable, Sendable, Hashable {
  /// Element, and what tells its kinds apart; what is not listed here is left out, for a kind that no rule knows makes the
  /// answer unknown.
  ///
  /// - "filesystem DRIVER": `<driver type=>`, "path" (9p) without one: "path", "virtiofs", "mtp".
  /// - "shmem MODEL ROLE": `<model type=>` and `role`; no third word without a role: "shmem ivshmem-plain master".
  /// - "interface user BACKEND": `<backend type=>` of `<interface type='user'>`, "slirp" without one: "slirp", "passt".
  /// - "disk TYPE": `<disk type=>` "vhostuser", "vhostvdpa" and "nvme".
  /// - "controller nvme", "iommu amd", "input passthrough", "input evdev", "sound virtio", "crypto virtio".
  /// - "video vhostuser": `<video><driver name='vhostuser'>`; "video accel3d": `<acceleration accel3d='yes'>`.
  /// - "launchSecurity TYPE": "sev", "sev-snp", "tdx", "s390-pv".
  /// - "memory MODEL": `<memory model=>` "dimm", "nvdimm", "virtio-mem", "virtio-pmem", "sgx-epc".
  ///
  /// `<hostdev>` and `<interface type='vdpa'>` are host devices instead.
  public var kind: String
  /// What names it within the guest: a target, an alias, a MAC address; empty when nothing does.
  public var name: String
  public init(kind: String, name: String = "") {
    self.kind = kind
    self.name = name
  }
}

/// How large a disk is (`virConnectGetAllDomainStats`, BLOCK).
public struct DiskSize: Codable, Sendable, Hashable {
  /// What the guest sees.
  public var capacity: ByteCount
  /// How far into its image QEMU has written; of a raw image since it was opened only.
  public var allocation: ByteCount
  /// What its file takes on the source's storage, or how large its device is; nil where that was not told.
  public var physical: ByteCount?
  public init(capacity: ByteCount, allocation: ByteCount, physical: ByteCount? = nil) {
    self.capacity = capacity
    self.allocation = allocation
    self.physical = physical
  }
}
