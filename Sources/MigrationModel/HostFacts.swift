/// Everything that preflight knows of one host, read once, before any rule runs.
///
/// Replayable: this value is what is saved and loaded again, so a rule never needs more than it.
public struct HostFacts: Codable, Sendable, Equatable {
  /// The host as the user named it: a configured name, else the URI's host, else "localhost".
  public var name: String
  public var uri: String

  /// `virConnectGetHostname`.
  public var hostname: Fact<String>
  /// `<host><uuid>` of the capabilities.
  public var uuid: Fact<String>
  /// `virConnectGetLibVersion` of the daemon.
  public var libvirt: Fact<Version>
  /// One entry for each emulator, architecture and virtualisation type in the capabilities' `<guest>` elements.
  public var emulators: Fact<[Emulator]>
  /// Version that each asked emulator binary prints of itself; absent when the file does not exist.
  public var emulatorVersions: [String: Fact<Version>]
  public var cpu: Fact<HostCPU>
  /// Release of the running kernel (`uname -r`).
  public var kernel: Fact<String>
  /// The time-stamp counter as libvirt's capabilities describe it; known(nil) when they do not.
  public var tsc: Fact<TimeStampCounter?>
  /// Whether kvm_intel or kvm_amd offers nested virtualisation; known(nil) when neither is loaded.
  public var nested: Fact<Bool?>
  public var clock: Fact<ClockOffset>
  public var clockSync: Fact<ClockSync>
  public var memory: Fact<HostMemory>
  /// Pools of huge pages, one entry for each NUMA node and size; empty when there are none.
  public var hugePages: Fact<[HugePagePool]>
  /// The default size of huge pages, and the sizes that a hugetlbfs is mounted for.
  public var hugePageSizes: Fact<HugePageSizes>
  /// Ids of the NUMA nodes that are online, ascending (`/sys/devices/system/node/online`).
  public var numaNodes: Fact<[Int]>
  /// Ids of the CPUs that are online, ascending (`/sys/devices/system/cpu/online`).
  public var cpusOnline: Fact<[Int]>
  /// Runnable and uninterruptible threads, averaged over five minutes (`/proc/loadavg`, second field).
  public var load: Fact<Double>
  /// What the daemon that runs QEMU may lock; its QEMUs inherit it.
  public var daemonLimits: Fact<DaemonLimits>
  /// Network devices (`/sys/class/net`).
  public var links: Fact<[Link]>
  /// IP addresses on the host's own devices, loopback left out.
  public var addresses: Fact<[String]>
  /// TCP ports that something listens on, ascending (`/proc/net/tcp`, `/proc/net/tcp6`).
  public var portsInUse: Fact<[Int]>
  public var networks: Fact<[VirtualNetwork]>
  /// Names of the defined network filters (`virConnectListAllNWFilters`).
  public var filters: Fact<[String]>
  public var pools: Fact<[StoragePool]>
  public var domains: Fact<DomainList>
  /// Settings of qemu.conf that rules ask for, without quotes; a key that the file does not set is absent. Passwords and
  /// other keys are never kept.
  public var qemuConf: Fact<[String: String]>
  /// Settings of the lock manager that qemu.conf names, from qemu-lockd.conf or qemu-sanlock.conf: the keys that name a
  /// directory of lock spaces. A key that is not set is absent; empty without a lock manager.
  public var lockConf: Fact<[String: String]>
  /// Security drivers in libvirt's capabilities (`<secmodel>`).
  public var securityModels: Fact<[SecurityModel]>
  /// Secrets that libvirt knows, never their values (`virConnectListAllSecrets`).
  public var secrets: Fact<[SecretIdentity]>
  /// Migration certificates; asked only where TLS is requested or forced, else known(nil).
  public var tls: Fact<TLSCredentials?>
  /// How many connections sshd lets authenticate at once; known(nil) when the shell was not reached through sshd.
  public var sshd: Fact<SSHDLimits?>
  /// Version of swtpm; known(nil) when it is not installed.
  public var swtpm: Fact<Version?>
  /// Version of qemu-img, without which libvirt makes no qcow2 images; known(nil) when it is not installed.
  public var imageTool: Fact<Version?>
  /// What disks, devices and the boot of the checked domains name, by path, and the directories of files that are yet to
  /// be made; known(nil) when there is no such file.
  public var files: [String: Fact<FileIdentity?>]
  /// Where `pool/volume` sources lead on this host, by "pool/volume"; known(nil) when it does not resolve.
  public var volumes: [String: Fact<String?>]
  /// Bytes that are free for an unprivileged user, by directory; asked only where disks are copied.
  public var freeSpace: [String: Fact<ByteCount>]
  /// How large a guest sees an image that is not raw (`virtual-size` of `qemu-img info --output=json --force-share`),
  /// by path; asked only of targets that disks are copied onto.
  public var imageSizes: [String: Fact<ByteCount>]
  /// The domains of this host that were looked at closely.
  public var guests: [DomainFacts]

