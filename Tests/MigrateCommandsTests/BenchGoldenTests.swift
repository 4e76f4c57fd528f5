import BenchModel
import Testing

@testable import MigrateCommands

/// What `migrate bench` prints on a terminal.
@Suite struct BenchGoldenTests {
  private let text = BenchText(style: Style(isColoured: false))

  @Test func aReportIsATableOfMediansAfterItsControls() throws {
    try expectGolden(text.report(Self.report(slower: 0)) + "\n", "bench.txt")
  }

  @Test func aReportThatIsNotToBeBelievedSaysSoOnTop() throws {
    var report = Self.report(slower: 0)
    (report.ok, report.problems) = (false, ["idle/p2p, migrate, repeat 2: 3 beats were lost\u{1B}[2J"])
    (report.runs[0].outcome, report.runs[0].error) = ("failed", "no route to host")
    try expectGolden(text.report(report) + "\n", "bench-problems.txt")
  }

  @Test func aComparisonHasAVerdictForEachFigure() throws {
    let comparison = BenchComparison(Self.report(slower: 0), Self.report(slower: 50))
    try expectGolden(text.comparison(comparison) + "\n", "bench-compare.txt")
  }

  /// Six pairs of moves whose figures stand still but for migrate's heartbeat.
  private static func report(slower: Double) -> BenchReport {
    var scenario = Scenario(name: "idle", variants: [.init(name: "p2p", mode: "p2p")])
    scenario.tools = ["migrate", "virsh"]
    let runs = (1...6).flatMap { number in
      ["migrate", "virsh"].map { tool in
        var run = Run(scenario: "idle/p2p", tool: tool, repeat: number, from: "host1", to: "host2")
        (run.outcome, run.totalMs) = ("completed", 800 + Double(number))
        run.downtime.heartbeatMs = 40 + Double(number) + (tool == "migrate" ? slower : 0)
        (run.downtime.qemuMs, run.downtime.eventMs, run.downtime.reportedMs) = (37.5, 38.25, 39)
        (run.downtime.networkMs, run.downtime.firstPacketMs) = (45, 6.5)
        return run
      }
    }
    let idle = (0..<1000).map {
      Beat(sequence: UInt64($0) + 1, stamp: Int64($0) * 2_000_000 + ($0 % 100 == 0 ? 300_000 : 0))
    }
    var stops = [BeatTrace]()
    for gap in [22, 53] as [Int64] {
      stops.append(
        BeatTrace([Beat(sequence: 1, stamp: 0), Beat(sequence: 2, stamp: gap * 1_000_000)], period: 2_000_000))
    }
    let controls = [
      Control(idle: BeatTrace(idle, period: 2_000_000), scenario: "idle"),
      Control(
        asked: 20, bounds: Interval(low: 20.25, high: 21), stopped: 19.5, read: stops[0], network: 21, scenario: "idle"),
      Control(
        asked: 50, bounds: Interval(low: 50.25, high: 52), stopped: 50.5, read: stops[1], network: 52, scenario: "idle"),
    ]
    let environment = BenchReport.Environment(
      date: "2026-01-02T03:04:05Z", migrate: "1.0", libvirt: "9.0.0", qemu: "7.2.22", kernel: "6.1.0",
      cpu: "Sample CPU",
      cpus: 2, accelerator: "tcg", site: "a lab: two hosts in namespaces of one machine", loadBefore: 0.1,
      loadAfter: 1.2, seed: 7, collector: "SCHED_FIFO 10")
    return BenchReport(environment: environment, scenarios: [scenario], controls: controls, runs: runs)
  }
}
