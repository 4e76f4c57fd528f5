import MigrationModel
import Testing

@testable import Preflight

/// Takes one fact of a host away.
struct Removal: Sendable, CustomTestStringConvertible {
  var name: String
  /// What the ready move becomes when the source or the destination loses the fact.
  var onSource: Verdict
  var onDestination: Verdict
  var remove: @Sendable (inout HostFacts) -> Void
  var testDescription: String { name }

  init(
    _ name: String, _ onSource: Verdict, _ onDestination: Verdict,
    _ remove: @escaping @Sendable (inout HostFacts) -> Void
  ) {
    self.name = name
    self.onSource = onSource
    self.onDestination = onDestination
    self.remove = remove
  }
}

private let removals: [Removal] = [
  Removal("hostname", .inconclusive, .inconclusive) { $0.hostname = .gap(gap) },
  Removal("uuid", .inconclusive, .inconclusive) { $0.uuid = .gap(gap) },
  Removal("libvirt", .inconclusive, .inconclusive) { $0.libvirt = .gap(gap) },
  Removal("emulators", .ready, .inconclusive) { $0.emulators = .gap(gap) },
  Removal("emulatorVersions", .ready, .inconclusive) { $0.emulatorVersions = [:] },
  Removal("emulatorVersions gap", .ready, .inconclusive) {
    $0.emulatorVersions = $0.emulatorVersions.mapValues { _ in .gap(gap) }
  },
  Removal("cpu", .inconclusive, .inconclusive) { $0.cpu = .gap(gap) },
  Removal("clock", .inconclusive, .inconclusive) { $0.clock = .gap(gap) },
  Removal("clockSync", .warnings, .warnings) { $0.clockSync = .gap(gap) },
  Removal("memory", .ready, .inconclusive) { $0.memory = .gap(gap) },
  Removal("links", .inconclusive, .inconclusive) { $0.links = .gap(gap) },
  Removal("addresses", .ready, .inconclusive) { $0.addresses = .gap(gap) },
  Removal("networks", .inconclusive, .inconclusive) { $0.networks = .gap(gap) },
  Removal("pools", .inconclusive, .inconclusive) { $0.pools = .gap(gap) },
  Removal("domains", .ready, .inconclusive) { $0.domains = .gap(gap) },
  Removal("kernel", .ready, .ready) { $0.kernel = .gap(gap) },
  Removal("tsc", .ready, .ready) { $0.tsc = .gap(gap) },
  Removal("nested", .ready, .ready) { $0.nested = .gap(gap) },
  Removal("hugePages", .ready, .ready) { $0.hugePages = .gap(gap) },
  Removal("hugePageSizes", .ready, .ready) { $0.hugePageSizes = .gap(gap) },
  Removal("numaNodes", .ready, .ready) { $0.numaNodes = .gap(gap) },
  Removal("cpusOnline", .ready, .warnings) { $0.cpusOnline = .gap(gap) },
  Removal("load", .ready, .warnings) { $0.load = .gap(gap) },
  Removal("daemonLimits", .ready, .ready) { $0.daemonLimits = .gap(gap) },
  Removal("portsInUse", .ready, .inconclusive) { $0.portsInUse = .gap(gap) },
  Removal("filters", .ready, .ready) { $0.filters = .gap(gap) },
  Removal("securityModels", .inconclusive, .inconclusive) { $0.securityModels = .gap(gap) },
  Removal("secrets", .ready, .ready) { $0.secrets = .gap(gap) },
  Removal("tls", .ready, .ready) { $0.tls = .gap(gap) },
  Removal("sshd", .ready, .warnings) { $0.sshd = .gap(gap) },
  Removal("swtpm", .ready, .ready) { $0.swtpm = .gap(gap) },
  Removal("imageTool", .ready, .ready) { $0.imageTool = .gap(gap) },
  Removal("qemuConf", .inconclusive, .inconclusive) { $0.qemuConf = .gap(gap) },
  Removal("lockConf", .ready, .ready) { $0.lockConf = .gap(gap) },
  Removal("files", .inconclusive, .inconclusive) { $0.files = [:] },
  Removal("files gap", .inconclusive, .inconclusive) { $0.files = $0.files.mapValues { _ in .gap(gap) } },
  Removal("volumes", .ready, .ready) { $0.volumes = [:] },
  Removal("freeSpace", .ready, .ready) { $0.freeSpace = [:] },
  Removal("imageSizes", .ready, .ready) { $0.imageSizes = [:] },
  Removal("guests", .ready, .ready) { $0.guests = [] },
]

