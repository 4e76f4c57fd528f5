import MigrationModel

/// The life of one move as a pure function of what was seen: no clock, no I/O, no async.
///
/// `reduce` is total: an event that says nothing new in a state leaves the state and asks for nothing.
/// The drawing stands in docs/engine.md.
public struct Machine: Sendable, Equatable {
  /// What was asked, as far as the course and the verdict depend on it.
  public struct Intent: Sendable, Equatable {
    public var sourceName: String
    public var destinationName: String
    /// How the guest was before the start; a rollback must bring it back to this.
    public var initialState: DomainState
    /// The guest is to be left paused on the destination.
    public var leavesPaused: Bool
    public var scope: Scope
    public var policy: ConvergencePolicy
    /// Without a connection from here to the destination the move cannot end: libvirt's plain mode.
    public var needsDestination: Bool
    /// The guest arrives paused, and is let go on when the source has no process of it any more.
    public var handsOver: Bool
    /// The definition on the source goes with the guest.
    public var undefinesSource: Bool
    /// The destination had no definition of the guest, and gets one: where the guest does not stay, that one goes again.
    public var definesDestination: Bool
    /// Goes on with post-copy that broke off: the guest is on its way already.
    public var resumesPostcopy: Bool
    /// What a person runs when the move cannot be settled.
    public var remedy: [String]
    public init(
      sourceName: String, destinationName: String, initialState: DomainState, leavesPaused: Bool,
      scope: Scope = .guest, policy: ConvergencePolicy = ConvergencePolicy(), needsDestination: Bool = false,
      handsOver: Bool = false, undefinesSource: Bool = false, definesDestination: Bool = false,
      resumesPostcopy: Bool = false,
      remedy: [String] = []
    ) {
      self.sourceName = sourceName
      self.destinationName = destinationName
      self.initialState = initialState
      self.leavesPaused = leavesPaused
      self.scope = scope
      self.policy = policy
      self.needsDestination = needsDestination
      self.handsOver = handsOver
      self.undefinesSource = undefinesSource
      self.definesDestination = definesDestination
      self.resumesPostcopy = resumesPostcopy
      self.remedy = remedy
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
    /// The call came back; both hosts are being looked at. `quietSince`: since nothing changes any more.
    case settling(CallOutcome, quietSince: Duration)
    /// What the move has left is being put right; then both hosts are looked at again.
    case repairing(CallOutcome)
    /// The end is known; what was made for the move is being removed.
    case clearing(MigrationResult)
    case finished(MigrationResult)
  }

  public enum Event: Sendable, Equatable {
    case started(at: Duration)
    case tick(at: Duration)
    case sample(ProgressSample, at: Duration)
    case lifecycle(Side, GuestEvent, at: Duration)
    /// A connection to that host was lost: events may have been missed.
    case lostSight(Side)
    /// Statistics of the completed job, as the source announces them.
    case completed(ProgressSample)
    case cancelRequested
    case settingRequested(MoveSetting, id: Int64)
    /// A control was exercised; nil: it was taken.
    case controlled(Control, error: String?, at: Duration)
    case callReturned(CallOutcome, at: Duration)
    case inspected(Inspection, at: Duration)
    case repaired(Repair, error: String?, at: Duration)
    /// What could not be removed.
    case cleared([String], at: Duration)
  }

  public enum Effect: Sendable, Equatable {
    case report(MigrationUpdate.Content)
    /// Abort the job, again until the call is over: a single abort can come too early and be lost.
    case abort
    case control(Control)
    /// Look at the domain on both hosts, after a pause.
    case inspect(after: Duration)
    /// Only while both hosts still say what they said.
    case repair(Repair, seen: Inspection)
    /// Remove what was made for the move, as far as it is not part of the guest now.
    case clear(hasMoved: Bool)
    /// Tell who asked for a setting what became of it.
    case answer(id: Int64, error: String?)
  }

  /// What can be done to a transfer that is under way.
  public enum Control: Sendable, Equatable {
    case set(MoveSetting, id: Int64)
    case suspend, startPostcopy, pausePostcopy
    /// Pause the source, which may have begun to run beside the destination.
    case fence
    /// Let the guest go on where it arrived.
    case resumeDestination
  }

  /// What can be done to a guest whose move is over.
  public enum Repair: Sendable, Equatable {
    case resumeSource, removeSource
    /// Only its definition is left there.
    case undefineSource, undefineDestination
    /// It arrived paused, so that it never ran beside the source.
    case resumeDestination
    /// It never ran: the source went on.
    case removeDestination
  }

  public let intent: Intent
  public internal(set) var state: State = .running(.preflight)

