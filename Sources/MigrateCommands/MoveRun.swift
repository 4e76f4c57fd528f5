import Engine
import Journal
import Libvirt
import MigrationModel
import Preflight

/// One command's moves: preflight for all guests over the same facts, then as many guests at a time as are wanted.
struct MoveRun: Sendable {
  private let arguments: MoveArguments
  private let isUnchecked: Bool
  private let interrupts: Interrupts
  private let start: ContinuousClock.Instant
  private let writer: UpdateWriter
  /// nil: nothing is written down.
  private let journalFile: String?
  private let openJournal: @Sendable () async throws -> Journal?

  init(
    _ arguments: MoveArguments, isUnchecked: Bool, _ interrupts: Interrupts, since start: ContinuousClock.Instant,
    to writer: UpdateWriter, journalFile: String? = nil,
    journal openJournal: @escaping @Sendable () async throws -> Journal?
  ) {
    self.arguments = arguments
    self.isUnchecked = isUnchecked
    self.interrupts = interrupts
    self.start = start
    self.writer = writer
    self.journalFile = journalFile
    self.openJournal = openJournal
  }

  /// Moves the guests and says how each ended. After a cancel, or a guest that needs a person, no further one is begun.
  func run() async throws -> ExitStatus {
    defer { writer.finish() }
    var domains = arguments.domains
    do {
      var plan = try MovePlan(arguments)
      let illegal = assessRequest(plan.request)
      guard !illegal.contains(where: { $0.severity == .blocker }) else { return refuse(illegal) }
      if arguments.all { plan.domains = try await plan.activeDomains() }
      domains = plan.domains
      guard !plan.domains.isEmpty else { return nothingToMove(plan) }
      let journal = try await openJournal()
      let checks = isUnchecked ? nil : try await preflight(plan)
      return .together(moves: await moveAll(plan, checks, journal))
    } catch let failure as CommandFailure {
      return fail(failure, domains)
    }
  }

  /// Keeps `--max-parallel` guests moving, in the order of the command line.
  private func moveAll(_ plan: MovePlan, _ checks: [Check]?, _ journal: Journal?) async -> [ExitStatus] {
    await withTaskGroup(of: ExitStatus.self) { tasks in
      var statuses: [ExitStatus] = []
      for (index, domain) in plan.domains.enumerated() {
        if index >= arguments.maxParallel, let status = await tasks.next() { statuses.append(status) }
        let obstacle = obstacle(after: statuses)
        tasks.addTask {
          let result =
            if let obstacle { end(domain, obstacle) } else { await move(domain, plan, checks?[index], journal) }
          return ExitStatus(result.outcome)
        }
      }
      for await status in tasks { statuses.append(status) }
      return statuses
    }
  }

  /// Why the next guest is not begun; nil when it is.
  private func obstacle(after statuses: [ExitStatus]) -> MigrationResult? {
    if statuses.contains(.needsAttention) {
      let reason = "not begun, because a guest before it needs a person"
      return MigrationResult(outcome: .failed, error: MigrationFailure(message: reason))
    }
    guard interrupts.isRaised else { return nil }
    return MigrationResult(outcome: .cancelled, error: MigrationFailure(message: "not begun, because of the interrupt"))
  }

  private func preflight(_ plan: MovePlan) async throws -> [Check] {
    for domain in plan.domains {
      let detail = "comparing \(plan.source.name) with \(plan.destination.name)"
      writer.write(.phase(.preflight, detail: detail), at: elapsed, domain: domain)
    }
    guard let checks = try await interrupts.unlessRaised({ try await plan.check() }) else {
      throw CommandFailure(status: .cancelled, message: "interrupted before anything was changed")
    }
    return checks
  }

  /// Moves one guest, unless preflight found that it must not.
  private func move(_ domain: String, _ plan: MovePlan, _ check: Check?, _ journal: Journal?) async -> MigrationResult {
    if let check, let refusal = refusal(check) {
      return end(domain, refusal, findings: check.assessment.findings, check)
    }
    let skew = check.flatMap(clockSkew)
    let findings = check?.assessment.findings ?? []
    let choice = plan.request.mode == .auto ? check?.choice : nil
    var request = plan.request
    if let choice { request.mode = choice.mode }
    let move = GuestMove(
      domain: domain, source: plan.source, destination: plan.destination, request: request,
      wasActive: check?.domain.isActive, choice: choice,
      timeout: plan.timeout, journal: journal, journalFile: journalFile, start: start)
    writer.explain(findings, check, isRefusal: false)
    do {
      return try await move.run(wishes: interrupts.wishes()) { content, at in
        writer.write(content.with(skew), at: at, domain: domain) { line in
          if case .result = content { dress(&line, findings) }
        }
      }
    } catch {
      return end(domain, MigrationResult(notBegun: error, journalFile: journalFile))
    }
  }

