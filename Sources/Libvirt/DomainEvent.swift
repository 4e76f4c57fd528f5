/// Something that happened to a domain, as its host told it.
public struct DomainEvent: Sendable, Hashable {
  public var domain: String
  public var uuid: String
  /// When libvirt's event loop handed it to this process.
  public var received: ContinuousClock.Instant
  public var kind: Kind

  public enum Kind: Sendable, Hashable {
    case lifecycle(Lifecycle)
    /// Comes on the source, and is the only word of a transient guest's post-copy migration.
    case jobCompleted(JobStatistics)
    /// The pass over memory that starts now, counted from 1.
    case migrationIteration(Int)
  }
}

/// A turn in a domain's life: an event and its detail, whose meaning depends on the event.
///
/// Numbers that this version does not know are kept, and read "event 9", "detail 12".
public struct Lifecycle: Sendable, Hashable, CustomStringConvertible {
  public var event: Event
  public var detail: Int32

  /// `virDomainEventType`.
  public struct Event: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public var rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let defined = Event(rawValue: 0)
    public static let undefined = Event(rawValue: 1)
    public static let started = Event(rawValue: 2)
    public static let suspended = Event(rawValue: 3)
    public static let resumed = Event(rawValue: 4)
    public static let stopped = Event(rawValue: 5)
    public static let shutdown = Event(rawValue: 6)
    public static let pmsuspended = Event(rawValue: 7)
    public static let crashed = Event(rawValue: 8)

    public var description: String { word(of: rawValue)?.event ?? "event \(rawValue)" }
  }

  public init(event: Event, detail: Int32) {
    self.event = event
    self.detail = detail
  }

  /// The detail in libvirt's words: "migrated", "post-copy failed".
  public var detailDescription: String {
    let details = word(of: event.rawValue)?.details ?? []
    return details.indices.contains(Int(detail)) ? details[Int(detail)] : "detail \(detail)"
  }

  public var description: String { "\(event) \(detailDescription)" }
}

/// The turns that a migration takes; `resumedMigrated` is success on the destination but a rollback on the source.
extension Lifecycle {
  public static let startedMigrated = Lifecycle(event: .started, detail: 1)
  public static let suspendedPaused = Lifecycle(event: .suspended, detail: 0)
  public static let suspendedMigrated = Lifecycle(event: .suspended, detail: 1)
  public static let suspendedPostcopy = Lifecycle(event: .suspended, detail: 7)
  public static let suspendedPostcopyFailed = Lifecycle(event: .suspended, detail: 8)
  public static let resumedUnpaused = Lifecycle(event: .resumed, detail: 0)
  public static let resumedMigrated = Lifecycle(event: .resumed, detail: 1)
  public static let resumedPostcopy = Lifecycle(event: .resumed, detail: 3)
  public static let resumedPostcopyFailed = Lifecycle(event: .resumed, detail: 4)
  public static let stoppedMigrated = Lifecycle(event: .stopped, detail: 3)
  public static let stoppedFailed = Lifecycle(event: .stopped, detail: 5)
}

/// `virDomainEventType` and, for each, its detail enumeration, both by their numbers.
private let words: [(event: String, details: [String])] = [
  ("defined", ["added", "updated", "renamed", "from snapshot"]),
  ("undefined", ["removed", "renamed"]),
  ("started", ["booted", "migrated", "restored", "from snapshot", "wakeup"]),
  (
    "suspended",
    [
      "paused", "migrated", "I/O error", "watchdog", "restored", "from snapshot", "API error", "post-copy",
      "post-copy failed",
    ]
  ),
  ("resumed", ["unpaused", "migrated", "from snapshot", "post-copy", "post-copy failed"]),
  ("stopped", ["shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot"]),
  ("shutdown", ["finished", "guest", "host"]),
  ("pmsuspended", ["memory", "disk"]),
  ("crashed", ["panicked", "crashloaded"]),
]

private func word(of event: Int32) -> (event: String, details: [String])? {
  words.indices.contains(Int(event)) ? words[Int(event)] : nil
}
