import MigrationModel

/// The life of one move as a pure function of what was seen: no clock, no I/O, no async.
///
/// `reduce` is total: an event that says nothing new in a state leaves the state and asks for nothing.
/// The drawing stands in docs/engine.md.
public struct Machine: Sendable, Equatable {
  /// What was asked, as far as the verdict at the end depends on it.
  public struct Intent: Sendable, Equatable {
    public var sourceName: String
    public var destinationName: String
    /// How the guest was before the start; a rollback must bring it back to this.
    public var initialState: DomainState
    /// The guest is to be left paused on the destination.
    public var leavesPaused: Bool
    public var scope: Scope
    public init(
      sourceName: String, destinationName: String, initialState: DomainState, leavesPaused: Bool, scope: Scope = .guest
    ) {
      self.sourceName = sourceName
      self.destinationName = destinationName
      self.initialState = initialState
      self.leavesPaused = leavesPaused
      self.scope = scope
    }
  }

  /// What leaves the source.
  public enum Scope: Sendable, Equatable {
    case guest
    /// The definition alone. It stays on the source as well when the guest runs there or when that was asked for.
    case definition(staysOnSource: Bool)
  }

  public enum State: Sendable, Equatable {
    /// The migrate call is under way; the phase is the last one entered.
    case running(MigrationPhase)
    /// The call came back; both hosts are being looked at.
    case settling(CallOutcome, since: Duration)
    case finished(MigrationResult)
  }

  public enum Event: Sendable, Equatable {
    case started(at: Duration)
    case sample(ProgressSample)
    case lifecycle(Side, GuestEvent, at: Duration)
    /// Statistics of the completed job, as the source announces them.
    case completed(ProgressSample)
    case cancelRequested
    case callReturned(CallOutcome, at: Duration)
    case inspected(Inspection, at: Duration)
  }

  public enum Effect: Sendable, Equatable {
    case report(MigrationUpdate.Content)
    /// Abort the job, again until the call is over: a single abort can come too early and be lost.
    case abort
    /// Look at the domain on both hosts, after a pause.
    case inspect(after: Duration)
  }

  public let intent: Intent
  public private(set) var state: State = .running(.preflight)
  private var isCancelling = false
  private var percent: Double?
  private var sample: ProgressSample?
  private var measured: ProgressSample?
  private var startedAt = Duration.zero
  private var suspendedAt: Duration?
  private var resumedAt: Duration?

  /// How long both hosts are looked at again, and how far apart, before a state that does not settle goes to a person.
  static let patience = Duration.seconds(30)
  static let pause = Duration.milliseconds(100)

  public init(_ intent: Intent) { self.intent = intent }

  /// The next state, and what is to be done for it.
  public mutating func reduce(_ event: Event) -> [Effect] {
    switch (state, event) {
    case (.finished, _): []
    case (.running, .started(let at)): begin(at: at)
    case (.running, .sample(let sample)): progress(sample)
    case (_, .completed(let sample)): remember(measured: sample)
    case (_, .lifecycle(let side, let event, let at)): lifecycle(side, event, at: at)
    case (_, .cancelRequested): cancel()
    case (.running, .callReturned(let outcome, let at)): settle(outcome, at: at)
    case (.settling(let outcome, let since), .inspected(let seen, let at)):
      conclude(outcome, since: since, seen: seen, at: at)
    case (.settling, _), (.running, .inspected): []
    }
  }

  private mutating func begin(at: Duration) -> [Effect] {
    startedAt = at
    return advance(to: .prepare, detail: "preparing \(intent.destinationName)")
  }

  private mutating func progress(_ sample: ProgressSample) -> [Effect] {
    self.sample = sample
    if let now = sample.percent { percent = max(percent ?? 0, now) }
    return [.report(.progress(sample, percent: percent))]
  }

  private mutating func remember(measured sample: ProgressSample) -> [Effect] {
    measured = sample
    return []
  }

  private mutating func cancel() -> [Effect] {
    defer { isCancelling = true }
    return isCancelling ? [] : [.abort]
  }

  private mutating func settle(_ outcome: CallOutcome, at: Duration) -> [Effect] {
    let effects = advance(to: .confirm, detail: "looking at both hosts")
    state = .settling(outcome, since: at)
    return effects + [.inspect(after: .zero)]
  }

  /// Enters `phase`, and on the way every phase between that no event announced: the two hosts' events come over two
  /// connections and may overtake each other.
  private mutating func advance(to phase: MigrationPhase, detail: String) -> [Effect] {
    guard case .running(let current) = state, current < phase else { return [] }
    state = .running(phase)
    guard phase != .confirm else { return [.report(.phase(phase, detail: detail))] }
    return MigrationPhase.classic.filter { current < $0 && $0 < phase }.map { .report(.phase($0, detail: "")) }
      + [.report(.phase(phase, detail: detail))]
  }

  private mutating func lifecycle(_ side: Side, _ event: GuestEvent, at: Duration) -> [Effect] {
    let told: [Effect] = [.report(.guest(side, event: event.event, detail: event.detail))]
    switch (side, event.kind) {
    case (.destination, .startedIncoming):
      return told + advance(to: .transfer, detail: "\(intent.destinationName) listens")
    case (.source, .suspendedForMigration):
      suspendedAt = at
      return told + advance(to: .stop, detail: "paused on \(intent.sourceName)")
        + advance(to: .state, detail: "sending the last pages and the device state")
    case (.destination, .resumedAfterMigration):
      resumedAt = at
      return told + advance(to: .continue, detail: "running on \(intent.destinationName)")
    case (_, .startedIncoming), (_, .suspendedForMigration), (_, .resumedAfterMigration), (_, .other):
      return told
    }
  }

  private mutating func conclude(_ call: CallOutcome, since: Duration, seen: Inspection, at: Duration) -> [Effect] {
    switch judge(call, seen, intent, isCancelling: isCancelling) {
    case .unsettled where at - since < Self.patience:
      // The call can be over while the job is not: a peer-to-peer move goes on without us.
      return (isCancelling ? [.abort] : []) + [.inspect(after: Self.pause)]
    case .unsettled(let failure):
      return finish(.needsAttention, failure, seen, at: at)
    case .settled(let outcome, let failure):
      return finish(outcome, failure, seen, at: at)
    }
  }

  private mutating func finish(
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
    state = .finished(result)
    return [.report(.result(result))]
  }
}

extension MigrationPhase {
  /// The five phases that every live move passes through.
  static let classic: [MigrationPhase] = [.prepare, .transfer, .stop, .state, .continue]
}
