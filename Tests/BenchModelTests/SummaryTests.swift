import Testing

@testable import BenchModel

@Suite struct MetricTests {
  /// Every figure has a value of its own, so that none can be read from another's place.
  @Test func isReadFromItsPlace() {
    var run = Run.sample(total: 1, heartbeat: 2)
    (run.downtime.silenceMs, run.downtime.networkMs, run.downtime.firstPacketMs) = (3, 4, 5)
    (run.downtime.qemuMs, run.downtime.eventMs, run.downtime.reportedMs, run.downtime.correctedMs) = (6, 7, 8, 9)
    (run.stalledMs, run.workDuringMibS, run.workBeforeMibS) = (10, 11, 99)
    (run.cost.sourceQemuS, run.cost.destinationQemuS, run.cost.toolS) = (12, 13, 14)
    (run.cost.sourceLibvirtdS, run.cost.destinationLibvirtdS) = (15, 16)
    (run.cost.wireBytes, run.cost.sentBytes, run.cost.memoryBytes) = (17, 98, 97)
    let expected: [Metric: Double] = [
      .total: 1, .heartbeat: 2, .silence: 3, .network: 4, .firstPacket: 5, .qemu: 6, .event: 7, .reported: 8,
      .corrected: 9, .reportedError: 6, .stalled: 10, .work: 11, .sourceQemu: 12, .destinationQemu: 13, .tool: 14,
      .libvirtd: 31, .wire: 17,
    ]
    for metric in Metric.allCases { #expect(metric.value(of: run) == expected[metric], "\(metric)") }
  }

  @Test func hasNoValueWithoutBothOfItsParts() {
    var run = Run.sample(heartbeat: 2)
    #expect(Metric.reportedError.value(of: run) == nil)
    run.cost.sourceLibvirtdS = 1
    #expect(Metric.libvirtd.value(of: run) == nil)
  }

  @Test func onlyMoreWorkIsBetter() {
    #expect(Metric.allCases.filter { !$0.isBetterLower } == [.work])
  }
}

@Suite struct SummaryTests {
  @Test func sumsUpCompletedRunsOfOneScenarioAndTool() throws {
    let runs = [
      Run.sample(heartbeat: 30), .sample("idle/plain", "virsh", heartbeat: 500), .sample(heartbeat: 10),
      .sample(heartbeat: 9000, outcome: "failed"), .sample(heartbeat: 8000, outcome: "not-converged"),
      .sample(heartbeat: 20), .sample("busy/plain", heartbeat: 700), .sample(),
    ]
    let rows = summarise(runs, seed: 1).filter { $0.metric == .heartbeat }
    #expect(
      rows.map { "\($0.scenario) \($0.tool)" } == ["idle/plain migrate", "idle/plain virsh", "busy/plain migrate"])
    let first = try #require(rows.first)
    #expect((first.median, first.min, first.max) == (20, 10, 30))
    #expect(first.n == 3)
    #expect(first.ci95 == Interval(low: 10, high: 30))
  }

  @Test func figuresThatNobodyMeasuredHaveNoRow() {
    #expect(summarise([.sample()], seed: 1).map(\.metric) == [.total])
    #expect(summarise([.sample(outcome: "failed")], seed: 1).isEmpty)
  }
}

@Suite struct RatioTests {
  private func ratio(_ runs: [Run], _ metric: Metric = .total) -> RatioRow? {
    compareTools(runs, seed: 1).first { $0.metric == metric }
  }

  /// The ratio of the medians would be 1.
  @Test func isTheMedianOverPairsOfOneRepeat() throws {
    let runs = [(1, 10.0, 20.0), (2, 20, 10), (3, 30, 60)].flatMap { number, ours, theirs in
      [Run.sample("s", "virsh", number, total: theirs), .sample("s", "migrate", number, total: ours)]
    }
    let row = try #require(ratio(runs))
    #expect(row.ratio == 0.5 && row.n == 3 && row.scenario == "s")
    #expect(row.ci95 == Interval(low: 0.5, high: 2))
  }

  @Test func leavesOutWhatHasNoPartner() throws {
    let runs = [
      Run.sample("s", "migrate", 1, total: 10), .sample("s", "virsh", 1, total: 20),
      .sample("s", "migrate", 2, total: 99), .sample("s", "virsh", 3, total: 99),
      .sample("other", "virsh", 2, total: 1),
    ]
    let row = try #require(ratio(runs))
    #expect(row.ratio == 0.5 && row.n == 1)
    #expect(compareTools(runs, seed: 1).map(\.scenario) == ["s"])
  }

  @Test func leavesOutPairsOfWhichOneFailed() throws {
    let runs = [
      Run.sample("s", "migrate", 1, total: 10), .sample("s", "virsh", 1, total: 20),
      .sample("s", "migrate", 2, total: 1, outcome: "failed"), .sample("s", "virsh", 2, total: 20),
      .sample("s", "migrate", 3, total: 10), .sample("s", "virsh", 3, total: 1, outcome: "not-converged"),
    ]
    #expect(try #require(ratio(runs)).n == 1)
  }

  @Test func doesNotDivideByZero() {
    let runs = [Run.sample("s", "migrate", 1, heartbeat: 5), .sample("s", "virsh", 1, heartbeat: 0)]
    #expect(ratio(runs, .heartbeat) == nil)
    #expect(ratio(runs) != nil)
  }
}

@Suite struct VerdictTests {
  @Test func nothingWrongIsOk() {
    let report = BenchReport(environment: .sample, scenarios: [], runs: [.sample()])
    #expect(report.ok && report.problems == [] && report.summary.count == 1)
  }

  @Test func everyComplaintIsAProblem() {
    var run = Run.sample()
    run.complaints = ["of a run"]
    let control = Control(kind: .none, beatMs: 2, beats: 0, lost: 0, complaints: ["of a control"])
    let report = BenchReport(
      environment: .sample, scenarios: [], controls: [control], runs: [run], interrupted: true,
      problems: ["of a scenario"])
    #expect(!report.ok)
    #expect(
      report.problems == [
        "of a scenario", "of a control", "of a run", "it was interrupted: what is here was measured before",
      ])
  }
}

/// Which runs are summed up, and that nobody misses the others.
@Suite struct CountingTests {
  @Test func onlyRunsThatShowWhatTheyShouldCount() throws {
    var harmed = Run.sample(heartbeat: 900)
    harmed.complaints = ["3 beats were lost"]
    var tooQuick = Run.sample(heartbeat: 900)
    tooQuick.actDone = false
    var acted = Run.sample(heartbeat: 40)
    acted.actDone = true
    let runs = [harmed, tooQuick, acted, .sample(heartbeat: 50), .sample(heartbeat: 900, outcome: "not-converged")]
    let row = try #require(summarise(runs, seed: 1).first { $0.metric == .heartbeat })
    #expect(row.n == 2 && row.median == 45)
  }

  @Test func aWayOfMovingWithoutFiguresIsAProblem() {
    var tooQuick = Run.sample()
    (tooQuick.actDone, tooQuick.error) = (false, "it was over before the scenario's act")
    func problems(_ runs: [Run]) -> [String] {
      BenchReport(environment: .sample, scenarios: [], runs: runs).problems
    }
    #expect(
      problems([tooQuick, .sample("busy/plain")]) == [
        "\(tooQuick.scenario) by migrate has no figures: it was over before the scenario's act"
      ])
    #expect(problems([tooQuick, .sample()]) == [])
    // That it does not converge is a result.
    #expect(problems([.sample(outcome: "not-converged"), .sample("busy/plain")]) == [])
  }
}
