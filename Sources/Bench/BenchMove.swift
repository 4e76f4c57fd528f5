import BenchModel
import Lab
import Libvirt
import Threads

/// One move of a guest, and everything that was seen of it.
extension BenchGuest {
  /// Moves the guest to the other host and returns when it beats there and its memory has been checked.
  ///
  /// What goes wrong with the move is in the run. Throws `BenchError` when the guest is not there any more.
  func move(
    _ variant: Scenario.Variant, with tool: String, repeat number: Int, migrate: String,
    patience: Duration = .seconds(30)
  ) async throws -> Run {
    let (from, to) = (side, 1 - side)
    let (source, destination) = (site.hosts[from], site.hosts[to])
    var run = Run(
      scenario: "\(scenario.name)/\(variant.name)", tool: tool, repeat: number, from: source.name, to: destination.name)
    let command = MoveCommand(
      tool, variant, guest: specification.id, from: source, to: destination, configuration: site.configuration,
      journal: site.journal, migrate: migrate, checks: scenario.preflight ?? false)
    let quiet = monotonicNow()
    let checked = collector.latest?.checked ?? 0
    collector.forget(before: quiet)
    stream.forget(before: quiet)
    witness.forget(before: quiet)
    try await beats(for: .milliseconds(500))
    try await limitDowntime(variant, tool, on: from)

    let meter = try site.lab.map { try CostMeter(of: specification.id, from: from, to: to, on: $0) }
    let begun = monotonicNow()
    let act = Task { try await carryOut(variant.act, on: from, since: begun) }
    defer { act.cancel() }
    let outcome = try await command.run(within: .seconds(Int64(scenario.timeLimitS ?? Scenario.Defaults.timeLimit)))
    act.cancel()
    run.cost = await meter?.read() ?? Run.Cost()
    run.cost.toolS = outcome.processorTime

    run.note(outcome)
    do { try await beats(for: .milliseconds(500)) } catch let silence as BenchError {
      run.complaints.append(silence.description)
    }
    if outcome.isSuccess {
      run.complaints += await arrival(at: to, since: outcome.started, within: patience)
      // Each connection's events come when they come; what has not come by then is not in the run.
      _ = await waits(.seconds(1)) {
        let (told, heard) = (logs[from].notes(since: outcome.started), logs[to].notes(since: outcome.started))
        return qemuPause(told, heard) != nil && eventPause(told, heard) != nil
      }
    }
    read(&run, from: from, to: to, during: outcome, quietSince: quiet)
    run.complaints += await verified(&run, since: checked)
    if outcome.isSuccess, side != to { run.complaints.append("it does not run on \(destination.name)") }
    await note(&run, variant.act == nil ? nil : act.result)
    await readStatistics(&run, on: to)
    run.complaints = run.complaints.map { "\(run.scenario), \(tool), repeat \(number): \($0)" }
    return run
  }

  /// virsh has no option for it.
  private func limitDowntime(_ variant: Scenario.Variant, _ tool: String, on side: Int) async throws {
    guard tool == "virsh", let limit = variant.maxDowntimeMs else { return }
    let domain = try await domain(on: side)
    try await blocking { try domain.setMaxDowntime(.milliseconds(limit)) }
  }

  /// Waits until the guest beats at the destination and answers over its network since then: a silence that has not ended
  /// has no length. Returns what did not come.
  private func arrival(at side: Int, since start: Int64, within patience: Duration) async -> [String] {
    guard await waits(patience, until: { collector.beats(since: start).contains { $0.side == side } }),
      let first = collector.beats(since: start).first(where: { $0.side == side })?.stamp
    else { return ["no beat came from the destination within \(patience)\(unheard)"] }
    let answers = await waits(patience) { !stream.answers(since: first).isEmpty }
    return answers ? [] : ["it beats at the destination and was not reached over its network within \(patience)"]
  }

  /// Whether the act was done. One that the move was too quick for is no failure of the move, and not summed up.
  private func note(_ run: inout Run, _ result: Result<Bool, any Error>?) {
    switch result {
    case .success(let isDone):
      run.actDone = isDone
      if !isDone, run.isCompleted { run.error = "it was over before the scenario's act" }
    case .failure(let error):
      run.actDone = false
      run.error = [run.error, "the scenario's act failed: \(error)"].compactMap(\.self).joined(separator: "; ")
    case nil: break
    }
  }

