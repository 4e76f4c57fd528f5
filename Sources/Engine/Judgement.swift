import MigrationModel

/// How the migrate call came back.
public enum CallOutcome: Sendable, Equatable {
  case succeeded
  case failed(MigrationFailure)
}

/// A life-cycle event of the guest on one host: libvirt's words for people, and what it means to the machine.
public struct GuestEvent: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// A QEMU waits for the guest (STARTED, MIGRATED).
    case startedIncoming
    /// Stopped to be moved (SUSPENDED, MIGRATED).
    case suspendedForMigration
    /// Stopped on the source because it goes on in post-copy (SUSPENDED, POSTCOPY).
    case suspendedForPostcopy
    /// Running before its memory is there (RESUMED, POSTCOPY).
    case resumedInPostcopy
    /// Running again at someone's wish (RESUMED, UNPAUSED).
    case resumed
    /// The process is gone because it has moved (STOPPED, MIGRATED).
    case leftSource
    /// The process is gone, and not because it moved.
    case ended
    /// Running after a move on the destination; on the source it means that the move was rolled back (RESUMED, MIGRATED).
    case resumedAfterMigration
    case other
  }
  public var kind: Kind
  public var event: String
  public var detail: String
  public init(kind: Kind, event: String, detail: String) {
    self.kind = kind
    self.event = event
    self.detail = detail
  }
}

/// What one host says of the domain.
public enum Sighting: Sendable, Equatable {
  /// `isBusy`: a job runs, such as a migration.
  case present(DomainState, reason: String, isPersistent: Bool, isBusy: Bool = false)
  case absent
  case unreachable(String)
}

/// Both hosts, looked at at about the same time.
public struct Inspection: Sendable, Equatable {
  public var source: Sighting
  public var destination: Sighting
  public init(source: Sighting, destination: Sighting) {
    self.source = source
    self.destination = destination
  }

  /// As `other`, but for the words in which a host that cannot be asked is excused.
  func saysTheSame(as other: Inspection?) -> Bool {
    guard let other else { return false }
    return source.saysTheSame(as: other.source) && destination.saysTheSame(as: other.destination)
  }

  func definedOn(_ intent: Machine.Intent) -> [String] {
    [(source, intent.sourceName), (destination, intent.destinationName)].compactMap { $0.isPersistent ? $1 : nil }
  }

  /// A copy that waits for a move to end does not count: it runs nowhere yet, or no more.
  func runningOn(_ intent: Machine.Intent) -> String? {
    switch (source.isInUse, destination.isInUse) {
    case (true, false): intent.sourceName
    case (false, true): intent.destinationName
    case (true, true), (false, false): nil
    }
  }
}

extension Sighting: CustomStringConvertible {
  fileprivate func saysTheSame(as other: Sighting) -> Bool {
    if case (.unreachable, .unreachable) = (self, other) { true } else { self == other }
  }

  var reason: String? {
    guard case .present(_, let reason, _, _) = self else { return nil }
    return reason
  }

  /// A job runs.
  var isBusy: Bool {
    guard case .present(_, _, _, let isBusy) = self else { return false }
    return isBusy
  }

  fileprivate var isInUse: Bool { ![.unknown, .gone, .handedOver].contains(Standing(self)) }

  /// The host keeps a definition of it.
  public var isPersistent: Bool {
    guard case .present(_, _, let isPersistent, _) = self else { return false }
    return isPersistent
  }

  public var description: String {
    switch self {
    case .present(let state, let reason, let isPersistent, _):
      "\(state.rawValue)\(reason.isEmpty ? "" : " (\(reason))"), \(isPersistent ? "defined" : "transient")"
    case .absent: "not there"
    case .unreachable(let why): "could not be asked: \(why)"
    }
  }
}

