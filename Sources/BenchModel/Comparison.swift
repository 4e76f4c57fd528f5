/// `migrate.bench-compare/1`: whether a second report shows other figures than a first.
public struct BenchComparison: Codable, Sendable, Equatable {
  public static let schema = "migrate.bench-compare/1"

  public enum Verdict: String, Codable, Sendable {
    case better, worse
    case same = "no difference shown"
  }

  /// One figure of one scenario by one tool; `a` is of the first report, `b` of the second.
  public struct Row: Codable, Sendable, Equatable {
    public var scenario: String
    public var tool: String
    public var metric: Metric
    public var medianA: Double
    public var medianB: Double
    public var nA: Int
    public var nB: Int
    /// b ÷ a, with its 95 % interval; absent where it has none, as over a median of zero.
    public var ratio: Double?
    public var ci95: Interval?
    /// Of the Mann-Whitney test, and adjusted over all rows by Holm.
    public var p: Double
    public var pAdjusted: Double
    /// Of the second report.
    public var verdict: Verdict
  }

  public var schema = BenchComparison.schema
  public var rows: [Row]
  /// What is worse beside the figures: moves that the second report lacks, or of which fewer were completed.
  public var losses: [String]
  /// What a reader must know before believing the rows: what one report lacks, what is wrong with one, and in what they
  /// were not measured alike.
  public var notes: [String]

  /// Of every judged figure of which both reports have four completed values or more.
  public init(_ first: BenchReport, _ second: BenchReport) {
    let (series, more) = (judgedSeries(first), judgedSeries(second))
    let pairs = series.compactMap { one in more.first { $0.key == one.key }.map { (one, $0) } }
    rows = pairs.compactMap { Row($0, $1, seed: first.environment.seed) }
    for (index, p) in zip(rows.indices, holm(rows.map(\.p))) { rows[index].judge(adjusted: p) }
    losses = fewerCompleted(first.runs, second.runs)
    notes =
      problems(first, "first") + problems(second, "second") + environmentNotes(first, second)
      + scenarioNotes(first.scenarios, second.scenarios) + lacks(series, more)
    let dull = rows.count { !$0.canTell(among: rows.count) }
    if dull > 0 {
      notes.append("\(dull) of \(counted(rows.count, "figure")) have too few runs to show any difference among so many")
    }
  }

  /// Nothing is worse, and something could have been: a figure that would have shown it is there.
  public var showsNoLoss: Bool {
    losses.isEmpty && !rows.contains { $0.verdict == .worse } && rows.contains { $0.canTell(among: rows.count) }
  }
}

/// Moves of which a smaller share was completed than before, or none was tried.
private func fewerCompleted(_ first: [Run], _ second: [Run]) -> [String] {
  let attempted = { (runs: [Run]) in grouped(runs.filter { $0.outcome != "skipped" }) { "\($0.scenario) by \($0.tool)" }
  }
  let later = attempted(second)
  return attempted(first).compactMap { before in
    let name = "\(before[0].scenario) by \(before[0].tool)"
    guard let after = later.first(where: { "\($0[0].scenario) by \($0[0].tool)" == name }) else {
      return "\(name) is only in the first report"
    }
    let (one, other) = (before.count(where: \.isCompleted), after.count(where: \.isCompleted))
    guard other * before.count < one * after.count else { return nil }
    return "\(name): \(one) of \(counted(before.count, "move")) completed in the first report,"
      + " \(other) of \(after.count) in the second"
  }
}

/// The completed values of one judged figure.
private struct Series {
  struct Key: Hashable {
    var scenario: String
    var tool: String
    var metric: Metric
  }
  var key: Key
  var values: [Double]
}

/// Also of groups without a completed run, so that nothing is left out in silence.
private func judgedSeries(_ report: BenchReport) -> [Series] {
  grouped(report.runs) { "\($0.scenario)\u{0}\($0.tool)" }.flatMap { group in
    Metric.allCases.filter(\.isJudged).map { metric in
      Series(
        key: .init(scenario: group[0].scenario, tool: group[0].tool, metric: metric),
        values: group.filter(\.counts).compactMap(metric.value))
    }
  }
}

private let enough = 4

