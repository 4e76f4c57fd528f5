/// `migrate.bench/1`: everything that was measured, and what was made of it. Times are in ms unless a name says more.
public struct BenchReport: Codable, Sendable, Equatable {
  public static let schema = "migrate.bench/1"

  public var schema = BenchReport.schema
  /// The controls read true, no beat was lost, no memory was harmed, no move failed, and it was not interrupted.
  public var ok: Bool
  /// Why it is not.
  public var problems: [String]
  public var interrupted: Bool
  public var environment: Environment
  public var scenarios: [Scenario]
  public var controls: [Control]
  public var runs: [Run]
  public var summary: [SummaryRow]
  public var ratios: [RatioRow]

  public struct Environment: Codable, Sendable, Equatable {
    /// RFC 3339, when it began.
    public var date: String
    public var migrate: String
    public var libvirt: String?
    public var qemu: String?
    public var kernel: String?
    public var cpu: String?
    public var cpus: Int?
    /// tcg or kvm.
    public var accelerator: String
    /// Where: "lab bench, two hosts of one machine".
    public var site: String
    /// Over a minute, before and after.
    public var loadBefore: Double?
    public var loadAfter: Double?
    public var seed: UInt64
    /// How the thread that stamps is scheduled.
    public var collector: String

    public init(
      date: String, migrate: String, libvirt: String? = nil, qemu: String? = nil, kernel: String? = nil,
      cpu: String? = nil, cpus: Int? = nil, accelerator: String, site: String, loadBefore: Double? = nil,
      loadAfter: Double? = nil, seed: UInt64, collector: String
    ) {
      (self.date, self.migrate, self.libvirt, self.qemu, self.kernel) = (date, migrate, libvirt, qemu, kernel)
      (self.cpu, self.cpus, self.accelerator, self.site) = (cpu, cpus, accelerator, site)
      (self.loadBefore, self.loadAfter, self.seed, self.collector) = (loadBefore, loadAfter, seed, collector)
    }
  }

  /// - Parameters:
  ///   - runs: in the order in which they were made; in the report they stand as the scenarios list them.
  ///   - isSummedUp: whether the medians and their intervals, some seconds of work for many runs, are made.
  public init(
    environment: Environment, scenarios: [Scenario], controls: [Control] = [], runs: [Run] = [],
    interrupted: Bool = false, problems: [String] = [], isSummedUp: Bool = true
  ) {
    let runs = asListed(runs, in: scenarios)
    (self.environment, self.scenarios, self.controls, self.runs) = (environment, scenarios, controls, runs)
    self.interrupted = interrupted
    var found = problems + controls.flatMap(\.complaints) + runs.flatMap(\.complaints)
    if !runs.isEmpty, !runs.contains(where: \.isCompleted) { found.append("no move was completed") }
    found += withoutFigures(runs)
    self.problems = interrupted ? found + ["it was interrupted: what is here was measured before"] : found
    ok = self.problems.isEmpty
    summary = isSummedUp ? summarise(runs, seed: environment.seed) : []
    ratios = isSummedUp ? compareTools(runs, seed: environment.seed) : []
  }
}

/// Ways of moving of which nothing can be summed up although moves ended well: a reader would miss them.
private func withoutFigures(_ runs: [Run]) -> [String] {
  grouped(runs) { "\($0.scenario) by \($0.tool)" }.compactMap { group in
    guard group.contains(where: \.isCompleted), !group.contains(where: \.counts),
      let reason = group.first(where: { $0.isCompleted && $0.complaints.isEmpty })?.error
    else { return nil }
    return "\(group[0].scenario) by \(group[0].tool) has no figures: \(reason)"
  }
}

/// Numbered as they come, and sorted by scenario, variant and tool as the scenarios list them.
private func asListed(_ runs: [Run], in scenarios: [Scenario]) -> [Run] {
  let names = scenarios.flatMap { scenario in
    scenario.variants.flatMap { variant in
      (scenario.tools ?? ["migrate"]).map { ["\(scenario.name)/\(variant.name)", $0] }
    }
  }
  let ranks = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  let numbered = runs.enumerated().map { index, run in
    var run = run
    run.order = index + 1
    return (rank: ranks[[run.scenario, run.tool]] ?? names.count, run: run)
  }
  return numbered.sorted { ($0.rank, $0.run.order) < ($1.rank, $1.run.order) }.map(\.run)
}

