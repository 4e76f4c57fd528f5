@testable import BenchModel

extension Run {
  /// A run that was completed, with these figures alone.
  static func sample(
    _ scenario: String = "idle/plain", _ tool: String = "migrate", _ number: Int = 1, total: Double = 1000,
    heartbeat: Double? = nil, outcome: String = "completed"
  ) -> Run {
    var run = Run(scenario: scenario, tool: tool, repeat: number, from: "host1", to: "host2")
    (run.totalMs, run.downtime.heartbeatMs, run.outcome) = (total, heartbeat, outcome)
    return run
  }
}

extension BenchReport.Environment {
  static let sample = Self(
    date: "2026-01-02T03:04:05Z", migrate: "1.0", libvirt: "9.0.0", qemu: "7.2.22", kernel: "6.1.0", cpu: "Sample CPU",
    cpus: 2, accelerator: "tcg", site: "a lab: two hosts in namespaces of one machine", loadBefore: 0.1, loadAfter: 1.2,
    seed: 7, collector: "SCHED_FIFO 10")
}

extension Scenario {
  static func sample(_ name: String = "idle", _ variants: String...) -> Scenario {
    Scenario(name: name, variants: variants.map { Variant(name: $0) })
  }
}

/// A report without the cost of its statistics: intervals are the range.
func report(
  _ runs: [Run], controls: [Control] = [], problems: [String] = [], scenarios: [Scenario] = [.sample("idle", "plain")]
) -> BenchReport {
  var report = BenchReport(environment: .sample, scenarios: scenarios, controls: controls, problems: problems)
  report.runs = runs
  for group in grouped(runs.filter(\.isCompleted), by: { "\($0.scenario)\u{0}\($0.tool)" }) {
    for metric in Metric.allCases {
      let values = group.compactMap(metric.value)
      guard let middle = median(values), let low = values.min(), let high = values.max() else { continue }
      report.summary.append(
        SummaryRow(
          scenario: group[0].scenario, tool: group[0].tool, metric: metric, median: middle,
          ci95: Interval(low: low, high: high), min: low, max: high, n: values.count))
    }
  }
  return report
}

/// Noise and figures as a session on a lab makes them, the same for the same seed.
struct SampleSession {
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func noise(_ range: Double) -> Double {
    range * Double(generator.next(upperBound: UInt64(1000))) / 1000
  }

  mutating func run(_ scenario: String, _ tool: String, _ number: Int, beats: Int, pause: Double) -> Run {
    var run = Run.sample(scenario, tool, number, total: Double(beats) * 1.6 + noise(200))
    let away = pause + noise(pause / 3)
    run.downtime.heartbeatMs = away
    (run.downtime.silenceMs, run.downtime.qemuMs, run.downtime.eventMs) = (away, away - 3, away + noise(8))
    (run.downtime.reportedMs, run.downtime.networkMs, run.downtime.firstPacketMs) = (away - 9, away + 11, noise(14))
    run.downtime.correctedMs = tool == "migrate" ? away - 2 : nil
    (run.beats, run.memoryVerified, run.pagesChecked) = (beats, true, 65_536)
    (run.iterations, run.stalledMs, run.workBeforeMibS, run.workDuringMibS) = (3, away + noise(30), 20, 17 + noise(2))
    (run.cost.sourceQemuS, run.cost.destinationQemuS) = (2 + noise(1), 1 + noise(1))
    (run.cost.sourceLibvirtdS, run.cost.destinationLibvirtdS, run.cost.toolS) = (0.1, 0.05 + noise(0.1), 0.2)
    (run.cost.memoryBytes, run.cost.wireBytes) = (268_435_456, 150_000_000 + UInt64(noise(9e6)))
    run.timeline = timeline(tool, beats: beats, pause: away, end: run.totalMs)
    return run
  }