  /// Does to the move what the scenario says once it has made so many passes; false of a move that was over before.
  private func carryOut(_ act: Scenario.Act?, on side: Int, since start: Int64) async throws -> Bool {
    guard let act else { return false }
    let log = logs[side]
    let isDue = await waits(.seconds(3600)) {
      log.notes(since: start).contains { ($0.pass ?? 0) > act.passes }
    }
    guard isDue else { return false }
    let domain = try await domain(on: side)
    try await blocking {
      switch act.kind {
      case .suspend: try domain.suspend()
      case .postcopy: try domain.startPostcopy()
      }
    }
    return true
  }

  /// Has every page of the guest's memory checked, and says what was wrong; `checked` pages had been before the move.
  private func verified(_ run: inout Run, since checked: UInt64) async -> [String] {
    do {
      let keeper = KeeperClient(address: site.guestAddress, isHeardByAll: false)
      let kept = scenario.guest?.keptMib ?? Scenario.Defaults.kept
      let report = try await keeper.checkEverything(within: .seconds(30 + Int64(kept) / 16))
      run.pagesChecked = report.pagesChecked &- checked
      run.memoryVerified = report.errors == 0
      return report.errors == 0 ? [] : ["\(report.errors) checks of the guest's memory failed"]
    } catch {
      return ["the guest's memory could not be checked: \(error)"]
    }
  }

  /// What the beats, the network and both hosts saw.
  private func read(
    _ run: inout Run, from: Int, to: Int, during outcome: MoveCommand.Outcome, quietSince quiet: Int64
  ) {
    let trace = trace(since: outcome.started)
    run.note(trace)
    let (left, arrived) = (trace.beats.last { $0.side == from }, trace.beats.first { $0.side == to })
    if let left, let arrived, arrived.stamp > left.stamp {
      run.downtime.heartbeatMs = milliseconds(arrived.stamp - left.stamp - period)
      run.downtime.clockMs = BeatTrace([left, arrived], period: period).clockLoss.map(milliseconds)
      run.downtime.lateMs = milliseconds(witness.latest(in: left.stamp...arrived.stamp))
      run.downtime.networkMs = networkGap(since: outcome.started, around: left.stamp...arrived.stamp).map(milliseconds)
    }
    let (told, heard) = (logs[from].notes(since: outcome.started), logs[to].notes(since: outcome.started))
    // Stamps of two clocks; what migrate measured of their difference, where it did, is in the run by now.
    run.downtime.qemuMs = qemuPause(told, heard).map(milliseconds).flatMap { pause in
      site.hasOneClock ? pause : run.downtime.skewMs.map { pause - $0 }
    }
    run.downtime.eventMs = eventPause(told, heard).map(milliseconds)
    let answers = stream.answers(since: outcome.started)
    if site.hasOneClock, let resumed = heard.first(where: { $0.teller == .qemu && $0.what == "RESUME" })?.stamp,
      let first = answers.first(where: { $0 > resumed })
    {
      run.downtime.firstPacketMs = milliseconds(first - resumed)
    }
    run.workBeforeMibS = work(
      BeatTrace(collector.beats(since: quiet).filter { $0.stamp < outcome.started }, period: period))
    run.workDuringMibS = work(BeatTrace(trace.beats.filter { $0.stamp <= outcome.ended }, period: period))
    run.timeline?.note(trace, answers, told, heard, hosts: (run.from, run.to), since: outcome.started)
  }

  private func qemuPause(_ told: [HostLog.Note], _ heard: [HostLog.Note]) -> Int64? {
    pause(told, "STOP", heard, "RESUME", .qemu)
  }

  private func eventPause(_ told: [HostLog.Note], _ heard: [HostLog.Note]) -> Int64? {
    pause(told, "suspended", heard, "resumed", .libvirt)
  }

  /// From the last of what the source told to the first of what the destination told after it.
  private func pause(
    _ told: [HostLog.Note], _ stop: String, _ heard: [HostLog.Note], _ resume: String, _ teller: HostLog.Note.Teller
  ) -> Int64? {
    // By when they were heard: stamps of two hosts have no order.
    guard let resumed = heard.first(where: { $0.teller == teller && $0.what == resume }),
      let stopped = told.last(where: { $0.teller == teller && $0.what == stop && $0.heard < resumed.heard })
    else { return nil }
    return resumed.stamp - stopped.stamp
  }