/// A look at the harness itself, with nothing to measure or with something that is known.
public struct Control: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable {
    /// Nothing was done to the guest.
    case none
    /// It was stopped, kept so, and continued.
    case stopContinue = "stop-cont"
  }

  public var kind: Kind
  public var scenario: String?
  public var beatMs: Double
  /// How many beats came, and how many did not.
  public var beats: Int
  public var lost: Int
  public var complaints: [String]

  /// Of `none`: how much longer than the period a time between two beats was.
  public var p50Ms: Double?
  public var p99Ms: Double?
  public var p999Ms: Double?
  public var maxMs: Double?

  /// Of `stop-cont`: how long it was to be stopped. By the harness's own clock it was stopped for no less than from the
  /// return of the first call to the second, and for no more than from the first call to the return of the second.
  public var askedMs: Double?
  public var atLeastMs: Double?
  public var atMostMs: Double?
  /// By QEMU's own stamps of STOP and RESUME, what the beats read, and the network.
  public var stoppedMs: Double?
  public var readMs: Double?
  public var networkMs: Double?
  /// What the guest's own clock lost.
  public var clockMs: Double?
  /// How far what was read is outside of what can be: of `stop-cont` alone.
  public var errorMs: Double?

  /// How late a thread before all others woke up, which only the machine itself can make it: of `none`.
  public var lateP99Ms: Double?
  public var lateMaxMs: Double?
  /// The same at worst while the guest was silent, of `stop-cont`; and how often it was taken, because before it was late,
  /// or the commands took too long.
  public var lateMs: Double?
  public var taken: Int?

  public init(kind: Kind, scenario: String? = nil, beatMs: Double, beats: Int, lost: Int, complaints: [String] = []) {
    (self.kind, self.scenario, self.beatMs) = (kind, scenario, beatMs)
    (self.beats, self.lost, self.complaints) = (beats, lost, complaints)
  }

  /// Whether the machine stood still for more than half a beat meanwhile, or what can be is wider than five beats: whatever
  /// was read then says little of the harness.
  public var isDisturbed: Bool { (lateMs ?? 0) > beatMs / 2 || isTooWide }

  private var isTooWide: Bool { (atMostMs ?? 0) - (atLeastMs ?? 0) > 5 * beatMs }

  /// The control of a guest to which nothing is done, from its beats; `late` is how late the witness woke up, each time, in
  /// ms.
  public init(idle trace: BeatTrace, late: [Double] = [], scenario: String?) {
    self.init(
      kind: .none, scenario: scenario, beatMs: Double(trace.period) / 1e6, beats: trace.beats.count, lost: trace.lost,
      complaints: trace.complaints.map { "control without a move: \($0)" })
    let excess = trace.gaps.map { max(0, Double($0.length - trace.period) / 1e6) }
    (p50Ms, p99Ms) = (quantile(0.5, of: excess), quantile(0.99, of: excess))
    (p999Ms, maxMs) = (quantile(0.999, of: excess), excess.max())
    (lateP99Ms, lateMaxMs) = (quantile(0.99, of: late), late.max())
    if let p99Ms, p99Ms > beatMs {
      let machine = lateP99Ms.map { "; the machine itself stood still for \(hundredths($0)) ms (p99)" } ?? ""
      complaints.append(
        "control without a move: silent for \(hundredths(p99Ms)) ms beyond a beat (p99): it is too noisy here\(machine)"
      )
    }
  }

  /// The control of a guest that was stopped for `asked`, in ms, and surely for a time within `bounds`; `stopped` is by
  /// QEMU's stamps, and `late` the longest that the witness was late meanwhile, in ms.
  public init(
    asked: Double, bounds: Interval, stopped: Double?, read trace: BeatTrace, network: Double?, late: Double? = nil,
    scenario: String?
  ) {
    let beat = Double(trace.period) / 1e6
    self.init(
      kind: .stopContinue, scenario: scenario, beatMs: beat, beats: trace.beats.count, lost: trace.lost,
      complaints: trace.complaints)
    (askedMs, stoppedMs, networkMs, taken) = (asked, stopped, network, 1)
    (atLeastMs, atMostMs) = (bounds.low, bounds.high)
    readMs = trace.downtime.map { Double($0) / 1e6 }
    (clockMs, lateMs) = (trace.clockLoss.map { Double($0) / 1e6 }, late)
    errorMs = readMs.map { $0 < bounds.low ? $0 - bounds.low : max(0, $0 - bounds.high) }
    if stopped == nil { complaints.append("QEMU's stamps of the stop did not come") }
    if isTooWide {
      complaints.append("its calls took \(hundredths(bounds.high - bounds.low)) ms, too long to tell anything")
    }
    if let error = errorMs, abs(error) > beat {
      complaints.append("it reads \(error > 0 ? "more" : "less") by \(hundredths(abs(error))) ms; a beat is \(beat) ms")
    }
    complaints = complaints.map { "control of \(asked) ms: \($0)" }
  }
}

/// With two decimals.
public func hundredths(_ value: Double) -> String {
  let rounded = (abs(value) * 100).rounded()
  guard rounded < 1e15 else { return "\(value)" }
  let whole = Int(rounded)
  let fraction = whole % 100
  return "\(value < 0 && whole > 0 ? "-" : "")\(whole / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}

extension BenchReport {
  public init(from decoder: any Decoder) throws {
    let from = try decoder.container(keyedBy: CodingKeys.self)
    schema = try from.decode(String.self, forKey: .schema)
    ok = try from.decode(Bool.self, forKey: .ok)
    problems = try from.read(.problems, else: [])
    interrupted = try from.read(.interrupted, else: false)
    environment = try from.read(
      .environment,
      else: Environment(date: "", migrate: "", accelerator: "", site: "", seed: 0, collector: ""))
    scenarios = try from.read(.scenarios, else: [])
    runs = try from.decode([Run].self, forKey: .runs)
    // What is only shown, and what is made of the runs: a later version may know figures that this one does not.
    controls = (try? from.read(.controls, else: [])) ?? []
    summary = (try? from.read(.summary, else: [])) ?? []
    ratios = (try? from.read(.ratios, else: [])) ?? []
  }
}

extension BenchReport.Environment {
  public init(from decoder: any Decoder) throws {
    let from = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      date: try from.read(.date, else: ""), migrate: try from.read(.migrate, else: ""),
      libvirt: try from.read(.libvirt, else: nil), qemu: try from.read(.qemu, else: nil),
      kernel: try from.read(.kernel, else: nil), cpu: try from.read(.cpu, else: nil),
      cpus: try from.read(.cpus, else: nil), accelerator: try from.read(.accelerator, else: ""),
      site: try from.read(.site, else: ""), loadBefore: try from.read(.loadBefore, else: nil),
      loadAfter: try from.read(.loadAfter, else: nil), seed: try from.read(.seed, else: 0),
      collector: try from.read(.collector, else: ""))
  }
}
