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
  public var vcpus: Int
  /// `<cpu mode=>`: "custom", "host-model", "host-passthrough", "maximum"; nil without `<cpu>`.
  public var cpuMode: String?
  public var disks: [Disk]
  public var interfaces: [Interface]

  /// Version of the QEMU that runs the guest, which a package upgrade does not change; known(nil) when shut off.
  public var runningQEMU: Fact<Version?>

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
    disks = []
    interfaces = []
    runningQEMU = .known(nil)
  }

  public var isActive: Bool { state.isActive }
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

  /// The local path that the source names, nil for network storage, volumes and empty drives.
  public var path: String? {
    switch source {
    case .file(let path), .block(let path), .directory(let path): path
    case .none, .volume, .network, .other: nil
    }
  }

  public init(
    target: String, device: String = "disk", source: Source, isReadOnly: Bool = false, isShareable: Bool = false,
    backingFiles: [String] = []
  ) {
    self.target = target
    self.device = device
    self.source = source
    self.isReadOnly = isReadOnly
    self.isShareable = isShareable
    self.backingFiles = backingFiles
  }
}

/// An `<interface>` of a domain.
public struct Interface: Codable, Sendable, Hashable {
  public var mac: String?
  public var source: Source

  public enum Source: Codable, Sendable, Hashable {
    case bridge(String)
    case network(name: String, portGroup: String?)
    /// Any other type, by its name: "direct", "user", "hostdev".
    case other(String)
  }

  public init(mac: String? = nil, source: Source) {
    self.mac = mac
    self.source = source
  }
}
