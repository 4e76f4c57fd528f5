import MigrationModel

/// Once the call is over: where the guest is, what is left to be put right, and what the result says.
extension Machine {
  mutating func conclude(_ call: CallOutcome, quietSince since: Duration, seen: Inspection, at: Duration) -> [Effect] {
    guard fencesUnderWay == 0, !needsFreshLook else {
      needsFreshLook = false
      return [.inspect(after: Self.pause)]
    }
    let seen = jobMayBeOurs(after: call) ? seen : seen.withoutSourceJob
    if seen.isInPostcopy { isInPostcopy = true }
    switch judge(call, seen, intent, cause: abortCause, isCertain: isCertainlyOnSource(call)) {
    case .settled(.completed, _) where leavesDefinition(seen), .settled where leavesArrival(seen):
      return lookOn(call, quietSince: since, seen: seen, at: at)
    case .settled(let outcome, let failure)
    where call == .succeeded || outcome == .completed
      || isSteady(seen, since: since, at: at, for: Self.aftermath):
      return clear(outcome, failure, seen, at: at)
    case .provisional(let outcome, let failure) where isSteady(seen, since: since, at: at):
      return clear(outcome, failure, seen, at: at)
    case .provisional, .settled: return lookOn(call, quietSince: since, seen: seen, at: at)
    case .unsettled: return lookOn(call, quietSince: since, seen: seen, at: at, isLast: isLast(seen, at: at))
    }
  }

  /// A job that the source still has can be this move's: its transfer was seen, or the word of the source's own daemon,
  /// which leads a peer-to-peer move, was lost. A backup that kept the move from beginning is another's.
  private func jobMayBeOurs(after call: CallOutcome) -> Bool {
    // A call that was not waited for any longer still runs.
    guard gaveUpAt == nil, case .failed(let failure) = call else { return true }
    let hasBegun = sample != nil || advancedAt != nil || isInPostcopy
    return hasBegun || (!intent.needsDestination && (!sawEverything || failure.isOfTheConnection))
  }

  /// The destination cannot have started the guest: the source never paused it to be moved, or says itself that the
  /// transfer was aborted; or the destination waits for our word. A host that does not answer need not be waited for then.
  private func isCertainlyOnSource(_ call: CallOutcome) -> Bool {
    guard case .failed(let failure) = call, resumedAt == nil else { return false }
    let neverPaused = suspendedAt == nil && sawEverything && intent.wasRunning && !intent.leavesPaused
    let neverLetGo = intent.handsOver && !decided.contains(.resumeDestination)
    return neverPaused || neverLetGo || failure.code == MigrationFailure.operationAborted
  }

  private func isSteady(
    _ seen: Inspection, since: Duration, at: Duration, for time: Duration = steadiness
  ) -> Bool {
    seen.saysTheSame(as: lastSeen) && at - since >= time
  }

  /// The guest has moved and is defined there, and its definition here is still to go: what the source does last, and
  /// does not do when its QEMU died first.
  private func leavesDefinition(_ seen: Inspection) -> Bool {
    intent.undefinesSource && intent.scope == .guest && !decided.contains(.undefineSource)
      && seen.source.isPersistent && seen.destination.isPersistent
  }

  /// The guest stays on the source, and the destination has the definition that the move gave it: a daemon that was ended
  /// between that and the guest's start keeps it.
  private func leavesArrival(_ seen: Inspection) -> Bool {
    intent.definesDestination && intent.scope == .guest && !decided.contains(.undefineDestination)
      && Standing(seen.source) != .gone && Standing(seen.destination) == .gone && seen.destination.isPersistent
  }

  /// Nobody waits any longer for what does not settle.
  private func isLast(_ seen: Inspection, at: Duration) -> Bool {
    gaveUpAt.map { seen.saysTheSame(as: lastSeen) && at - $0 >= Self.aftermath } ?? false
  }

  /// Nothing is settled yet: repairs what the table of recovery knows, waits for what may still change, and in the end
  /// hands over to a person.
  private mutating func lookOn(
    _ call: CallOutcome, quietSince since: Duration, seen: Inspection, at: Duration, isLast: Bool = false
  ) -> [Effect] {
    let known = MoveKnowledge(
      isFenced: decided.contains(.fence), handsOver: intent.handsOver, ranThere: resumedAt != nil)
    let action = recovery(source: seen.source, destination: seen.destination, knowing: known)
    let isSteady = isSteady(seen, since: since, at: at)
    let quietSince =
      action.isWaiting || isStillArriving(action, at: at) || !seen.saysTheSame(as: lastSeen) ? at : since
    state = .settling(call, quietSince: quietSince)
    lastSeen = seen
    if let (repair, because) = repair(action, seen, isSteady: isSteady) { return begin(repair, because, call, seen) }
    if isSteady, let end = end(action, call, seen) { return clear(end.0, end.1, seen, at: at) }
    if isLast || at - quietSince >= Self.patience {
      return clear(.needsAttention, failure(of: call, action, seen), seen, at: at)
    }
    if case .pauseSource = action { return fence() + [.inspect(after: Self.pause)] }
    // The call can be over while the job is not: a peer-to-peer move goes on without us.
    let isToBeAborted = abortCause != nil && !isInPostcopy && action != .settled(.source)
    return (isToBeAborted ? [.abort] : []) + [.inspect(after: Self.pause)]
  }

