import MigrationModel

/// Two hosts as a site has them, each with a thousand domains; those of the first are to go to the second.
struct Site {
  let source: HostFacts
  let destination: HostFacts
  let pair: PairFacts

  static let domains = 1000

  /// - Parameter fits: whether the second host has all that the guests need; else it lacks a bridge, CPU flags and time.
  init(fits: Bool) {
    let guests = (0..<Self.domains).map(Self.guest)
    source = Self.host("kvm1", number: 1, domains: guests.map { ($0.name, $0.uuid) }, guests: guests, fits: true)
    let others = (0..<Self.domains).map { ("other-\($0)", Self.uuid(host: 2, $0)) }
    destination = Self.host("kvm2", number: 2, domains: others, guests: [], fits: fits)
    pair = Self.pair(guests)
  }

  /// Unlike from the first digits on, as random ones are.
  private static func uuid(host: Int, _ number: Int) -> String {
    let digits = String(UInt32(truncatingIfNeeded: (host * 10_000 + number) * 2_654_435_761), radix: 16)
    return "\(String(repeating: "0", count: 8 - digits.count))\(digits)-1b7d-4c21-8e60-52540017f303"
  }

  private static func guest(_ number: Int) -> DomainFacts {
    var guest = DomainFacts(name: "guest-\(number)", uuid: uuid(host: 1, number))
    guest.stateReason = "booted"
    guest.machine = "pc-q35-7.2"
    guest.emulator = "/usr/bin/qemu-system-x86_64"
    guest.memory = .mebibytes(2048)
    (guest.vcpus, guest.maxVCPUs) = (2, 4)
    guest.cpuMode = "custom"
    guest.cpu = "<cpu mode='custom' match='exact'><model fallback='forbid'>Skylake-Server-IBRS</model></cpu>"
    guest.cpuFeatures = ["ssbd", "md-clear", "vmx", "hypervisor"]
    guest.disks = [
      Disk(
        target: "vda", source: .file("\(store)/guest-\(number).qcow2"), backingFiles: ["\(store)/base.qcow2"],
        cache: "none", format: "qcow2"),
      Disk(target: "vdb", source: .file("\(store)/guest-\(number)-data.raw"), cache: "none", format: "raw"),
    ]
    guest.interfaces = [
      Interface(mac: "52:54:00:00:00:01", source: .bridge("br\(number % 20)"), filter: "clean-traffic"),
      Interface(mac: "52:54:00:00:00:02", source: .network(name: "net\(number % 10)", portGroup: "web"), mtu: 1500),
    ]
    guest.graphics = [Graphics(type: "vnc", listen: "127.0.0.1", port: 5900 + number)]
    guest.securityLabels = [SecurityLabel(model: "apparmor", type: "dynamic")]
    guest.agentIsConnected = true
    guest.runningQEMU = .known(Version(7, 2, 9))
    return guest
  }

  private static let store = "/var/lib/libvirt/shared"

  private static func host(
    _ name: String, number: Int, domains: [(name: String, uuid: String)], guests: [DomainFacts], fits: Bool
  ) -> HostFacts {
    var host = HostFacts(
      name: name, uri: "qemu+ssh://\(name)/system", gap: Gap(source: "the host", reason: "was not asked"))
    host.hostname = .known("\(name).example.org")
    host.uuid = .known(uuid(host: number, 9999))
    host.libvirt = .known(Version(9, 0, 0))
    host.kernel = .known("6.1.0-28-amd64")
    host.addresses = .known(["192.0.2.\(number)", "2001:db8::\(number)", "fe80::\(number)"])
    host.clock = .known(ClockOffset(offset: number == 2 && !fits ? 900_000_000 : 200_000, errorBound: 150_000))
    host.clockSync = .known(ClockSync(service: "chrony", synchronised: true, reference: "192.0.2.250", stratum: 3))
    host.domains = .known(
      DomainList(domains.map { DomainIdentity(name: $0.name, uuid: $0.uuid, state: .running, isPersistent: true) }))
    host.guests = guests
    fillHardware(of: &host, fits: fits)
    fillNetworks(of: &host, fits: fits)
    fillStorage(of: &host)
    return host
  }

