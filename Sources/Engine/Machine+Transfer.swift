import MigrationModel

/// While the guest is on its way.
extension Machine {
  mutating func progress(_ sample: ProgressSample, at: Duration) -> [Effect] {
    if advancedAt == nil || sample.differs(from: self.sample) { advancedAt = at }
    self.sample = sample
    if let now = sample.percent { percent = max(percent ?? 0, now) }
    return [.report(.progress(sample, percent: percent))] + converge(at: at)
  }

  mutating func remember(measured sample: ProgressSample) -> [Effect] {
    measured = sample
    return []
  }

  mutating func lostSight(_ side: Side) -> [Effect] {
    if side == .destination { seesDestination = false }
    switch side {
    case .source:
      sawEverything = false
      // What cannot be seen is not silent: the next sample begins anew.
      advancedAt = nil
      return []
    case .destination where resumedAt != nil: return fence()
    case .destination: return giveUpOnDestination()
    }
  }

  /// The source has let go: the destination need not wait for the end of the call.
  private mutating func handOver() -> [Effect] {
    guard decided.insert(.resumeDestination).inserted else { return [] }
    return [.control(.resumeDestination)]
  }

  /// The destination has begun to run the guest, and its answer to the source may be lost: libvirt then lets the source
  /// go on as well (the comment on Finish in virDomainMigrateVersion3Full and doPeer2PeerMigrate3). A source that is
  /// paused does no harm, and both hosts say later which of the two stays.
  ///
  /// Done again each time: pausing a source that is paused already does not keep libvirt from letting it go on later.
  mutating func fence() -> [Effect] {
    guard !isInPostcopy else { return [] }
    fencesUnderWay += 1
    guard decided.insert(.fence).inserted else { return [.control(.fence)] }
    let because =
      "the guest was seen running on \(intent.destinationName): \(intent.sourceName) must not run it as well"
    return [.control(.fence), .report(.decision(MigrationDecision(.fence, because: because)))]
  }

  /// A plain move whose destination cannot be told to go on cannot end: the guest stays, at once and not after a time-out.
  private mutating func giveUpOnDestination() -> [Effect] {
    guard intent.needsDestination, abortCause == nil, case .running(let phase) = state, phase < .continue else {
      return []
    }
    let because = "the connection to \(intent.destinationName) was lost, without which a plain move cannot end"
    let decision = MigrationDecision(.abort, because: because)
    return [.report(.decision(decision))] + abort(.decision(decision))
  }

  mutating func lifecycle(_ side: Side, _ event: GuestEvent, at: Duration) -> [Effect] {
    let told: [Effect] = [.report(.guest(side, event: event.event, detail: event.detail))]
    switch (side, event.kind) {
    case (.destination, .startedIncoming):
      advancedAt = at
      return told + advance(to: .transfer, detail: "\(intent.destinationName) listens")
    case (.source, .suspendedForPostcopy):
      isInPostcopy = true
      return told
    case (.source, .suspendedForMigration):
      suspendedAt = at
      return told + advance(to: .stop, detail: "paused on \(intent.sourceName)")
        + advance(to: .state, detail: "sending the last pages and the device state")
    case (.destination, .resumedInPostcopy):
      isInPostcopy = true
      resumedAt = resumedAt ?? at
      return told + advance(to: .continue, detail: "running on \(intent.destinationName)")
        + advance(to: .postcopy, detail: "\(intent.destinationName) fetches the memory that it misses")
    case (.source, .leftSource) where intent.handsOver: return told + handOver()
    case (.destination, .resumedAfterMigration),
      (.destination, .resumed) where intent.handsOver && event.kind == .resumed:
      resumedAt = resumedAt ?? at
      return told + advance(to: .continue, detail: "running on \(intent.destinationName)")
    case (.source, .resumedAfterMigration) where resumedAt != nil: return fence() + told
    case (.source, .ended) where !decided.contains(.removeSource):
      sourceEnd = event.detail
      return told
    case (_, .startedIncoming), (_, .suspendedForMigration), (_, .suspendedForPostcopy), (_, .resumedInPostcopy),
      (_, .resumedAfterMigration),
      (_, .leftSource), (_, .resumed), (_, .ended), (_, .other):
      return told
    }
  }

  /// Ends what does not end by itself: the policy decides, this carries it out.
  mutating func converge(at: Duration) -> [Effect] {
    now = at
    guard canBeEnded, let decision = decide(view(at: at), intent.policy) else { return [] }
    decided.insert(decision.action)
    let told: [Effect] = [.report(.decision(decision))]
    switch decision.action {
    case .abort: return told + abort(.decision(decision))
    case .suspend: return told + [.control(.suspend)]
    case .postcopy: return told + [.control(.startPostcopy)]
    case .pausePostcopy:
      abortedAt = at
      return told + [.control(.pausePostcopy)]
    case .mode, .set, .fence, .resumeSource, .removeSource, .undefineSource, .undefineDestination, .resumeDestination,
      .removeDestination, .refused:
      return told
    }
  }

