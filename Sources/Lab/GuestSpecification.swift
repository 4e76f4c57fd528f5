import FoundationEssentials

/// A guest to be made in a lab.
public struct GuestSpecification: Sendable, Equatable {
  /// Where the guest's disk lives; a size is in MiB.
  public enum Disk: Sendable, Equatable {
    case none
    /// In the directory that all hosts see.
    case shared(mebibytes: Int)
    /// In a directory that has the same path on every host, and other contents.
    case local(mebibytes: Int, format: DiskFormat = .raw)
    /// There too: a qcow2 file over another, which holds `chainBaseByte` in its first 64 KiB.
    case localChain(mebibytes: Int)

    public static let chainBaseByte: UInt8 = 0xB5
  }

  public enum DiskFormat: String, Sendable { case raw, qcow2 }

  /// What its network device is connected to.
  public enum Connection: Sendable, Equatable {
    case none
    case bridge(String)
    /// A network of libvirt's; every host has `guests`.
    case network(String)
  }

  /// What it does all the time: changes `mebibytesPerSecond` of its memory within a set of `workingSet` MiB.
  public struct Workload: Sendable, Equatable {
    public var mebibytesPerSecond: Int
    public var workingSet: Int

    public init(mebibytesPerSecond: Int, workingSet: Int) {
      self.mebibytesPerSecond = mebibytesPerSecond
      self.workingSet = workingSet
    }
  }

  /// What it does besides: keeps `mebibytes` of its memory, changes `mebibytesPerSecond` of them, and checks them all the
  /// time; `KeeperClient` and `KeeperWatch` ask it for what it found.
  public struct Keeper: Sendable, Equatable {
    public var mebibytes: Int
    /// nil: as many as the CPU gives.
    public var mebibytesPerSecond: Int?
    public var pattern: AccessPattern
    /// What it beats on besides; nil for a keeper that only answers.
    public var heart: Heart?

    public init(
      mebibytes: Int = 32, mebibytesPerSecond: Int? = 4, pattern: AccessPattern = .sequential, heart: Heart? = nil
    ) {
      self.mebibytes = mebibytes
      self.mebibytesPerSecond = mebibytesPerSecond
      self.pattern = pattern
      self.heart = heart
    }
  }

  /// Who runs the guest's CPUs, as libvirt names the domain's type. A lab's hosts have no KVM.
  public enum Accelerator: String, Codable, Sendable, CaseIterable {
    case emulated = "qemu"
    case kvm
  }

  /// Which page is changed next.
  public enum AccessPattern: String, Codable, Sendable, CaseIterable {
    case sequential
    case random
    /// Nine times of ten one of the first tenth.
    case hotCold = "hot-cold"
  }

  /// A keeper's beats over virtio-serial; every QEMU that holds the guest connects to whoever counts them.
  public struct Heart: Sendable, Equatable {
    public enum Collector: Sendable, Equatable {
      /// A listening socket in the file system, at the same path on every host.
      case unix(String)
      /// A listening port that every host reaches.
      case tcp(address: String, port: UInt16)
    }

    public var period: Duration
    public var collector: Collector

    public init(period: Duration, collector: Collector) {
      self.period = period
      self.collector = collector
    }
  }

  /// Any name that libvirt takes: it is quoted wherever it goes.
  public var name: String
  public var uuid: UUID
  /// In MiB.
  public var memory: Int
  public var vcpus: Int
  public var disk: Disk
  public var connection: Connection
  /// In the guests' network, from `LabPlan.guestAddress`; nil leaves the device down.
  public var address: String?
  /// How many bits of the address name the network.
  public var prefixLength: Int
  public var accelerator: Accelerator
  public var workload: Workload?
  /// Needs an address, by which it is asked.
  public var keeper: Keeper?
  /// A machine type of QEMU's: "pc", "q35" or one with a version.
  public var machine: String
  /// XML of more children of `<domain>`, as libvirt takes it.
  public var elements: [String]
  /// XML of more devices.
  public var devices: [String]

  public init(
    name: String, uuid: UUID = UUID(), memory: Int = 256, vcpus: Int = 1, disk: Disk = .none,
    connection: Connection = .bridge("br0"), address: String? = nil, prefixLength: Int = 24,
    accelerator: Accelerator = .emulated, workload: Workload? = nil,
    keeper: Keeper? = nil, machine: String = "pc", elements: [String] = [], devices: [String] = []
  ) {
    self.name = name
    self.uuid = uuid
    self.memory = memory
    self.vcpus = vcpus
    self.disk = disk
    self.connection = connection
    self.address = address
    self.prefixLength = prefixLength
    self.accelerator = accelerator
    self.workload = workload
    self.keeper = keeper
    self.machine = machine
    self.elements = elements
    self.devices = devices
  }

  /// Names the guest in virsh's arguments: unlike a name it needs no quoting and cannot look like an option.
  public var id: String { uuid.uuidString.lowercased() }

  /// The disk's path inside the hosts; nil for a guest without one.
  public var diskPath: String? {
    switch disk {
    case .none: nil
    case .shared: "\(LabPlan.sharedPath)/\(id).img"
    case .local(_, .raw): "\(LabPlan.localPath)/\(id).img"
    case .local(_, .qcow2), .localChain: "\(LabPlan.localPath)/\(id).qcow2"
    }
  }

  /// Of the file at `diskPath`.
  public var diskFormat: DiskFormat {
    switch disk {
    case .none, .shared: .raw
    case .local(_, let format): format
    case .localChain: .qcow2
    }
  }

  /// What a chain's file is over, as a path inside the host.
  public var diskBasePath: String { "\(LabPlan.localPath)/\(id)-base.qcow2" }

  /// Throws `LabError` of code `invalidConfiguration` that names what cannot be.
  func validate() throws {
    guard let keeper else { return }
    guard address != nil, keeper.mebibytes > 0, keeper.mebibytes < memory, keeper.mebibytesPerSecond ?? 0 >= 0 else {
      throw LabError(
        .invalidConfiguration, "keep \(keeper.mebibytes) MiB in the guest \(name)",
        "a keeper needs an address, some memory, and less than the guest's \(memory) MiB")
    }
  }

  /// What its serial console said, as a path inside the host where it runs.
  public var consolePath: String { "/var/log/libvirt/qemu/\(id)-console.log" }

  /// The domain XML of this guest, which boots `image`.
  public func xml(booting image: GuestImage) -> String { GuestXML(guest: self, image: image).text }

  /// The same for every host of a lab.
  var macAddress: String {
    let bytes = uuid.uuid
    return "52:54:00" + [bytes.13, bytes.14, bytes.15].map { ":" + Self.hexadecimal($0) }.joined()
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