  private func refusal(_ check: Check) -> MigrationResult? {
    guard let outcome = MigrationResult.Outcome(keptBackBy: check.assessment.verdict) else { return nil }
    let count = check.assessment.findings.count(where: \.blocks)
    let reasons = "\(count) \(count == 1 ? "reason" : "reasons") found by preflight; nothing was started"
    return MigrationResult(
      outcome: outcome, runningOn: check.domain.isActive ? check.source.name : nil,
      definedOn: check.domain.isPersistent ? [check.source.name] : [], error: MigrationFailure(message: reasons))
  }

  private func refuse(_ findings: [Finding]) -> ExitStatus {
    let failure = MigrationFailure(message: "the request combines what cannot be combined; no host was asked")
    for domain in arguments.domains {
      _ = end(domain, MigrationResult(outcome: .blocked, error: failure), findings: findings)
    }
    return .blocked
  }

  private func nothingToMove(_ plan: MovePlan) -> ExitStatus {
    complain(CommandFailure(status: .done, message: "\(plan.source.name) has no active guest"))
    return .done
  }

  private func fail(_ failure: CommandFailure, _ domains: [String]) -> ExitStatus {
    let outcome: MigrationResult.Outcome = failure.status == .cancelled ? .cancelled : .failed
    let error = MigrationFailure(code: failure.code, message: failure.message)
    for domain in domains {
      _ = end(domain, MigrationResult(outcome: outcome, error: error), exitCode: failure.status)
    }
    return failure.status
  }

  /// Writes the result of a move that was not begun.
  private func end(
    _ domain: String, _ result: MigrationResult, findings: [Finding] = [], _ check: Check? = nil,
    exitCode: ExitStatus? = nil
  ) -> MigrationResult {
    writer.explain(findings, check, isRefusal: true)
    writer.write(.result(result), at: elapsed, domain: domain) { line in
      dress(&line, findings)
      if let exitCode { line.exitCode = exitCode.rawValue }
    }
    return result
  }

  /// What only the command knows of a result: what preflight found, or that there was none.
  private func dress(_ line: inout EventLine, _ findings: [Finding]) {
    line.findings = findings.isEmpty ? nil : findings.map(CheckDocument.FindingPayload.init)
    line.preflight = isUnchecked ? "skipped" : nil
  }

  private var elapsed: Duration { ContinuousClock.now - start }
}

/// How far the destination's clock is ahead of the source's; nil when either could not be measured.
private func clockSkew(_ check: Check) -> (skew: Duration, error: Duration)? {
  guard let source = check.source.clock.value, let destination = check.destination.clock.value else { return nil }
  return (
    .nanoseconds(destination.offset - source.offset), .nanoseconds(source.errorBound + destination.errorBound)
  )
}

extension MigrationResult {
  /// Of a move that could not be begun.
  fileprivate init(notBegun error: any Error, journalFile: String?) {
    var failure = MigrationFailure(message: whyNotBegun(error, journal: journalFile))
    var outcome = Outcome.failed
    switch error {
    case let error as LibvirtError: failure.code = Int(error.code.rawValue)
    case let running as MoveInProgress:
      outcome = .blocked
      failure.message += "; it is move \(running.record.id), in phase \(running.record.phase?.rawValue ?? "preflight")"
      failure.remedy = [watchCommand(for: running.record, journal: journalFile)]
    case let left as MoveInterrupted:
      outcome = .needsAttention
      failure.remedy = [recoverCommand(for: left.record, journal: journalFile)]
    default: break
    }
    self.init(outcome: outcome, error: failure)
  }
}

extension MigrationResult.Outcome {
  /// nil when the verdict lets the move begin.
  fileprivate init?(keptBackBy verdict: Verdict) {
    switch verdict {
    case .blocked: self = .blocked
    case .inconclusive: self = .inconclusive
    case .ready, .warnings: return nil
    }
  }
}

extension MigrationUpdate.Content {
  /// The measured clock difference goes into the result, beside the downtime that it distorts.
  fileprivate func with(_ skew: (skew: Duration, error: Duration)?) -> Self {
    guard case .result(var result) = self, let skew, result.downtime.reported != nil else { return self }
    result.downtime.skew = skew.skew
    result.downtime.skewError = skew.error
    return .result(result)
  }
}
