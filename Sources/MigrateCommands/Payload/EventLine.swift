import MigrationModel

/// `migrate.event/1`: one line of `--output jsonl`. A field that was not reported is absent, never 0.
struct EventLine: Encodable, Sendable, Equatable {
  struct Memory: Encodable, Sendable, Equatable {
    var total, processed, remaining, bandwidthBps, dirtyRateBps, dirtyPagesPerS, pageSize, iteration: UInt64?
    var constantPages, normalPages: UInt64?
  }
  struct Disk: Encodable, Sendable, Equatable {
    var total, processed, remaining, bandwidthBps: UInt64?
  }
  struct Guest: Encodable, Sendable, Equatable {
    /// Null when the guest runs on neither host, on both, or nobody could be asked.
    var runningOn: String?
    var definedOn: [String]

    private enum CodingKeys: CodingKey { case runningOn, definedOn }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(runningOn, forKey: .runningOn)
      try container.encode(definedOn, forKey: .definedOn)
    }
  }
  struct DowntimePayload: Encodable, Sendable, Equatable {
    var reportedMs, correctedMs, skewMs, skewErrorMs, eventMs: Double?
  }
  struct Failure: Encodable, Sendable, Equatable {
    var code: Int?
    var message: String
    var source, destination: String?
    var remedy: [String]?
  }

  var schema = "migrate.event/1"
  var seq: Int
  var tMs: Double
  var domain: String
  var type: String

  var phase, detail: String?

  var memory: Memory?
  var disk: Disk?
  var throttlePercent: Int?
  var postcopyRequests: UInt64?
  var percent, etaS, expectedDowntimeMs: Double?

  var side, event: String?

  var action, because: String?
  var inputs: [String: Double]?

  var outcome: String?
  var exitCode: Int32?
  var elapsedMs: Double?
  var guest: Guest?
  var downtime: DowntimePayload?
  var iterations: UInt64?
  /// "skipped" when --skip-check was given.
  var preflight: String?
  /// What preflight found, in a result.
  var findings: [CheckDocument.FindingPayload]?
  var error: Failure?
}

extension EventLine {
  init(_ update: MigrationUpdate) {
    self.init(seq: update.sequence, tMs: update.time.milliseconds, domain: update.domain, type: "")
    switch update.content {
    case .phase(let phase, let detail): describe(phase, detail)
    case .progress(let sample, let percent): describe(sample, percent)
    case .guest(let side, let event, let detail):
      type = "guest"
      (self.side, self.event, self.detail) = (side.rawValue, event, detail)
    case .decision(let decision):
      type = "decision"
      (action, because, inputs) = (decision.action.rawValue, decision.because, decision.inputs)
    case .result(let result): describe(result)
    }
  }

  private mutating func describe(_ phase: MigrationPhase, _ detail: String) {
    type = "phase"
    self.phase = phase.rawValue
    self.detail = detail
  }

  private mutating func describe(_ sample: ProgressSample, _ percent: Double?) {
    type = "progress"
    memory = Memory(sample.memory)
    disk = sample.disk.map(Disk.init)
    throttlePercent = sample.throttlePercent
    postcopyRequests = sample.postcopyRequests
    self.percent = percent.map { ($0 * 10).rounded() / 10 }
    etaS = sample.secondsLeft.map { ($0 * 10).rounded() / 10 }
    expectedDowntimeMs = sample.downtime?.milliseconds
  }

  private mutating func describe(_ result: MigrationResult) {
    type = "result"
    outcome = result.outcome.rawValue
    exitCode = ExitStatus(result.outcome).rawValue
    elapsedMs = result.elapsed.milliseconds
    guest = Guest(runningOn: result.runningOn, definedOn: result.definedOn)
    downtime = DowntimePayload(result.downtime)
    memory = result.sample.map { Memory($0.memory) }
    iterations = result.sample?.memory.iteration
    error = result.error.map {
      Failure(
        code: $0.code, message: $0.message, source: $0.source, destination: $0.destination,
        remedy: $0.remedy.isEmpty ? nil : $0.remedy)
    }
  }
}

extension EventLine.Memory {
  init(_ memory: ProgressSample.Memory) {
    self.init(
      total: memory.total?.rawValue, processed: memory.processed?.rawValue, remaining: memory.remaining?.rawValue,
      bandwidthBps: memory.bandwidth, dirtyRateBps: memory.dirtyRate, dirtyPagesPerS: memory.dirtyPagesPerSecond,
      pageSize: memory.pageSize?.rawValue, iteration: memory.iteration, constantPages: memory.constantPages,
      normalPages: memory.normalPages)
  }
}

extension EventLine.Disk {
  init(_ disk: ProgressSample.Disk) {
    self.init(
      total: disk.total?.rawValue, processed: disk.processed?.rawValue, remaining: disk.remaining?.rawValue,
      bandwidthBps: disk.bandwidth)
  }
}

extension EventLine.DowntimePayload {
  init(_ downtime: Downtime) {
    self.init(
      reportedMs: downtime.reported?.milliseconds, correctedMs: downtime.corrected?.milliseconds,
      skewMs: downtime.skew?.milliseconds, skewErrorMs: downtime.skewError?.milliseconds,
      eventMs: downtime.event?.milliseconds)
  }
}
