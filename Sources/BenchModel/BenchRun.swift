/// One move of a guest by one tool, as everybody saw it.
public struct Run: Codable, Sendable, Equatable {
  /// How long the guest was away, in ms, by whoever can say.
  public struct Downtime: Codable, Sendable, Equatable {
    /// The headline: from the last beat that came through the source to the first through the destination, less the
    /// period.
    public var heartbeatMs: Double?
    /// The longest time without a beat anywhere in the run, less the period: on a machine that is short of CPUs another
    /// than the handover's.
    public var silenceMs: Double?
    /// How much the guest's own clock lost in that time.
    public var clockMs: Double?
    /// Between libvirt's events "suspended" on the source and "resumed" on the destination, as they reach a client.
    public var eventMs: Double?
    /// Between QEMU's own stamps of STOP on the source and RESUME on the destination.
    public var qemuMs: Double?
    /// libvirt's figure.
    public var reportedMs: Double?
    /// The same, less how far the hosts' clocks are apart.
    public var correctedMs: Double?
    /// How far the destination's clock is ahead, where it was measured.
    public var skewMs: Double?
    /// The time without an answer from the guest over its network that the handover is in, less the interval.
    public var networkMs: Double?
    /// From QEMU's RESUME on the destination to the first answer.
    public var firstPacketMs: Double?
    /// The longest that the machine itself stood still within the heartbeat's stretch.
    public var lateMs: Double?

    public init() {}
  }

  /// CPU seconds, and bytes.
  public struct Cost: Codable, Sendable, Equatable {
    public var sourceQemuS: Double?
    public var destinationQemuS: Double?
    public var sourceLibvirtdS: Double?
    public var destinationLibvirtdS: Double?
    public var toolS: Double?
    /// The guest's memory, what QEMU sent of it by its own count, and what left the source's device.
    public var memoryBytes: UInt64?
    public var sentBytes: UInt64?
    public var wireBytes: UInt64?

    public init() {}
  }

  /// Everything by its time in ms from the start of the command.
  public struct Timeline: Codable, Sendable, Equatable {
    public struct Mark: Codable, Sendable, Equatable {
      public var tMs: Double
      public var what: String
      public init(tMs: Double, what: String) { (self.tMs, self.what) = (tMs, what) }
    }
    public struct Sample: Codable, Sendable, Equatable {
      public var tMs: Double
      public var remainingBytes: UInt64?
      public var bandwidthBps: UInt64?
      public var dirtyRateBps: UInt64?
      public var iteration: UInt64?
      public var throttlePercent: Int?
      public init(tMs: Double) { self.tMs = tMs }
    }
    public struct Work: Codable, Sendable, Equatable {
      public var tMs: Double
      public var mibS: Double
      public init(tMs: Double, mibS: Double) { (self.tMs, self.mibS) = (tMs, mibS) }
    }
    /// When the first beat came, and the times between beats in microseconds.
    public var firstBeatMs: Double?
    public var beatGapsUs: [Int]
    /// The same of the answers over the network.
    public var firstAnswerMs: Double?
    public var answerGapsUs: [Int]
    public var phases: [Mark]
    public var events: [Mark]
    public var samples: [Sample]
    /// What the guest's program rewrote.
    public var work: [Work]

    public init() {
      (beatGapsUs, answerGapsUs, phases, events, samples, work) = ([], [], [], [], [], [])
    }
  }

  public var scenario: String
  public var tool: String
  /// From 1; runs of one scenario and one repeat were made one after the other.
  public var `repeat`: Int
  /// When it was made: from 1, over all runs of the report.
  public var order: Int
  public var from: String
  public var to: String
  /// completed, failed, not-converged or skipped.
  public var outcome: String
  public var error: String?
  /// Whether the harness did to it what the scenario says; false when it was over before.
  public var actDone: Bool?
  public var totalMs: Double
  public var downtime: Downtime
  public var beats: Int
  public var beatsLost: Int
  public var beatsRepeated: Int
  public var beatsReordered: Int
  public var memoryVerified: Bool
  public var pagesChecked: UInt64
  public var iterations: UInt64?
  /// All that the guest stood still, in stretches of more than ten beats' time.
  public var stalledMs: Double?
  /// MiB a second that the guest rewrote before the move, and while it went on.
  public var workBeforeMibS: Double?
  public var workDuringMibS: Double?
  public var cost: Cost
  public var timeline: Timeline?
  public var complaints: [String]

  public init(scenario: String, tool: String, repeat number: Int, from: String, to: String) {
    (self.scenario, self.tool, self.repeat, self.from, self.to) = (scenario, tool, number, from, to)
    order = 0
    (outcome, totalMs, downtime, cost) = ("failed", 0, Downtime(), Cost())
    (beats, beatsLost, beatsRepeated, beatsReordered) = (0, 0, 0, 0)
    (memoryVerified, pagesChecked, complaints) = (false, 0, [])
  }

  public var isCompleted: Bool { outcome == "completed" }
  /// Its figures are summed up: it ended well, nothing is wrong with what was seen of it, and what the harness was to do
  /// to it was done.
  public var counts: Bool { isCompleted && complaints.isEmpty && actDone != false }
}

/// A figure of the runs that are summed up, and how it is read off a run.
public enum Metric: String, Codable, Sendable, CaseIterable {
  case total = "total_ms"
  case heartbeat = "heartbeat_ms"
  case silence = "silence_ms"
  case network = "network_ms"
  case firstPacket = "first_packet_ms"
  case qemu = "qemu_ms"
  case event = "event_ms"
  case reported = "reported_ms"
  case corrected = "corrected_ms"
  /// How much more than the heartbeat libvirt says.
  case reportedError = "reported_error_ms"
  case stalled = "stalled_ms"
  case wire = "wire_bytes"
  case sourceQemu = "source_qemu_s"
  case destinationQemu = "destination_qemu_s"
  case libvirtd = "libvirtd_s"
  case tool = "tool_s"
  case work = "work_during_mib_s"