  /// A host of which nothing is known yet: every fact is the gap `gap`.
  public init(name: String, uri: String, gap: Gap) {
    self.name = name
    self.uri = uri
    hostname = .gap(gap)
    uuid = .gap(gap)
    libvirt = .gap(gap)
    emulators = .gap(gap)
    emulatorVersions = [:]
    cpu = .gap(gap)
    clock = .gap(gap)
    clockSync = .gap(gap)
    memory = .gap(gap)
    links = .gap(gap)
    addresses = .gap(gap)
    networks = .gap(gap)
    pools = .gap(gap)
    domains = .gap(gap)
    qemuConf = .gap(gap)
    lockConf = .gap(gap)
    kernel = .gap(gap)
    tsc = .gap(gap)
    nested = .gap(gap)
    hugePages = .gap(gap)
    hugePageSizes = .gap(gap)
    numaNodes = .gap(gap)
    cpusOnline = .gap(gap)
    load = .gap(gap)
    daemonLimits = .gap(gap)
    portsInUse = .gap(gap)
    filters = .gap(gap)
    securityModels = .gap(gap)
    secrets = .gap(gap)
    tls = .known(nil)
    sshd = .gap(gap)
    swtpm = .gap(gap)
    imageTool = .gap(gap)
    files = [:]
    volumes = [:]
    freeSpace = [:]
    imageSizes = [:]
    guests = []
  }

  /// `migration_host` in qemu.conf; known(nil) when the file is read and does not set it.
  public var migrationHost: Fact<String?> { qemuConf.map { $0["migration_host"] } }
}

/// One emulator binary for one architecture and virtualisation type (`<guest><arch><domain>` of the capabilities).
public struct Emulator: Codable, Sendable, Hashable {
  public var path: String
  public var arch: String
  /// "kvm" or "qemu" (TCG).
  public var virtType: String
  public var machines: [Machine]

  public struct Machine: Codable, Sendable, Hashable {
    public var name: String
    /// What an alias such as "q35" stands for on this host; nil when `name` is canonical itself.
    public var canonical: String?
    /// The most vCPUs that it takes (`maxCpus`); nil where the capabilities do not say.
    public var maxVCPUs: Int?
    public init(name: String, canonical: String? = nil, maxVCPUs: Int? = nil) {
      self.name = name
      self.canonical = canonical
      self.maxVCPUs = maxVCPUs
    }
  }

  public init(path: String, arch: String, virtType: String, machines: [Machine]) {
    self.path = path
    self.arch = arch
    self.virtType = virtType
    self.machines = machines
  }
}

/// `/proc/cpuinfo`, first processor.
public struct HostCPU: Codable, Sendable, Hashable {
  public var vendor: String
  public var model: String
  @Sorted public var flags: Set<String>
  /// `cpu family`, `model` and `stepping`; nil on architectures that have none.
  public var family: Int?
  public var modelNumber: Int?
  public var stepping: Int?
  /// As /proc/cpuinfo prints it: "0xb000040".
  public var microcode: String?
  public init(vendor: String, model: String, flags: Set<String>) {
    self.vendor = vendor
    self.model = model
    self.flags = flags
  }
}

/// How far a host's clock is ahead of the observer's, from the exchange with the smallest round trip.
public struct ClockOffset: Codable, Sendable, Hashable {
  /// Positive: the host's clock is ahead. Nanoseconds.
  public var offset: Int64
  /// Half the round trip: the true offset lies within ± this. Nanoseconds.
  public var errorBound: Int64
  public init(offset: Int64, errorBound: Int64) {
    self.offset = offset
    self.errorBound = errorBound
  }
}

/// What a host's time service says of itself.
public struct ClockSync: Codable, Sendable, Hashable {
  /// "chrony", "timesyncd", "ntpd"; "kernel" when only adjtimex was there to ask.
  public var service: String
  public var synchronised: Bool
  /// The server it follows, where it says.
  public var reference: String?
  public var stratum: Int?
  /// How far the service believes the clock is ahead of true time. Nanoseconds.
  public var offset: Int64?
  /// The most that the service thinks its offset may be wrong by. Nanoseconds.
  public var errorBound: Int64?
  public init(
    service: String, synchronised: Bool, reference: String? = nil, stratum: Int? = nil, offset: Int64? = nil,
    errorBound: Int64? = nil
  ) {
    self.service = service
    self.synchronised = synchronised
    self.reference = reference
    self.stratum = stratum
    self.offset = offset
    self.errorBound = errorBound
  }
}