  private mutating func timeline(_ tool: String, beats: Int, pause: Double, end: Double) -> Run.Timeline {
    var line = Run.Timeline()
    (line.firstBeatMs, line.firstAnswerMs) = (1.2, 0.4)
    for index in 0..<beats {
      let isLong = index == beats * 7 / 10
      let stutter = index % 97 == 5 ? noise(12) : 0
      line.beatGapsUs.append(isLong ? Int((pause + 2) * 1000) : 1900 + Int((noise(0.3) + stutter) * 1000))
      line.answerGapsUs += isLong ? [Int((pause + 12) * 1000)] : [900 + Int(noise(300)), 1000]
    }
    let stop = line.beatGapsUs.prefix(beats * 7 / 10).reduce(0) { $0 + Double($1) / 1000 }
    if tool == "migrate" {
      line.phases = [
        ("checking", 12), ("begin", 60), ("transfer", 130), ("handover", stop - 4), ("settling", stop + pause),
      ]
      .map { .init(tMs: $0.1, what: $0.0) }
    }
    line.events = [
      ("host1: pass 1", 140), ("host1: pass 2", stop / 2), ("host1: pass 3", stop - 80), ("host1: STOP", stop),
      ("host1: suspended", stop + 1), ("host2: RESUME", stop + pause - 2), ("host2: resumed", stop + pause),
      ("host1: stopped", stop + pause + 30),
    ].map { .init(tMs: $0.1, what: $0.0) }
    for step in 0..<Int(end / 50) {
      let time = Double(step) * 50
      line.work.append(.init(tMs: time, mibS: abs(time - stop) < pause ? 0 : 16 + noise(6)))
      guard tool == "migrate" else { continue }
      var sample = Run.Timeline.Sample(tMs: time)
      sample.remainingBytes = UInt64(max(0, (1 - time / stop) * 268_435_456))
      sample.dirtyRateBps = UInt64(noise(3e7))
      line.samples.append(sample)
    }
    return line
  }

  mutating func controls(_ scenario: String) -> [Control] {
    var idle = Control(kind: .none, scenario: scenario, beatMs: 2, beats: 2000, lost: 0)
    (idle.p50Ms, idle.p99Ms, idle.p999Ms, idle.maxMs) = (0.02, 0.4, 1.9, 3.1)
    return [idle]
      + [20.0, 50, 200, 20, 50, 200, 20, 50, 200].map { asked in
        var stop = Control(kind: .stopContinue, scenario: scenario, beatMs: 2, beats: 200, lost: 0)
        (stop.askedMs, stop.stoppedMs, stop.networkMs) = (asked, asked + 0.4, asked + 3)
        (stop.atLeastMs, stop.atMostMs) = (asked + 0.1, asked + 0.9)
        stop.readMs = asked + 0.4 + noise(2.4) - 1
        return stop
      }
  }

  /// So many runs of each tool in each variant of two scenarios.
  static func whole(repeats: Int, beats: Int, problems: [String] = []) -> BenchReport {
    var session = SampleSession(seed: 5)
    let scenarios = [
      Scenario.sample("idle", "plain", "p2p", "tunnelled"), .sample("busy", "plain", "p2p", "post-copy"),
    ]
    var (runs, controls): ([Run], [Control]) = ([], [])
    for scenario in scenarios {
      controls += session.controls(scenario.name)
      for (place, variant) in scenario.variants.enumerated() {
        for number in 1...repeats {
          for (tool, factor) in [("migrate", 1.0), ("virsh", 1.1)] {
            let pause = (scenario.name == "busy" ? 90.0 : 12) * Double(place + 1) * factor
            runs.append(session.run("\(scenario.name)/\(variant.name)", tool, number, beats: beats, pause: pause))
          }
        }
      }
    }
    var result = report(runs, controls: controls, problems: problems, scenarios: scenarios)
    result.ratios = grouped(runs, by: \.scenario).flatMap { group in
      [Metric.total, .heartbeat, .network].enumerated().map { index, metric in
        let middle = 0.85 + 0.1 * Double(index)
        return RatioRow(
          scenario: group[0].scenario, metric: metric, ratio: middle,
          ci95: Interval(low: middle - 0.07, high: middle + 0.06),
          n: repeats)
      }
    }
    return result
  }
}