extension BenchComparison.Row {
  /// nil where there are too few values.
  fileprivate init?(_ one: Series, _ other: Series, seed: UInt64) {
    guard let medianA = median(one.values), let medianB = median(other.values),
      let p = mannWhitney(one.values, other.values)
    else { return nil }
    (scenario, tool, metric) = (one.key.scenario, one.key.tool, one.key.metric)
    (self.medianA, self.medianB, nA, nB) = (medianA, medianB, one.values.count, other.values.count)
    ratio = medianA > 0 && medianB != 0 ? medianB / medianA : nil
    ci95 = ratio == nil ? nil : ratioInterval(other.values, over: one.values, seed: seed)
    (self.p, pAdjusted, verdict) = (p, p, .same)
  }

  /// Whether so many values could show a difference among so many rows: when each of one report is above each of the other.
  fileprivate func canTell(among count: Int) -> Bool {
    let (low, high) = ((0..<nA).map(Double.init), (nA..<nA + nB).map(Double.init))
    return mannWhitney(low, high).map { $0 * Double(count) < 0.05 } ?? false
  }

  /// A difference is shown by the test over all rows and by the interval; without an interval, as over a median of zero,
  /// by the test and the medians.
  fileprivate mutating func judge(adjusted: Double) {
    pAdjusted = adjusted
    guard adjusted < 0.05, medianA != medianB, ci95.map({ !$0.contains(1) }) ?? true else { return }
    verdict = (medianB < medianA) == metric.isBetterLower ? .better : .worse
  }
}

private func problems(_ report: BenchReport, _ name: String) -> [String] {
  guard !report.ok else { return [] }
  let first = report.problems.first.map { ": \($0)" } ?? ""
  return ["the \(name) report is not ok (\(counted(report.problems.count, "problem")))\(first)"]
}

/// Where a difference may be the machine's.
private func environmentNotes(_ first: BenchReport, _ second: BenchReport) -> [String] {
  let (one, other) = (first.environment, second.environment)
  let values: [(String, String?, String?)] = [
    ("QEMU", one.qemu, other.qemu), ("libvirt", one.libvirt, other.libvirt), ("CPU", one.cpu, other.cpu),
    ("kernel", one.kernel, other.kernel), ("accelerator", one.accelerator, other.accelerator),
    ("site", one.site, other.site), ("number of CPUs", one.cpus.map(String.init), other.cpus.map(String.init)),
    ("collector", one.collector, other.collector),
  ]
  return values.filter { $0.1 != $0.2 }.map { name, a, b in
    "\(name) differs: \(a ?? "unknown") in the first report, \(b ?? "unknown") in the second; "
      + "a difference may come from that"
  }
}

private func scenarioNotes(_ first: [Scenario], _ second: [Scenario]) -> [String] {
  first.flatMap { one -> [String] in
    guard let other = second.first(where: { $0.name == one.name }) else { return [] }
    let (beatA, beatB) = (one.beatMs ?? Scenario.Defaults.beat, other.beatMs ?? Scenario.Defaults.beat)
    var notes: [String] = []
    if beatA != beatB {
      notes.append(
        "the beat of scenario \(one.name) differs: \(decimal(beatA, 2)) ms in the first report, "
          + "\(decimal(beatB, 2)) ms in the second; a difference may come from that")
    }
    if workload(of: one) != workload(of: other) {
      notes.append("scenario \(one.name) is not the same in both reports; a difference may come from that")
    }
    return notes
  }
}

/// What of a scenario changes its figures, beside the beat.
private func workload(of scenario: Scenario) -> Scenario {
  var workload = scenario
  (workload.about, workload.beatMs, workload.repeats, workload.tools) = (nil, nil, nil, nil)
  return workload
}

/// Figures that are in one report alone, or of which there are too few values.
private func lacks(_ first: [Series], _ second: [Series]) -> [String] {
  grouped(first + second) { "\($0.key.scenario)\u{0}\($0.key.tool)" }.flatMap { group -> [String] in
    let name = "\(group[0].key.scenario) by \(group[0].key.tool)"
    let same = { (series: Series) in
      series.key.scenario == group[0].key.scenario && series.key.tool == group[0].key.tool
    }
    guard first.contains(where: same) else { return ["\(name) is only in the second report"] }
    guard second.contains(where: same) else { return [] }
    return grouped(group, by: \.key.metric).compactMap { pair in
      let counts = pair.map(\.values.count)
      guard counts.contains(where: { $0 < enough }), counts.contains(where: { $0 > 0 }) else { return nil }
      return "\(name), \(pair[0].key.metric.rawValue): \(counts[0]) completed values in the first report and "
        + "\(counts[1]) in the second; it takes \(enough) of each"
    }
  }
}