/// What the two sightings mean, given how the call came back.
enum Judgement: Equatable {
  case settled(MigrationResult.Outcome, MigrationFailure?)
  /// So it is unless one of the hosts says something else soon: the other does not answer and need not.
  case provisional(MigrationResult.Outcome, MigrationFailure?)
  /// May still change by itself (a rollback under way, a host that does not answer).
  case unsettled
}

/// Where the guest is decides, not what the call said of it: a call can fail after the guest has moved.
/// - Parameter isCertain: the destination cannot have started the guest.
func judge(
  _ call: CallOutcome, _ seen: Inspection, _ intent: Machine.Intent, cause: Machine.AbortCause?, isCertain: Bool
) -> Judgement {
  switch (Place(seen.source, intent.initialState), Place(arrival: seen.destination, intent.arrivalState)) {
  case (.gone, .asWanted):
    return .settled(.completed, nil)
  case (.asWanted, _) where seen.source.isBusy:
    return .unsettled
  case (.asWanted, .asWanted) where call == .succeeded && intent.scope == .definition(staysOnSource: true):
    return .settled(.completed, nil)
  case (.asWanted, .asWanted) where call != .succeeded && intent.scope != .guest:
    // The definition there is the one that a move over it would have replaced.
    return .settled(cause.outcome, call.failure(after: cause))
  case (.asWanted, .gone):
    return .settled(cause.outcome, call.failure(after: cause))
  case (.asWanted, .unknown) where isCertain && !seen.source.isBusy:
    var failure = call.failure(after: cause)
    failure.message += "; \(intent.destinationName) \(seen.destination)"
    return .provisional(cause.outcome, failure)
  case (.asWanted, .asWanted), (.gone, .gone), (.otherwise, _), (_, .otherwise), (.unknown, _), (_, .unknown):
    return .unsettled
  }
}

/// One host's sighting, measured against the state in which the guest ought to be if it is there at all.
private enum Place {
  case asWanted, otherwise, gone, unknown

  init(_ sighting: Sighting, _ wanted: DomainState) {
    switch sighting {
    case .unreachable: self = .unknown
    case .absent: self = .gone
    case .present(_, "post-copy", _, _), .present(_, "post-copy failed", _, _): self = .otherwise
    case .present(let state, _, _, _) where state.isActive: self = state.isLike(wanted) ? .asWanted : .otherwise
    case .present(let state, _, _, _): self = state == wanted ? .asWanted : .gone
    }
  }

  /// What still comes in is not there yet: it waits as a guest does that is left paused.
  init(arrival sighting: Sighting, _ wanted: DomainState) {
    self.init(sighting, wanted)
    if Standing(sighting) == .handedOver || sighting.isBusy { self = .otherwise }
  }
}

extension DomainState {
  /// Running and blocked are one state to a user: a blocked guest waits for its next event.
  fileprivate func isLike(_ other: DomainState) -> Bool {
    self == other || (Set([self, other]) == [.running, .blocked])
  }
}

extension Machine.Intent {
  /// How the guest ought to be on the destination: a definition alone is shut off there, whatever runs on the source.
  var arrivalState: DomainState { scope != .guest ? .shutOff : leavesPaused ? .paused : initialState }
}

extension CallOutcome {
  /// libvirt's words, or that it had none against it.
  var failure: MigrationFailure {
    switch self {
    case .failed(let failure): failure
    case .succeeded: MigrationFailure(message: "libvirt reported success")
    }
  }

  /// The decision that ended the move comes before libvirt's words of how it was ended.
  fileprivate func failure(after cause: Machine.AbortCause?) -> MigrationFailure {
    var failure = failure
    if case .decision(let decision) = cause { failure.message = "aborted: \(decision.because); \(failure.message)" }
    return failure
  }
}

extension Machine.AbortCause? {
  /// Of a move that ended on the source.
  fileprivate var outcome: MigrationResult.Outcome { self == .wish ? .cancelled : .rolledBack }
}

extension MigrationFailure {
  /// VIR_ERR_OPERATION_ABORTED: the transfer was ended before the destination had all of the guest.
  static let operationAborted = 78
}