  /// Before the transfer only the deadline counts, and once the guest runs on the destination nothing is undone.
  private var canBeEnded: Bool {
    switch state {
    case .running(let phase): abortCause == nil && (phase < .continue || phase == .postcopy)
    case .settling: abortCause == nil && lastSeen?.source.isBusy == true
    case .repairing, .clearing, .finished: false
    }
  }

  private func view(at: Duration) -> TransferView {
    TransferView(
      elapsed: at - startedAt, quiet: advancedAt.map { at - $0 } ?? .zero, seesDestination: seesDestination,
      isInPostcopy: isInPostcopy, decided: decided, sample: sample)
  }

  mutating func cancel() -> [Effect] {
    if abortCause != nil {
      if isInsisting { gaveUpAt = gaveUpAt ?? now }
      abortCause = .wish
      return []
    }
    if isInPostcopy {
      let because = "post-copy cannot be undone: the guest runs on \(intent.destinationName) and fetches its memory"
      return [.report(.decision(MigrationDecision(.refused, because: because)))]
    }
    return abort(.wish)
  }

  /// The abort does not come through, and who asked for it does not want to wait: the hosts say what is so.
  mutating func giveUp(because: String) -> [Effect] {
    gaveUpAt = now
    return settle(.failed(MigrationFailure(message: because)), at: now)
  }

  /// Post-copy that is dead and cannot be paused has lost one of its sides: the hosts say which.
  private mutating func giveUpPostcopy(_ error: String) -> [Effect] {
    let told: [Effect] = [.report(.decision(MigrationDecision(.refused, because: error)))]
    guard case .running = state else { return told }
    return told + giveUp(because: "post-copy is silent and cannot be paused")
  }

  var isInsisting: Bool { abortCause == .wish && now - abortedAt >= Self.insistence }

  func isAbortLost(at: Duration) -> Bool {
    (abortCause != nil || decided.contains(.pausePostcopy)) && at - abortedAt >= Self.abortPatience
  }

  private mutating func abort(_ cause: AbortCause) -> [Effect] {
    (abortCause, abortedAt) = (cause, now)
    return [.abort]
  }

  mutating func controlled(_ control: Control, _ error: String?, at: Duration) -> [Effect] {
    switch (control, error) {
    case (.set(let setting, let id), nil):
      [.answer(id: id, error: nil), .report(.decision(MigrationDecision(setting)))]
    case (.set(_, let id), .some(let error)):
      [.answer(id: id, error: error), .report(.decision(MigrationDecision(.refused, because: error)))]
    case (.suspend, nil), (.pausePostcopy, nil), (.resumeDestination, nil): []
    case (.startPostcopy, nil): enteredPostcopy()
    case (.fence, let error): fenced(error)
    case (.resumeDestination, .some(let error)): handOverAgain(error)
    case (.pausePostcopy, .some(let error)): giveUpPostcopy(error)
    case (.suspend, .some(let error)), (.startPostcopy, .some(let error)): undo(because: error)
    }
  }

  /// It is tried once more when both hosts have been looked at.
  private mutating func handOverAgain(_ error: String) -> [Effect] {
    decided.remove(.resumeDestination)
    return [.report(.decision(MigrationDecision(.refused, because: error)))]
  }

  /// What was seen of the source until now may be from before it was paused.
  private mutating func fenced(_ error: String?) -> [Effect] {
    fencesUnderWay -= 1
    needsFreshLook = true
    guard let error, refusals.insert(error).inserted else { return [] }
    return [.report(.decision(MigrationDecision(.refused, because: error)))]
  }

  private mutating func enteredPostcopy() -> [Effect] {
    isInPostcopy = true
    return []
  }

  /// What was to end the transfer was refused: the guest stays on the source.
  private mutating func undo(because error: String) -> [Effect] {
    let decision = MigrationDecision(.abort, because: "what was to end the transfer was refused: \(error)")
    guard abortCause == nil, !isInPostcopy else { return [] }
    return [.report(.decision(decision))] + abort(.decision(decision))
  }
}

extension MigrationDecision {
  /// A limit that was changed at someone's wish.
  init(_ setting: MoveSetting) {
    switch setting {
    case .bandwidth(let rate): self.init(.set, because: "asked for", inputs: ["bandwidth_mib_s": Double(rate)])
    case .postcopyBandwidth(let rate):
      self.init(.set, because: "asked for", inputs: ["postcopy_bandwidth_mib_s": Double(rate)])
    case .maxDowntime(let limit): self.init(.set, because: "asked for", inputs: ["max_downtime_ms": Double(limit)])
    }
  }
}

extension ProgressSample {
  /// Something arrived, or another pass began, since `other`.
  fileprivate func differs(from other: ProgressSample?) -> Bool {
    guard let other else { return true }
    return memory.processed != other.memory.processed || memory.iteration != other.memory.iteration
      || disk?.processed != other.disk?.processed || postcopyRequests != other.postcopyRequests
  }
}
