/// The phases of a move, in the order in which they are entered; see docs/cli.md.
public enum MigrationPhase: String, Codable, Sendable, CaseIterable, Comparable {
  case preflight, prepare, transfer, stop, state, `continue`, postcopy, confirm

  private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  public static func < (left: MigrationPhase, right: MigrationPhase) -> Bool { left.position < right.position }
}

/// One of the two hosts of a move.
public enum Side: String, Codable, Sendable, CaseIterable {
  case source, destination
}

/// One line of the stream that a move produces. `sequence` counts from 1 without gaps.
public struct MigrationUpdate: Codable, Sendable, Equatable {
  public var sequence: Int
  /// Monotonic time since the command started.
  public var time: Duration
  public var domain: String
  public var content: Content

  public enum Content: Codable, Sendable, Equatable {
    case phase(MigrationPhase, detail: String)
    /// `percent` never goes backwards within a move.
    case progress(ProgressSample, percent: Double?)
    case guest(Side, event: String, detail: String)
    case decision(MigrationDecision)
    case result(MigrationResult)
  }

  public init(sequence: Int, time: Duration, domain: String, content: Content) {
    self.sequence = sequence
    self.time = time
    self.domain = domain
    self.content = content
  }
}

/// What was done to a move while it ran, why, and on which numbers.
public struct MigrationDecision: Codable, Sendable, Equatable {
  public enum Action: String, Codable, Sendable, CaseIterable {
    /// The way of the move was chosen: plain or peer-to-peer.
    case mode
    case abort, suspend, postcopy
    /// Post-copy was paused, because nothing arrives any more.
    case pausePostcopy = "pause-postcopy"
    /// The source was paused, because the guest was seen running on the destination.
    case fence
    /// A limit was changed at someone's wish.
    case set
    /// The move is over and left something: the paused source was resumed, or removed.
    case resumeSource = "resume-source"
    case removeSource = "remove-source"
    case undefineSource = "undefine-source"
    case undefineDestination = "undefine-destination"
    case resumeDestination = "resume-destination"
    case removeDestination = "remove-destination"
    /// Something that was wanted could not be done.
    case refused
  }
  public var action: Action
  /// One sentence without its end.
  public var because: String
  /// Figures by name with their unit: "elapsed_s".
  public var inputs: [String: Double]
  public init(_ action: Action, because: String, inputs: [String: Double] = [:]) {
    self.action = action
    self.because = because
    self.inputs = inputs
  }
}

/// A limit that can be changed while a guest moves.
public enum MoveSetting: Codable, Sendable, Equatable {
  /// MiB/s.
  case bandwidth(UInt64)
  /// MiB/s.
  case postcopyBandwidth(UInt64)
  /// ms.
  case maxDowntime(UInt64)
}

/// How a move ended, as verified on both hosts.
public struct MigrationResult: Codable, Sendable, Equatable {
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    case completed
    case rolledBack = "rolled-back"
    case cancelled
    case failed
    case needsAttention = "needs-attention"
    case blocked
    case inconclusive
  }

  public var outcome: Outcome
  /// From the start of the move, after preflight, to the verified end.
  public var elapsed: Duration
  /// Name of the one host on which the guest is active; nil when it is on none, on both, or not known.
  public var runningOn: String?
  /// Hosts that hold a persistent definition.
  public var definedOn: [String]
  public var downtime: Downtime
  /// Last sample seen, or the completed job's statistics.
  public var sample: ProgressSample?
  public var error: MigrationFailure?

  public init(
    outcome: Outcome, elapsed: Duration = .zero, runningOn: String? = nil, definedOn: [String] = [],
    downtime: Downtime = Downtime(), sample: ProgressSample? = nil, error: MigrationFailure? = nil
  ) {
    self.outcome = outcome
    self.elapsed = elapsed
    self.runningOn = runningOn
    self.definedOn = definedOn
    self.downtime = downtime
    self.sample = sample
    self.error = error
  }
}

/// Downtime as the parts of the system saw it; nil where it was not seen.
public struct Downtime: Codable, Sendable, Equatable {
  /// libvirt's figure: the stop by the source's clock, the resume by the destination's.
  public var reported: Duration?
  /// From our receipt of the source's SUSPENDED event to our receipt of the destination's RESUMED event.
  public var event: Duration?
  /// How far the destination's clock is ahead of the source's.
  public var skew: Duration?
  /// The true skew lies within ± this.
  public var skewError: Duration?
  public init() {}

  /// `reported` without the part of it that is only the clocks' difference.
  public var corrected: Duration? {
    guard let reported, let skew else { return nil }
    return reported - skew
  }
}

/// Why a move did not end as asked.
public struct MigrationFailure: Codable, Sendable, Equatable, Error {
  /// libvirt's error code, where libvirt gave one.
  public var code: Int?
  public var message: String
  /// What the source and the destination said, where libvirt tells them apart.
  public var source: String?
  public var destination: String?
  /// Commands that a person runs next.
  public var remedy: [String] = []
  public init(code: Int? = nil, message: String, source: String? = nil, destination: String? = nil) {
    self.code = code
    self.message = message
    self.source = source
    self.destination = destination
  }
}
