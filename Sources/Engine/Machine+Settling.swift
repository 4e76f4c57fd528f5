import MigrationModel

/// Once the call is over: where the guest is, what is left to be put right, and what the result says.
extension Machine {
  mutating func conclude(_ call: CallOutcome, quietSince since: Duration, seen: Inspection, at: Duration) -> [Effect] {
    guard fencesUnderWay == 0, !needsFreshLook else {
      needsFreshLook = false
      return [.inspect(after: Self.pause)]
    }
    switch judge(call, seen, intent, cause: abortCause, isCertain: isCertainlyOnSource(call)) {
    case .settled(.completed, _) where leavesDefinition(seen):
      return lookOn(call, quietSince: since, seen: seen, at: at)
    case .settled(let outcome, let failure):
      return clear(outcome, failure, seen, at: at)
    case .provisional(let outcome, let failure) where isSteady(seen, since: since, at: at):
      return clear(outcome, failure, seen, at: at)
    case .unsettled, .provisional:
      return lookOn(call, quietSince: since, seen: seen, at: at)
    }
  }

  /// The destination cannot have started the guest: the source never paused it to be moved, or says itself that the
  /// transfer was aborted. A host that does not answer then needs no waiting for.
  private func isCertainlyOnSource(_ call: CallOutcome) -> Bool {
    guard case .failed(let failure) = call else { return false }
    let wasPaused = suspendedAt != nil || !sawEverything
    return resumedAt == nil && (!wasPaused || failure.code == MigrationFailure.operationAborted)
  }

  private func isSteady(_ seen: Inspection, since: Duration, at: Duration) -> Bool {
    seen.saysTheSame(as: lastSeen) && at - since >= Self.steadiness
  }

  /// The guest has moved and is defined there, and its definition here is still to go: what the source does last, and
  /// does not do when its QEMU died first.
  private func leavesDefinition(_ seen: Inspection) -> Bool {
    intent.undefinesSource && intent.scope == .guest && !decided.contains(.undefineSource)
      && seen.source.isPersistent && seen.destination.isPersistent
  }

  /// Nothing is settled yet: repairs what the table of recovery knows, waits for what may still change, and in the end
  /// hands over to a person.
  private mutating func lookOn(
    _ call: CallOutcome, quietSince since: Duration, seen: Inspection, at: Duration
  ) -> [Effect] {
    let action = recovery(
      source: seen.source, destination: seen.destination, isFenced: decided.contains(.fence))
    let isSteady = isSteady(seen, since: since, at: at)
    let isWaiting = if case .wait = action { true } else { false }
    let quietSince = isWaiting || !seen.saysTheSame(as: lastSeen) ? at : since
    state = .settling(call, quietSince: quietSince)
    lastSeen = seen
    if case .pauseSource = action { return fence() + [.inspect(after: Self.pause)] }
    if isSteady, let (repair, because) = repair(action, seen) { return begin(repair, because, call) }
    if isSteady, let end = end(action, call, seen) { return clear(end.0, end.1, seen, at: at) }
    if at - quietSince >= Self.patience {
      return clear(.needsAttention, failure(of: call, action, seen), seen, at: at)
    }
    // The call can be over while the job is not: a peer-to-peer move goes on without us.
    return (abortCause == nil || isInPostcopy ? [] : [.abort]) + [.inspect(after: Self.pause)]
  }

  private func repair(_ action: Recovery, _ seen: Inspection) -> (Repair, String)? {
    switch action {
    case .resumeSource(let because) where !decided.contains(.resumeSource): (.resumeSource, because)
    case .removeSource(let because) where !decided.contains(.removeSource): (.removeSource, because)
    case .settled(.destination) where leavesDefinition(seen):
      (.undefineSource, "the guest runs on the destination; the source still has its definition")
    case .settled(.source) where decided.contains(.suspend) && !decided.contains(.resumeSource) && intent.wasRunning:
      (.resumeSource, "it was paused to end the transfer, which has failed")
    default: nil
    }
  }

  private mutating func begin(_ repair: Repair, _ because: String, _ call: CallOutcome) -> [Effect] {
    let action: MigrationDecision.Action =
      switch repair {
      case .resumeSource: .resumeSource
      case .removeSource: .removeSource
      case .undefineSource: .undefineSource
      }
    decided.insert(action)
    state = .repairing(call)
    return [.report(.decision(MigrationDecision(action, because: because))), .repair(repair)]
  }

  mutating func repaired(_ repair: Repair, _ error: String?, _ call: CallOutcome, at: Duration) -> [Effect] {
    state = .settling(call, quietSince: at)
    let told: [Effect] = error.map { [.report(.decision(MigrationDecision(.refused, because: $0)))] } ?? []
    return told + [.inspect(after: .zero)]
  }

  /// An end that no waiting changes: the guest's process is gone, or post-copy has to be resumed.
  private func end(
    _ action: Recovery, _ call: CallOutcome, _ seen: Inspection
  ) -> (MigrationResult.Outcome, MigrationFailure)? {
    switch action {
    case .startOnSource:
      // A guest that was told to stop, by itself or by someone, is as it was wanted.
      let wasWanted = ["shutdown", "destroyed"].contains(sourceEnd)
      return (wasWanted ? .failed : .needsAttention, failure(of: call, action, seen))
    case .resumePostcopy: return (.needsAttention, failure(of: call, action, seen))
    case .settled, .wait, .resumeSource, .pauseSource, .removeSource, .removeDestination, .person: return nil
    }
  }

  /// What the call said, what was seen on either side, and what is to be run.
  private func failure(of call: CallOutcome, _ action: Recovery, _ seen: Inspection) -> MigrationFailure {
    var failure = call.failure
    let what: String
    switch action {
    case .startOnSource: what = "the guest's process ended while it moved\(sourceEnd.map { " (\($0))" } ?? "")"
    case .settled: what = "the guest is not as it was"
    case .wait(let because), .resumeSource(let because), .removeSource(let because), .removeDestination(let because),
      .pauseSource(let because), .resumePostcopy(let because), .person(let because):
      what = because
    }
    failure.message +=
      "; \(what); on \(intent.sourceName) the guest is \(seen.source), on \(intent.destinationName) it is \(seen.destination)"
      + ". Do not start it by hand before both hosts were looked at"
    failure.remedy = intent.remedy
    return failure
  }

  private mutating func clear(
    _ outcome: MigrationResult.Outcome, _ failure: MigrationFailure?, _ seen: Inspection, at: Duration
  ) -> [Effect] {
    var downtime = Downtime()
    if outcome == .completed {
      downtime.reported = measured?.downtime
      if let suspendedAt, let resumedAt { downtime.event = resumedAt - suspendedAt }
    }
    let result = MigrationResult(
      outcome: outcome, elapsed: at - startedAt, runningOn: seen.runningOn(intent), definedOn: seen.definedOn(intent),
      downtime: downtime, sample: measured ?? sample, error: failure)
    state = .clearing(result)
    // Where a person has to look, nothing is removed: it may be part of the guest.
    return outcome == .needsAttention ? reduce(.cleared([], at: at)) : [.clear(hasMoved: outcome == .completed)]
  }

  mutating func finish(_ result: MigrationResult, _ left: [String]) -> [Effect] {
    var result = result
    if !left.isEmpty {
      var failure = result.error ?? MigrationFailure(message: "the guest has moved")
      failure.message += "; left behind: \(left.joined(separator: "; "))"
      result.error = failure
    }
    state = .finished(result)
    return [.report(.result(result))]
  }
}

extension Machine.Intent {
  fileprivate var wasRunning: Bool { initialState == .running || initialState == .blocked }
}