  /// The daemons have lost each other, and QEMU sends on: post-copy may well end, and libvirt then ends the move.
  private func isStillArriving(_ action: Recovery, at: Duration) -> Bool {
    guard case .resumePostcopy = action, let advancedAt else { return false }
    return at - advancedAt < Self.steadiness
  }

  /// Each is tried once. What lets a guest go on that waits for it needs no second look; all else must be steady.
  private func repair(_ action: Recovery, _ seen: Inspection, isSteady: Bool) -> (Repair, String)? {
    let found: (Repair, String)? =
      switch action {
      case .resumeDestination(let because): (.resumeDestination, because)
      case _ where !isSteady: nil
      case .resumeSource(let because): (.resumeSource, because)
      case .removeSource(let because): (.removeSource, because)
      case .removeDestination(let because) where intent.handsOver && !decided.contains(.resumeDestination):
        (.removeDestination, because)
      case .settled(.destination) where leavesDefinition(seen):
        (.undefineSource, "the guest runs on the destination; the source still has its definition")
      case .settled(.source) where leavesArrival(seen):
        (.undefineDestination, "the guest stays on the source; the destination still has the move's definition")
      case .settled(.source) where decided.contains(.suspend) && intent.wasRunning && Standing(seen.source) == .paused:
        (.resumeSource, "it was paused to end the transfer, which has failed")
      default: nil
      }
    return found.flatMap { decided.contains($0.0.action) ? nil : $0 }
  }

  private mutating func begin(_ repair: Repair, _ because: String, _ call: CallOutcome, _ seen: Inspection) -> [Effect]
  {
    decided.insert(repair.action)
    state = .repairing(call)
    return [.report(.decision(MigrationDecision(repair.action, because: because))), .repair(repair, seen: seen)]
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
    // A guest that was told to stop, by itself or by someone, is as it was wanted.
    let hasEnded = [seen.source, seen.destination].allSatisfy { Standing($0) == .gone }
    if hasEnded, resumedAt == nil, ["shutdown", "destroyed"].contains(sourceEnd) {
      return (.failed, failure(of: call, action, seen))
    }
    switch action {
    case .start: return (.needsAttention, failure(of: call, action, seen))
    case .resumePostcopy: return (.needsAttention, failure(of: call, action, seen))
    case .settled, .wait, .resumeSource, .pauseSource, .removeSource, .resumeDestination, .removeDestination,
      .unreachable, .person:
      return nil
    }
  }

  /// What the call said, what was seen on either side, and what is to be run.
  private func failure(of call: CallOutcome, _ action: Recovery, _ seen: Inspection) -> MigrationFailure {
    var failure = call.failure
    let what =
      switch action {
      case .start,
        .person where sourceEnd != nil && Standing(seen.source) == .gone:
        "the guest's process ended while it moved\(sourceEnd.map { " (\($0))" } ?? "")"
      case .settled: "the guest is not as it was"
      default: action.because
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
    let result = MigrationResult(
      outcome: outcome, elapsed: at - startedAt, runningOn: seen.runningOn(intent), definedOn: seen.definedOn(intent),
      downtime: outcome == .completed ? downtime : Downtime(), sample: measured ?? sample, error: failure)
    state = .clearing(result)
    // What may be part of the guest is not removed: where a person has to look, and where the guest has run.
    if outcome == .needsAttention { return reduce(.cleared([], at: at)) }
    return [.clear(hasMoved: outcome == .completed || resumedAt != nil)]
  }

  /// The two events come over two connections; a pair that cannot be is no figure.
  private var downtime: Downtime {
    var downtime = Downtime()
    downtime.reported = measured?.downtime
    if let suspendedAt, let resumedAt, resumedAt >= suspendedAt { downtime.event = resumedAt - suspendedAt }
    return downtime
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

extension Machine.Repair {
  var action: MigrationDecision.Action {
    switch self {
    case .resumeSource: .resumeSource
    case .removeSource: .removeSource
    case .undefineSource: .undefineSource
    case .undefineDestination: .undefineDestination
    case .resumeDestination: .resumeDestination
    case .removeDestination: .removeDestination
    }
  }
}

extension Recovery {
  fileprivate var isWaiting: Bool { if case .wait = self { true } else { false } }

  /// Why it is the one; empty for what needs no reason.
  public var because: String {
    switch self {
    case .settled(.source): "the guest is on the source alone"
    case .settled(.destination): "the guest is on the destination alone"
    case .wait(let because), .resumeSource(let because), .pauseSource(let because), .removeSource(let because),
      .resumeDestination(let because), .removeDestination(let because), .resumePostcopy(let because),
      .start(_, let because), .unreachable(let because), .person(let because):
      because
    }
  }
}

extension Inspection {
  fileprivate var isInPostcopy: Bool {
    [source, destination].contains { [.postcopy, .postcopyBroken].contains(Standing($0)) }
  }

  /// As seen, but for a job on the source that is not this move's.
  fileprivate var withoutSourceJob: Inspection {
    guard case .present(let state, let reason, let isPersistent, true) = source else { return self }
    return Inspection(
      source: .present(state, reason: reason, isPersistent: isPersistent, isBusy: false), destination: destination)
  }
}

extension MigrationFailure {
  /// The call was broken off, and what became of it is not known (VIR_ERR_INTERNAL_ERROR, _INVALID_CONN, _SYSTEM_ERROR,
  /// _RPC: "client socket is closed", "Cannot recv data", "connection closed due to keepalive timeout").
  fileprivate var isOfTheConnection: Bool { code.map { [1, 6, 38, 39].contains($0) } ?? true }
}