  var abortCause: AbortCause?
  /// The last time at which something was seen or told, for what has no time of its own.
  var now = Duration.zero
  var abortedAt = Duration.zero
  var percent: Double?
  var sample: ProgressSample?
  var measured: ProgressSample?
  var startedAt = Duration.zero
  var suspendedAt: Duration?
  var resumedAt: Duration?
  /// When a byte, a pass or a page request was last seen.
  var advancedAt: Duration?
  var decided: Set<MigrationDecision.Action> = []
  var isInPostcopy = false
  var seesDestination = true
  /// The source was watched all the while.
  var sawEverything = true
  /// How the guest's process on the source ended, if not by moving.
  var sourceEnd: String?
  var lastSeen: Inspection?
  /// Fences that were asked for and have not answered, and whether a look at the hosts may be older than the last.
  var fencesUnderWay = 0
  var needsFreshLook = false
  /// What a fence was refused for, each told once.
  var refusals: Set<String> = []
  /// A second wish to end came: the hosts are looked at once more, and that is the result.
  var gaveUpAt: Duration?

  /// Why a move is being undone.
  enum AbortCause: Sendable, Equatable {
    case wish
    case decision(MigrationDecision)
  }

  /// How long both hosts are looked at again, and how far apart, before a state that does not settle goes to a person.
  static let patience = Duration.seconds(30)
  /// How long an abort may take: a QEMU that sends its last pages into a dead path answers nobody, for as long as TCP tries.
  static let abortPatience = Duration.seconds(60)
  /// From when on a second wish to end is a second one: a signal often comes twice, to the process and to its group.
  static let insistence = Duration.seconds(5)
  /// How long what a failed move has left must stay as it is: a QEMU that has died is told of a moment later.
  static let aftermath = Duration.milliseconds(500)
  /// How long a state must stay as it is before something is done about it, or before what only one host says is taken.
  static let steadiness = Duration.seconds(2)
  static let pause = Duration.milliseconds(100)

  public init(_ intent: Intent) {
    self.intent = intent
    isInPostcopy = intent.resumesPostcopy
  }

  /// The next state, and what is to be done for it.
  public mutating func reduce(_ event: Event) -> [Effect] {
    switch (state, event) {
    case (.finished, .settingRequested(_, let id)), (.clearing, .settingRequested(_, let id)):
      [.answer(id: id, error: "the move is over")]
    case (.finished, _): []
    case (.clearing(let result), .cleared(let left, _)): finish(result, left)
    case (.clearing, _): []
    case (_, .completed(let sample)): remember(measured: sample)
    case (_, .lifecycle(let side, let event, let at)): lifecycle(side, event, at: at)
    case (_, .lostSight(let side)): lostSight(side)
    case (.running, .started(let at)): begin(at: at)
    case (_, .sample(let sample, let at)): progress(sample, at: at)
    case (.running, .tick(let at)) where isAbortLost(at: at):
      giveUp(because: "the abort has not come through for \(Self.abortPatience.components.seconds) s")
    case (_, .tick(let at)): converge(at: at)
    case (.running, .cancelRequested) where isInsisting:
      giveUp(because: "left at the second interrupt, before the abort had come through")
    case (_, .cancelRequested): cancel()
    case (_, .settingRequested(let setting, let id)): [.control(.set(setting, id: id))]
    case (_, .controlled(let control, let error, let at)): controlled(control, error, at: at)
    case (.running, .callReturned(let outcome, let at)): settle(outcome, at: at)
    case (.settling(let outcome, let since), .inspected(let seen, let at)):
      conclude(outcome, quietSince: since, seen: seen, at: at)
    case (.repairing(let outcome), .repaired(let repair, let error, let at)):
      repaired(repair, error, outcome, at: at)
    case (.settling, _), (.running, _), (.repairing, _): []
    }
  }

  mutating func begin(at: Duration) -> [Effect] {
    (startedAt, now) = (at, at)
    return advance(to: .prepare, detail: "preparing \(intent.destinationName)")
  }

  /// Enters `phase`, and on the way every phase between that no event announced: the two hosts' events come over two
  /// connections and may overtake each other.
  mutating func advance(to phase: MigrationPhase, detail: String) -> [Effect] {
    guard case .running(let current) = state, current < phase else { return [] }
    state = .running(phase)
    guard phase != .confirm else { return [.report(.phase(phase, detail: detail))] }
    return MigrationPhase.classic.filter { current < $0 && $0 < phase }.map { .report(.phase($0, detail: "")) }
      + [.report(.phase(phase, detail: detail))]
  }

  mutating func settle(_ outcome: CallOutcome, at: Duration) -> [Effect] {
    let effects = advance(to: .confirm, detail: "looking at both hosts")
    state = .settling(outcome, quietSince: at)
    return effects + [.inspect(after: .zero)]
  }
}

extension MigrationPhase {
  /// The five phases that every live move passes through.
  static let classic: [MigrationPhase] = [.prepare, .transfer, .stop, .state, .continue]
}