  private static func fillHardware(of host: inout HostFacts, fits: Bool) {
    let machines = (0..<60).flatMap { number in
      ["pc-i440fx", "pc-q35"].map { Emulator.Machine(name: "\($0)-\(number / 10 + 2).\(number % 10)", maxVCPUs: 288) }
    }
    let path = "/usr/bin/qemu-system-x86_64"
    let alias = Emulator.Machine(name: "q35", canonical: "pc-q35-7.2", maxVCPUs: 288)
    host.emulators = .known(
      ["kvm", "qemu"].map { Emulator(path: path, arch: "x86_64", virtType: $0, machines: machines + [alias]) })
    host.emulatorVersions = [path: .known(Version(7, 2, 9))]
    let flags = (0..<130).map { "flag\($0)" } + (fits ? ["avx512f", "avx512bw"] : [])
    var cpu = HostCPU(vendor: "GenuineIntel", model: "Intel(R) Xeon(R) Gold 6130", flags: Set(flags))
    (cpu.family, cpu.modelNumber, cpu.stepping, cpu.microcode) = (6, 85, 4, "0x2006e05")
    host.cpu = .known(cpu)
    host.tsc = .known(TimeStampCounter(frequency: 2_095_076_000, scales: true))
    host.nested = .known(true)
    host.memory = .known(HostMemory(total: .mebibytes(3 << 20), available: .mebibytes(2 << 20)))
    host.hugePages = .known([0, 1].map { HugePagePool(node: $0, size: .mebibytes(2), total: 4096, free: 4096) })
    host.numaNodes = .known([0, 1])
    host.cpusOnline = .known(Array(0..<128))
    host.load = .known(21.5)
    host.daemonLimits = .known(DaemonLimits(lockedMemory: .mebibytes(64), canRaise: true))
    host.swtpm = .known(Version(0, 7, 1))
    host.sshd = .known(SSHDLimits(begin: 10, full: 100))
    host.qemuConf = .known(["migration_host": host.addresses.value?.first ?? "", "security_driver": "apparmor"])
    host.securityModels = .known([
      SecurityModel(name: "apparmor", doi: "0"),
      SecurityModel(name: "dac", doi: "0", baseLabels: ["kvm": "+64055:+64055", "qemu": "+64055:+64055"]),
    ])
    host.secrets = .known((0..<20).map { SecretIdentity(uuid: uuid(host: 7, $0), hasValue: true) })
    host.portsInUse = .known([22, 16509] + (0..<1000).map { 5900 + $0 })
  }

  /// Two hundred devices: bridges, each with an uplink, and the guests' taps.
  private static func fillNetworks(of host: inout HostFacts, fits: Bool) {
    let bridges = (0..<20).flatMap { number in
      [
        Link(name: "br\(number)", isBridge: true, isUp: fits || number > 0, mtu: 1500, forwardDelay: 0),
        Link(name: "eth0.\(number)", isBridge: false, isUp: true, mtu: 1500, master: "br\(number)", vlan: number),
      ]
    }
    let taps = (0..<160).map { number in
      Link(name: "vnet\(number)", isBridge: false, isUp: true, mtu: 1500, master: "br\(number % 20)", isTap: true)
    }
    host.links = .known(taps + bridges)
    host.networks = .known(
      (0..<10).map { number in
        VirtualNetwork(
          name: "net\(number)", isActive: true, forwardMode: "bridge", bridge: "br\(number)",
          portGroups: ["web": [10], "db": [20]],
          vlans: [number])
      })
    host.filters = .known((0..<30).map { "filter-\($0)" } + ["clean-traffic"])
  }

  private static func fillStorage(of host: inout HostFacts) {
    host.pools = .known(
      (0..<5).map { number in
        StoragePool(
          name: "pool\(number)", type: "dir", isActive: true, target: number == 0 ? store : "/srv/pool\(number)",
          available: .mebibytes(1 << 20))
      })
    let paths = (0..<domains).flatMap { ["guest-\($0).qcow2", "guest-\($0)-data.raw"] } + ["base.qcow2"]
    for (number, path) in paths.enumerated() {
      host.files["\(store)/\(path)"] = .known(
        FileIdentity(
          kind: "regular", size: .mebibytes(10240), fileSystem: "nfs4", mountSource: "nas:/guests",
          inode: UInt64(number)))
    }
  }

  private static func pair(_ guests: [DomainFacts]) -> PairFacts {
    var pair = PairFacts(source: "kvm1", destination: "kvm2", gap: Gap(source: "both hosts", reason: "was not asked"))
    pair.destinationResolvedOnSource = .known(["192.0.2.2"])
    pair.migrationPort = .known(PortProbe(outcome: .open, address: "192.0.2.2", port: 49152, hadListener: true))
    pair.pathMTU = .known(PathMTU(device: 1500, carried: 1500))
    for guest in guests {
      pair.cpuComparisons[guest.uuid] = .known(CPUComparison(isCompatible: true))
      for disk in guest.disks {
        for path in [disk.path].compactMap(\.self) + disk.backingFiles {
          pair.storage[path] = .known(.same(proof: "a nonce file written on the source was read on the destination"))
        }
      }
    }
    return pair
  }
}