/// `MemTotal` and `MemAvailable` of `/proc/meminfo`.
public struct HostMemory: Codable, Sendable, Hashable {
  public var total: ByteCount
  public var available: ByteCount
  public init(total: ByteCount, available: ByteCount) {
    self.total = total
    self.available = available
  }
}

/// A network device of a host.
public struct Link: Codable, Sendable, Hashable {
  public var name: String
  public var isBridge: Bool
  /// The administrative state: IFF_UP of `/sys/class/net/NAME/flags`.
  public var isUp: Bool
  public var mtu: Int
  /// The bridge, bond or switch that it is a port of.
  public var master: String?
  /// It is the host's end of a virtual machine's device (tun or tap), so no way out of the host.
  public var isTap: Bool
  /// Id of the VLAN that it carries, for a VLAN device.
  public var vlan: Int?
  /// Of a bridge: seconds that a port waits before it forwards, 0 without spanning tree; nil for what is no bridge.
  public var forwardDelay: Double?
  public init(
    name: String, isBridge: Bool, isUp: Bool, mtu: Int, master: String? = nil, isTap: Bool = false, vlan: Int? = nil,
    forwardDelay: Double? = nil
  ) {
    self.name = name
    self.isBridge = isBridge
    self.isUp = isUp
    self.mtu = mtu
    self.master = master
    self.isTap = isTap
    self.vlan = vlan
    self.forwardDelay = forwardDelay
  }
}

/// A libvirt network (`virConnectListAllNetworks` and its XML).
public struct VirtualNetwork: Codable, Sendable, Hashable {
  public var name: String
  public var isActive: Bool
  /// `<forward mode=>`; nil for an isolated network.
  public var forwardMode: String?
  public var bridge: String?
  /// VLAN tags of each port group, by its name.
  public var portGroups: [String: [Int]]
  /// The port group of an interface that names none (`<portgroup default='yes'>`).
  public var defaultPortGroup: String?
  /// VLAN tags of the network itself.
  public var vlans: [Int]
  public init(
    name: String, isActive: Bool, forwardMode: String?, bridge: String?, portGroups: [String: [Int]] = [:],
    defaultPortGroup: String? = nil, vlans: [Int] = []
  ) {
    self.name = name
    self.isActive = isActive
    self.forwardMode = forwardMode
    self.bridge = bridge
    self.portGroups = portGroups
    self.defaultPortGroup = defaultPortGroup
    self.vlans = vlans
  }
}

/// A libvirt storage pool (`virConnectListAllStoragePools` and its XML).
public struct StoragePool: Codable, Sendable, Hashable {
  public var name: String
  public var type: String
  public var isActive: Bool
  /// `<target><path>`, where the type has one.
  public var target: String?
  /// Bytes that it can still give out (`<available>`); nil while it is inactive.
  public var available: ByteCount?
  public init(name: String, type: String, isActive: Bool, target: String?, available: ByteCount? = nil) {
    self.name = name
    self.type = type
    self.isActive = isActive
    self.target = target
    self.available = available
  }

  /// Its volumes are files, which take their room as they are written.
  public var holdsFiles: Bool { ["dir", "fs", "netfs"].contains(type) }
}

/// A domain as a host lists it.
public struct DomainIdentity: Codable, Sendable, Hashable {
  public var name: String
  public var uuid: String
  public var state: DomainState
  public var isPersistent: Bool
  public init(name: String, uuid: String, state: DomainState, isPersistent: Bool) {
    self.name = name
    self.uuid = uuid
    self.state = state
    self.isPersistent = isPersistent
  }
}

/// What tells one file from another on one host.
public struct FileIdentity: Codable, Sendable, Hashable {
  /// "regular", "block", "directory" or "other".
  public var kind: String
  /// Of a block device what it holds, 0 where that was not told.
  public var size: ByteCount
  /// Type of the file system that holds it, as /proc/self/mountinfo spells it: "ext4", "nfs4", "fuse.glusterfs".
  public var fileSystem: String
  /// What that mount names as its source: "server:/export", "/dev/sda1".
  public var mountSource: String
  /// Inode number.
  public var inode: UInt64
  public init(kind: String, size: ByteCount, fileSystem: String, mountSource: String, inode: UInt64) {
    self.kind = kind
    self.size = size
    self.fileSystem = fileSystem
    self.mountSource = mountSource
    self.inode = inode
  }
}
