import MigrationModel
import Preflight

@testable import MigrateCommands

/// The checks that the golden files show.
enum Sample {
  static let source = "qemu+ssh://kvm1/system"
  static let destination = "qemu+ssh://kvm2/system"

  static func check(_ verdict: Verdict, _ findings: [Finding] = []) -> Check {
    var domain = DomainFacts(name: "web", uuid: "6695eb01-f6a4-8304-79aa-97f2502e193f")
    domain.memory = .mebibytes(2048)
    domain.vcpus = 2
    return Check(
      domain: domain, source: host("kvm1", source), destination: host("kvm2", destination),
      choice: ModeChoice(.p2p, because: "kvm1's own credentials open kvm2"),
      assessment: Assessment(
        verdict: verdict, findings: findings, passed: ["host.identity", "uri.resolves"], notApplicable: ["storage.pool"]
      ))
  }

  private static func host(_ name: String, _ uri: String) -> HostFacts {
    var facts = HostFacts(name: name, uri: uri, gap: Gap(source: "test", reason: "not asked"))
    facts.hostname = .known("\(name).example")
    return facts
  }

  static let bridge = Finding(
    rule: "network.bridge", severity: .blocker, subject: "br7", source: "up", destination: "absent",
    message: "kvm2 has no bridge br7.", remedy: ["ip link add br7 type bridge", "ip link set br7 up"], blocks: true)
  static let clock = Finding(
    rule: "clock.sync", severity: .warning, subject: "clock", source: "chrony, synchronised",
    destination: "chrony, not synchronised", message: "kvm2: chrony says that the clock is not synchronised.",
    remedy: ["On kvm2: timedatectl set-ntp true"], blocks: false)
  static let reference = Finding(
    rule: "clock.sync", severity: .info, subject: "clock", source: "", destination: "",
    message: "kvm1 follows ntp1 and kvm2 follows ntp2.", blocks: false)
  static let unread = Finding(
    rule: "memory.free", severity: .unknown, subject: "free memory", source: "read", destination: "not read",
    message: "kvm2: free memory could not be read (/proc/meminfo: the shell did not answer within 10 s).", blocks: true)

  static func overridden(_ finding: Finding, _ severity: Severity) -> Finding {
    var finding = finding
    finding.severity = severity
    finding.isOverridden = true
    finding.blocks = false
    return finding
  }

  static let checks: [(name: String, check: Check)] = [
    ("ready", check(.ready, [reference])),
    ("warnings", check(.warnings, [clock])),
    ("blocked", check(.blocked, [bridge, unread, clock])),
    ("inconclusive", check(.inconclusive, [unread])),
    ("overridden", check(.warnings, [overridden(unread, .unknown), overridden(bridge, .warning)])),
  ]
}

/// The updates that the golden files show, each type of line at least once.
extension Sample {
  static var progress: ProgressSample {
    var sample = ProgressSample()
    sample.memory.total = .mebibytes(2048)
    sample.memory.processed = .mebibytes(1500)
    sample.memory.remaining = .mebibytes(512)
    sample.memory.bandwidth = 268_435_456
    sample.memory.dirtyPagesPerSecond = 4096
    sample.memory.pageSize = .bytes(4096)
    sample.memory.iteration = 2
    sample.memory.constantPages = 7
    sample.memory.normalPages = 384_000
    sample.disk = ProgressSample.Disk()
    sample.disk?.total = .mebibytes(100)
    sample.disk?.remaining = .bytes(0)
    sample.throttlePercent = 20
    sample.postcopyRequests = 0
    sample.downtime = .milliseconds(300)
    return sample
  }

  static var completed: MigrationResult {
    var downtime = Downtime()
    downtime.reported = .milliseconds(61)
    downtime.event = .microseconds(58_250)
    downtime.skew = .microseconds(-1500)
    downtime.skewError = .microseconds(200)
    return MigrationResult(
      outcome: .completed, elapsed: .milliseconds(8125), runningOn: "kvm2", definedOn: ["kvm2"], downtime: downtime,
      sample: progress)
  }

  static let cancelled = MigrationResult(
    outcome: .cancelled, elapsed: .milliseconds(1040), runningOn: "kvm1", definedOn: ["kvm1"],
    error: MigrationFailure(
      code: 78, message: "kvm1: cannot migrate web: migration out: canceled by client (libvirt error 78)",
      source: "canceled by client", destination: "closed the monitor"))

  static let moves: [MigrationUpdate.Content] = [
    .phase(.preflight, detail: "comparing kvm1 with kvm2"), .phase(.transfer, detail: ""),
    .progress(ProgressSample(), percent: nil), .progress(progress, percent: 74.98),
    .guest(.source, event: "suspended", detail: "migrated"), .guest(.destination, event: "defined", detail: ""),
    .result(completed),
  ]
}