  private func work(_ trace: BeatTrace) -> Double? {
    guard let first = trace.beats.first, let last = trace.beats.last, last.stamp > first.stamp else { return nil }
    return Double(last.rewritten &- first.rewritten) / 256 / (Double(last.stamp - first.stamp) / 1e9)
  }

  /// libvirt's own figures of the move, which the destination keeps; the same for both tools.
  private func readStatistics(_ run: inout Run, on side: Int) async {
    guard run.isCompleted, let domain = try? await domain(on: side),
      let statistics = try? await blocking({ try domain.jobStatistics(completed: true) })
    else { return }
    run.downtime.reportedMs = statistics.downtime.map { $0 / .milliseconds(1) }
    // One clock has no difference to be corrected for.
    if site.hasOneClock, run.downtime.correctedMs == nil { run.downtime.correctedMs = run.downtime.reportedMs }
    run.iterations = statistics.memoryIteration
    run.cost.memoryBytes = statistics.memoryTotal?.rawValue
    run.cost.sentBytes = statistics.memoryProcessed?.rawValue
  }
}

/// With three decimals.
func milliseconds(_ nanoseconds: Int64) -> Double { (Double(nanoseconds) / 1e3).rounded() / 1e3 }

extension Run {
  /// How the command ended, and what the tool's own lines say.
  fileprivate mutating func note(_ outcome: MoveCommand.Outcome) {
    totalMs = milliseconds(outcome.ended - outcome.started)
    self.outcome = outcome.isSuccess ? "completed" : outcome.wasLate ? "not-converged" : "failed"
    var line = Timeline()
    let lines = tool == "migrate" ? ToolLine.lines(of: outcome.output) : []
    for (stamp, told) in lines {
      // The tool's own times count from a start that is later than that of its process.
      let time = milliseconds(stamp - outcome.started)
      if told.type == "phase", let phase = told.phase { line.phases.append(.init(tMs: time, what: phase)) }
      if told.type == "progress", let memory = told.memory { line.samples.append(.init(told, memory, at: time)) }
    }
    timeline = line
    let result = lines.last { $0.line.type == "result" }?.line
    (downtime.correctedMs, downtime.skewMs) = (result?.downtime?.correctedMs, result?.downtime?.skewMs)
    guard !outcome.isSuccess else { return }
    error = result?.error?.message ?? outcome.complaint
    if self.outcome == "failed" { complaints.append("the move failed: \(error ?? "")") }
  }

  fileprivate mutating func note(_ trace: BeatTrace) {
    (beats, beatsLost, beatsRepeated, beatsReordered) = (trace.beats.count, trace.lost, trace.repeated, trace.reordered)
    downtime.silenceMs = trace.downtime.map(milliseconds)
    stalledMs = milliseconds(trace.stalled(beyond: 10 * trace.period))
    complaints += trace.complaints
  }
}

extension Run.Timeline.Sample {
  fileprivate init(_ line: ToolLine, _ memory: ToolLine.Memory, at time: Double) {
    self.init(tMs: time)
    (remainingBytes, bandwidthBps, dirtyRateBps) = (memory.remaining, memory.bandwidthBps, memory.dirtyRateBps)
    (iteration, throttlePercent) = (memory.iteration, line.throttlePercent)
  }
}

extension Run.Timeline {
  fileprivate mutating func note(
    _ trace: BeatTrace, _ answers: [Int64], _ told: [HostLog.Note], _ heard: [HostLog.Note],
    hosts: (from: String, to: String), since start: Int64
  ) {
    func time(_ stamp: Int64) -> Double { milliseconds(stamp - start) }
    firstBeatMs = trace.beats.first.map { time($0.stamp) }
    beatGapsUs = trace.gaps.map { Int($0.length / 1000) }
    firstAnswerMs = answers.first.map(time)
    answerGapsUs = gaps(between: answers).map { Int($0.length / 1000) }
    work = trace.throughput(from: start, step: 50_000_000).map {
      Work(tMs: milliseconds($0.time), mibS: ($0.mebibytesPerSecond * 100).rounded() / 100)
    }
    let notes = told.map { (hosts.from, $0) } + heard.map { (hosts.to, $0) }
    events = notes.sorted { $0.1.stamp < $1.1.stamp }.map { host, note in
      Mark(tMs: time(note.stamp), what: "\(host): \(note.what)" + (note.pass.map { " \($0)" } ?? ""))
    }
  }
}