/// Moves of every verdict, each for another reason.
private let cases: [(name: String, move: @Sendable () -> Move)] = [
  ("ready", { readyMove() }),
  ("same host", { move { $0.destination.uuid = $0.source.uuid } }),
  ("same name", { move { $0.destination.hostname = $0.source.hostname } }),
  ("resolves elsewhere", { move { $0.pair.destinationResolvedOnSource = .known(["203.0.113.9"]) } }),
  ("old QEMU", { move { $0.domain.runningQEMU = .known(Version(9, 0, 0)) } }),
  ("no machine", { move { $0.domain.machine = "pc-q35-9.0" } }),
  ("no emulator", { move { $0.domain.arch = "aarch64" } }),
  ("lost flag", { move { $0.source.cpu = .known(HostCPU(vendor: "GenuineIntel", model: "Xeon", flags: ["amx"])) } }),
  ("other vendor", { move { $0.source.cpu = .known(HostCPU(vendor: "AuthenticAMD", model: "EPYC", flags: [])) } }),
  ("skewed", { move { $0.source.clock = .known(ClockOffset(offset: 900_000_000, errorBound: 1)) } }),
  ("loose clock", { move { $0.source.clockSync = .known(ClockSync(service: "chrony", synchronised: false)) } }),
  ("no file", { move { $0.destination.files = ["/srv/web1.qcow2": .known(nil)] } }),
  ("no bridge", { move { $0.destination.links = .known([]) } }),
  ("no network", { move { $0.destination.networks = .known([]) } }),
  ("no memory", { move { $0.domain.memory = .mebibytes(1 << 20) } }),
  (
    "taken name",
    {
      move {
        $0.destination.domains = .known([DomainIdentity(name: "web1", uuid: "x", state: .running, isPersistent: true)])
      }
    }
  ),
]

private func badness(_ verdict: Verdict) -> Int {
  switch verdict {
  case .ready: 0
  case .warnings: 1
  case .inconclusive: 2
  case .blocked: 3
  }
}

@Suite struct GapTests {
  @Test func everyFactOfAHostHasItsRemoval() {
    let facts = Set(Mirror(reflecting: readyHost("x", octet: 1)).children.compactMap(\.label)).subtracting([
      "name", "uri",
    ])
    #expect(facts == Set(removals.map { $0.name.split(separator: " ").map(String.init).first ?? "" }))
  }

  @Test(arguments: removals)
  func aMissingFactShows(_ removal: Removal) {
    #expect(move { removal.remove(&$0.source) }.assessed().verdict == removal.onSource, "source")
    #expect(move { removal.remove(&$0.destination) }.assessed().verdict == removal.onDestination, "destination")
  }

  /// Less knowledge never helps: what blocked may become unknown, but never passes; nothing else gets better at all.
  @Test(arguments: removals)
  func removingAFactNeverMakesAVerdictBetter(_ removal: Removal) {
    for (name, base) in cases {
      let before = base().assessed().verdict
      let floor = before == .blocked ? badness(.inconclusive) : badness(before)
      let onSource = base().with { removal.remove(&$0.source) }.assessed().verdict
      let onDestination = base().with { removal.remove(&$0.destination) }.assessed().verdict
      #expect(badness(onSource) >= floor, "\(name): source without \(removal.name) went from \(before) to \(onSource)")
      #expect(
        badness(onDestination) >= floor,
        "\(name): destination without \(removal.name) went from \(before) to \(onDestination)")
    }
  }

  @Test func removingAFactOfThePairNeverMakesAVerdictBetter() {
    let changes: [(inout PairFacts) -> Void] = [
      { $0.destinationResolvedOnSource = .gap(gap) }, { $0.cpuComparisons = [:] }, { $0.storage = [:] },
      { $0.storage = ["/srv/web1.qcow2": .gap(gap)] }, { $0.migrationPort = .gap(gap) },
    ]
    for change in changes {
      #expect(move { change(&$0.pair) }.assessed().verdict == .inconclusive)
      for (name, base) in cases where base().assessed().verdict == .blocked {
        let after = base().with { change(&$0.pair) }.assessed().verdict
        #expect(badness(after) >= badness(.inconclusive), "\(name) went to \(after)")
      }
    }
  }

  @Test func anUnknownNamesTheHostTheCallAndTheReason() {
    let finding = move { $0.destination.memory = .gap(Gap(source: "/proc/meminfo", reason: "permission denied")) }
      .findings("memory.free").first
    #expect(finding?.message == "kvm2: free memory could not be read (/proc/meminfo: permission denied).")
    #expect(finding?.destination == "not read")
    #expect(finding?.remedyText.contains("kvm2 why it fails: /proc/meminfo") == true)
  }

  @Test func bothGapsAreNamed() {
    let findings = move {
      $0.source.uuid = .gap(gap)
      $0.destination.uuid = .gap(gap)
    }.findings("host.identity")
    #expect(findings.map { $0.message.prefix(5) } == ["kvm1:", "kvm2:"])
  }
}
