/// The states of libvirt's life cycle (`virDomainState`), with managed save told apart from plain shut-off.
public enum DomainState: String, Codable, Sendable, CaseIterable {
  case noState = "no state"
  case running
  case blocked
  case paused
  case shuttingDown = "in shutdown"
  case shutOff = "shut off"
  case saved
  case crashed
  case suspended = "pmsuspended"
  /// A number that this version does not know.
  case unrecognised

  /// A QEMU process holds the guest.
  public var isActive: Bool {
    switch self {
    case .shutOff, .saved, .noState, .crashed: false
    case .running, .blocked, .paused, .shuttingDown, .suspended, .unrecognised: true
    }
  }
}

/// What the rules need to know of the guest that is to move: its live XML and its state on the source.
public struct DomainFacts: Codable, Sendable, Equatable {
  public var name: String
  public var uuid: String
  public var state: DomainState
  /// Why it is in that state, in libvirt's words: "booted", "I/O error", "migration"; empty when not given.
  public var stateReason: String
  public var isPersistent: Bool

  /// "kvm" or "qemu" (TCG).
  public var virtType: String
  public var arch: String
  public var machine: String
  public var emulator: String?
  public var memory: ByteCount
  /// vCPUs that are plugged in.
  public var vcpus: Int
  /// vCPUs that may be plugged in at most.
  public var maxVCPUs: Int
  /// `<cpu mode=>`: "custom", "host-model", "host-passthrough", "maximum"; nil without `<cpu>`.
  public var cpuMode: String?
  /// The text of the live `<cpu>` element, as `virConnectCompareHypervisorCPU` takes it; nil without one.
  public var cpu: String?
  /// `<cpu migratable=>`: only features that survive a migration are shown; nil where the XML does not say.
  public var cpuIsMigratable: Bool?
  /// Features that `<cpu>` requires or forces by name, such as "vmx" and "invtsc".
  @Sorted public var cpuFeatures: Set<String>
  /// Hz of `<timer name='tsc' frequency=>`.
  public var tscFrequency: UInt64?
  public var disks: [Disk]
  public var interfaces: [Interface]

  /// `<hugepages>`: one entry for each `<page>`, one without size when the host's default is asked for.
  public var hugePages: [HugePageUse]
  /// `<memoryBacking><source type=>`: "file", "anonymous", "memfd"; nil where the XML does not say.
  public var memorySource: String?
  /// Memory of each guest NUMA node, by its id (`<cpu><numa><cell id= memory=>`); empty without them.
  public var numaCells: [Int: ByteCount]
  /// `<memoryBacking><locked/>`.
  public var locksMemory: Bool
  /// `<memtune><hard_limit>`.
  public var memoryHardLimit: ByteCount?
  /// What is bound to CPUs or NUMA nodes of the host.
  public var placements: [Placement]
  /// `<hostdev>`, and interfaces and other devices that hand hardware of the host through.
  public var hostDevices: [HostDevice]
  /// Files and sockets of the host that devices and the boot use, disks left out.
  public var hostPaths: [HostPath]
  public var tpm: TPM?
  public var graphics: [Graphics]
  public var secrets: [SecretUse]
  public var securityLabels: [SecurityLabel]
  /// Lock spaces of `<lease>` devices.
  public var leases: [String]
  /// Devices by what they are, for rules about what cannot move: "filesystem virtiofs", "shmem ivshmem-plain".
  public var otherDevices: [OtherDevice]
  /// Whether the guest agent answers; nil when the guest has no channel for one.
  public var agentIsConnected: Bool?
  /// The XML that a migration carries, with what libvirt calls secure (`virDomainGetXMLDesc`, MIGRATABLE and SECURE); nil
  /// unless it was asked for. Never saved.
  public var migratableXML: String?

  /// Version of the QEMU that runs the guest, which a package upgrade does not change; known(nil) when shut off.
  public var runningQEMU: Fact<Version?>
  /// Snapshots, and checkpoints, that libvirt keeps of it (`virConnectListAllDomains`, HAS_SNAPSHOT and HAS_CHECKPOINT).
  public var hasSnapshots: Fact<Bool>
  public var hasCheckpoints: Fact<Bool>
  /// The job under way (`virDomainGetJobInfo`): "bounded" or "unbounded"; known(nil) when none is.
  public var job: Fact<String?>
  /// Disks, by target, with the block job on each (`virDomainGetBlockJobInfo`): "pull", "copy", "commit", "backup".
  public var blockJobs: Fact<[String: String]>
  /// Sizes of its disks by target; asked only where disks are copied, else known and empty.
  public var diskSizes: Fact<[String: DiskSize]>

