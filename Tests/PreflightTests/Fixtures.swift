import MigrationModel

@testable import Preflight

/// A gap whose words a test can look for.
let gap = Gap(source: "virConnectStub", reason: "cannot read this")

/// Names that a careless shell command or message would trip over.
let nastyName = "it's $(reboot) \"né\" --x"

/// A move that no rule has anything against: one disk on NFS, a bridge, a libvirt network.
func readyMove() -> Move {
  var pair = PairFacts(source: "kvm1", destination: "kvm2", gap: gap)
  pair.destinationResolvedOnSource = .known(["192.0.2.2"])
  pair.cpuComparisons = [readyDomain().uuid: .known(CPUComparison(isCompatible: true))]
  pair.migrationPort = .known(PortProbe(outcome: .open, address: "192.0.2.2", port: 49152, hadListener: true))
  pair.pathMTU = .known(PathMTU(device: 1500, carried: 1500))
  pair.storage = ["/srv/web1.qcow2": .known(.same(proof: "nonce"))]
  return Move(
    request: MigrationRequest(), domain: readyDomain(), source: readyHost("kvm1", octet: 1),
    destination: readyHost("kvm2", octet: 2), pair: pair, policy: PreflightPolicy())
}

func readyDomain() -> DomainFacts {
  var domain = DomainFacts(name: "web1", uuid: "11111111-0000-0000-0000-000000000001")
  domain.stateReason = "booted"
  domain.machine = "pc-q35-7.2"
  domain.emulator = "/usr/bin/qemu-system-x86_64"
  domain.memory = .mebibytes(1024)
  domain.vcpus = 2
  domain.maxVCPUs = 2
  domain.cpuMode = "custom"
  domain.disks = [Disk(target: "vda", source: .file("/srv/web1.qcow2"), cache: "none", format: "qcow2")]
  domain.interfaces = [
    Interface(source: .bridge("br0")), Interface(source: .network(name: "default", portGroup: nil)),
  ]
  domain.runningQEMU = .known(Version(7, 2, 5))
  return domain
}

func readyHost(_ name: String, octet: Int) -> HostFacts {
  var host = HostFacts(name: name, uri: "qemu+ssh://\(name)/system", gap: gap)
  host.hostname = .known(name)
  host.uuid = .known("aaaaaaaa-0000-0000-0000-00000000000\(octet)")
  host.libvirt = .known(Version(9, 0, 0))
  host.emulators = .known([readyEmulator()])
  host.emulatorVersions = ["/usr/bin/qemu-system-x86_64": .known(Version(7, 2, 5))]
  host.cpu = .known(HostCPU(vendor: "GenuineIntel", model: "Xeon", flags: ["fpu", "avx2", "vmx"]))
  host.clock = .known(ClockOffset(offset: 0, errorBound: 0))
  host.clockSync = .known(ClockSync(service: "chrony", synchronised: true, reference: "ntp.example", stratum: 3))
  host.memory = .known(HostMemory(total: .mebibytes(16384), available: .mebibytes(8192)))
  host.kernel = .known("6.1.0-18-amd64")
  host.tsc = .known(TimeStampCounter(frequency: 2_400_000_000, scales: true))
  host.nested = .known(false)
  host.hugePages = .known([HugePagePool(node: 0, size: .mebibytes(2), total: 0, free: 0)])
  host.hugePageSizes = .known(HugePageSizes(standard: .mebibytes(2), mounted: [.mebibytes(2)]))
  host.numaNodes = .known([0])
  host.cpusOnline = .known(Array(0..<16))
  host.load = .known(0.5)
  host.daemonLimits = .known(DaemonLimits(lockedMemory: .mebibytes(8), canRaise: true))
  host.links = .known([
    Link(name: "br0", isBridge: true, isUp: true, mtu: 1500, forwardDelay: 0),
    Link(name: "eth1", isBridge: false, isUp: true, mtu: 1500, master: "br0"),
  ])
  host.portsInUse = .known([22, 16509])
  host.filters = .known([])
  host.securityModels = .known([
    SecurityModel(name: "none", doi: "0"),
    SecurityModel(name: "dac", doi: "0", baseLabels: ["kvm": "+64055:+64055", "qemu": "+64055:+64055"]),
  ])
  host.secrets = .known([])
  host.sshd = .known(SSHDLimits(begin: 10, full: 100))
  host.swtpm = .known(nil)
  host.imageTool = .known(Version(7, 2, 5))
  host.addresses = .known(["192.0.2.\(octet)"])
  host.networks = .known([VirtualNetwork(name: "default", isActive: true, forwardMode: "nat", bridge: "virbr0")])
  host.pools = .known([])
  host.domains = .known([])
  host.qemuConf = .known([:])
  host.lockConf = .known([:])
  host.files = ["/srv/web1.qcow2": .known(readyFile())]
  return host
}

func readyEmulator() -> Emulator {
  Emulator(
    path: "/usr/bin/qemu-system-x86_64", arch: "x86_64", virtType: "kvm",
    machines: [
      .init(name: "pc-q35-7.2", maxVCPUs: 288), .init(name: "q35", canonical: "pc-q35-7.2", maxVCPUs: 288),
    ])
}

func readyFile(kind: String = "regular") -> FileIdentity {
  FileIdentity(kind: kind, size: .mebibytes(10240), fileSystem: "nfs4", mountSource: "nas:/srv", inode: 7)
}

extension Move {
  /// This move with something changed.
  func with(_ change: (inout Move) -> Void) -> Move {
    var move = self
    change(&move)
    return move
  }

  func assessed() -> Assessment {
    assess(request, domain: domain, source: source, destination: destination, pair: pair, policy: policy)
  }

  /// What one rule alone answers.
  func answer(_ rule: String) -> Answer? { catalogue.first { $0.id == rule }?.judge(self) }

  /// The findings of one rule, as they reach the user.
  func findings(_ rule: String) -> [Finding] { assessed().findings.filter { $0.rule == rule } }
}

/// A copy of the ready move with something changed.
func move(_ change: (inout Move) -> Void) -> Move { readyMove().with(change) }

extension Answer {
  var isNotApplicable: Bool { if case .notApplicable = self { true } else { false } }
}

extension Finding {
  var remedyText: String { remedy.joined(separator: "\n") }
}