  public func value(of run: Run) -> Double? {
    switch self {
    case .total: run.totalMs
    case .heartbeat: run.downtime.heartbeatMs
    case .silence: run.downtime.silenceMs
    case .network: run.downtime.networkMs
    case .firstPacket: run.downtime.firstPacketMs
    case .qemu: run.downtime.qemuMs
    case .event: run.downtime.eventMs
    case .reported: run.downtime.reportedMs
    case .corrected: run.downtime.correctedMs
    case .reportedError: difference(run.downtime.reportedMs, run.downtime.heartbeatMs)
    case .stalled: run.stalledMs
    case .wire: run.cost.wireBytes.map { Double($0) }
    case .sourceQemu: run.cost.sourceQemuS
    case .destinationQemu: run.cost.destinationQemuS
    case .libvirtd: difference(run.cost.sourceLibvirtdS, run.cost.destinationLibvirtdS.map { -$0 })
    case .tool: run.cost.toolS
    case .work: run.workDuringMibS
    }
  }

  /// Whether a lower figure is a better one.
  public var isBetterLower: Bool { self != .work }
  /// Whether `compare` judges it: the figures that a user of the tool feels or pays for.
  public var isJudged: Bool {
    switch self {
    case .total, .heartbeat, .network, .wire, .tool, .stalled: true
    default: false
    }
  }
}

private func difference(_ first: Double?, _ second: Double?) -> Double? {
  guard let first, let second else { return nil }
  return first - second
}

/// The middle of one figure over the runs of a scenario by a tool that were completed.
public struct SummaryRow: Codable, Sendable, Equatable {
  public var scenario: String
  public var tool: String
  public var metric: Metric
  public var median: Double
  /// Of the median.
  public var ci95: Interval
  public var min: Double
  public var max: Double
  public var n: Int
}

/// One tool beside another over the pairs of their runs: the median of migrate ÷ virsh.
public struct RatioRow: Codable, Sendable, Equatable {
  public var scenario: String
  public var metric: Metric
  public var ratio: Double
  public var ci95: Interval
  public var n: Int
}

/// In the order in which scenarios and tools first appear.
func summarise(_ runs: [Run], seed: UInt64) -> [SummaryRow] {
  grouped(runs) { "\($0.scenario)\u{0}\($0.tool)" }.flatMap { group in
    Metric.allCases.compactMap { metric -> SummaryRow? in
      let values = group.filter(\.counts).compactMap(metric.value)
      guard let middle = median(values), let interval = medianInterval(values, seed: seed),
        let low = values.min(), let high = values.max()
      else { return nil }
      return SummaryRow(
        scenario: group[0].scenario, tool: group[0].tool, metric: metric, median: middle, ci95: interval, min: low,
        max: high, n: values.count)
    }
  }
}

func compareTools(_ runs: [Run], seed: UInt64) -> [RatioRow] {
  grouped(runs, by: \.scenario).flatMap { group in
    [Metric.total, .heartbeat, .network].compactMap { metric -> RatioRow? in
      let ratios = grouped(group.filter(\.counts), by: \.repeat).compactMap { pair -> Double? in
        guard let ours = pair.first(where: { $0.tool == "migrate" }).flatMap(metric.value),
          let theirs = pair.first(where: { $0.tool == "virsh" }).flatMap(metric.value), theirs > 0
        else { return nil }
        return ours / theirs
      }
      guard let middle = median(ratios), let interval = medianInterval(ratios, seed: seed) else { return nil }
      return RatioRow(scenario: group[0].scenario, metric: metric, ratio: middle, ci95: interval, n: ratios.count)
    }
  }
}

/// Groups of one key each, in the order in which keys first appear.
func grouped<Element, Key: Hashable>(_ elements: [Element], by key: (Element) -> Key) -> [[Element]] {
  var positions: [Key: Int] = [:]
  var groups: [[Element]] = []
  for element in elements {
    if let position = positions[key(element)] {
      groups[position].append(element)
    } else {
      positions[key(element)] = groups.count
      groups.append([element])
    }
  }
  return groups
}

extension Run {
  public init(from decoder: any Decoder) throws {
    let from = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      scenario: try from.decode(String.self, forKey: .scenario), tool: try from.decode(String.self, forKey: .tool),
      repeat: try from.decode(Int.self, forKey: .repeat), from: try from.read(.from, else: ""),
      to: try from.read(.to, else: ""))
    order = try from.read(.order, else: 0)
    outcome = try from.decode(String.self, forKey: .outcome)
    error = try from.read(.error, else: nil)
    actDone = try from.read(.actDone, else: nil)
    totalMs = try from.decode(Double.self, forKey: .totalMs)
    downtime = try from.read(.downtime, else: Downtime())
    beats = try from.read(.beats, else: 0)
    beatsLost = try from.read(.beatsLost, else: 0)
    beatsRepeated = try from.read(.beatsRepeated, else: 0)
    beatsReordered = try from.read(.beatsReordered, else: 0)
    memoryVerified = try from.read(.memoryVerified, else: false)
    pagesChecked = try from.read(.pagesChecked, else: 0)
    iterations = try from.read(.iterations, else: nil)
    stalledMs = try from.read(.stalledMs, else: nil)
    workBeforeMibS = try from.read(.workBeforeMibS, else: nil)
    workDuringMibS = try from.read(.workDuringMibS, else: nil)
    cost = try from.read(.cost, else: Cost())
    timeline = try from.read(.timeline, else: nil)
    complaints = try from.read(.complaints, else: [])
  }
}