  public init(name: String, uuid: String, state: DomainState = .running) {
    self.name = name
    self.uuid = uuid
    self.state = state
    stateReason = ""
    isPersistent = true
    virtType = "kvm"
    arch = "x86_64"
    machine = ""
    memory = .bytes(0)
    vcpus = 1
    maxVCPUs = 1
    cpuFeatures = []
    disks = []
    interfaces = []
    hugePages = []
    numaCells = [:]
    locksMemory = false
    placements = []
    hostDevices = []
    hostPaths = []
    graphics = []
    secrets = []
    securityLabels = []
    leases = []
    otherDevices = []
    runningQEMU = .known(nil)
    hasSnapshots = .known(false)
    hasCheckpoints = .known(false)
    job = .known(nil)
    blockJobs = .known([:])
    diskSizes = .known([:])
  }

  public var isActive: Bool { state.isActive }

  /// The guest as `--xml` has the destination start it: what a destination XML may change is as `described` has it.
  public func fitted(to described: DomainFacts) -> DomainFacts {
    var guest = self
    guest.emulator = described.emulator
    (guest.disks, guest.interfaces, guest.graphics) = (described.disks, described.interfaces, described.graphics)
    (guest.placements, guest.hugePages) = (described.placements, described.hugePages)
    (guest.hostPaths, guest.secrets) = (described.hostPaths, described.secrets)
    return guest
  }
}

/// A `<disk>` of a domain.
public struct Disk: Codable, Sendable, Hashable {
  /// "vda".
  public var target: String
  /// "disk", "cdrom", "floppy", "lun".
  public var device: String
  public var source: Source
  public var isReadOnly: Bool
  public var isShareable: Bool
  /// Files of the live backing chain below the top image, nearest first.
  public var backingFiles: [String]
  /// What the top image stands on; nil where the XML does not say, as that of a guest that does not run.
  public var backing: Backing?
  /// `<driver cache=>`: "none", "writeback"; nil is QEMU's default, writeback.
  public var cache: String?
  /// `<driver type=>`: "raw", "qcow2".
  public var format: String?
  /// `<source startupPolicy=>`: "mandatory", "requisite", "optional"; nil is mandatory.
  public var startupPolicy: String?
  /// Servers of network storage (`<host>`): "name", or "unix:PATH"; empty when its client's own configuration says.
  public var servers: [String]
  /// `<transient/>`: its changes are thrown away.
  public var isTransient: Bool

  public enum Source: Codable, Sendable, Hashable {
    case none
    case file(String)
    case block(String)
    case directory(String)
    case volume(pool: String, volume: String)
    /// Protocol and name, such as "rbd" and "pool/image".
    case network(protocol: String, name: String)
    /// A source type that this version does not know, by its name.
    case other(String)
  }

  /// What is right below the top image (`<backingStore>`).
  public enum Backing: Codable, Sendable, Hashable {
    case nothing
    case image(Source, format: String?)
  }

  /// The local path that the source names, nil for network storage, volumes and empty drives.
  public var path: String? {
    switch source {
    case .file(let path), .block(let path), .directory(let path): path
    case .none, .volume, .network, .other: nil
    }
  }

  public init(
    target: String, device: String = "disk", source: Source, isReadOnly: Bool = false, isShareable: Bool = false,
    backingFiles: [String] = [], backing: Backing? = nil, cache: String? = nil, format: String? = nil,
    startupPolicy: String? = nil, servers: [String] = [], isTransient: Bool = false
  ) {
    self.target = target
    self.device = device
    self.source = source
    self.isReadOnly = isReadOnly
    self.isShareable = isShareable
    self.backingFiles = backingFiles
    self.backing = backing
    self.cache = cache
    self.format = format
    self.startupPolicy = startupPolicy
    self.servers = servers
    self.isTransient = isTransient
  }
}

/// An `<interface>` of a domain.
public struct Interface: Codable, Sendable, Hashable {
  public var mac: String?
  public var source: Source
  /// `<filterref filter=>`.
  public var filter: String?
  /// `<mtu size=>`.
  public var mtu: Int?

  public enum Source: Codable, Sendable, Hashable {
    case bridge(String)
    case network(name: String, portGroup: String?)
    /// macvtap on a device of the host; `mode` is "vepa", "bridge", "private" or "passthrough".
    case direct(device: String, mode: String)
    /// A socket that a switch in user space serves (mode 'client'). One that QEMU makes itself (mode 'server') is
    /// "vhostuser server", and a `HostPath` whose directory must be there.
    case vhostUser(String)
    /// Any other type, by its name: "user", "hostdev", "vdpa".
    case other(String)
  }

  public init(mac: String? = nil, source: Source, filter: String? = nil, mtu: Int? = nil) {
    self.mac = mac
    self.source = source
    self.filter = filter
    self.mtu = mtu
  }
}
