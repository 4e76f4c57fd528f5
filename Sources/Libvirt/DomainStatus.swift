import CLibvirt
import MigrationModel

/// A domain's state with its reason, in the model's terms and as libvirt gave them.
public struct DomainStatus: Sendable, Hashable {
  public var state: DomainState
  /// In the words of `virsh domstate --reason`: "booted", "I/O error"; "reason 17" for a number not known here.
  public var reason: String
  /// `virDomainState`.
  public var rawState: Int32
  /// The state's own reason enumeration, such as `virDomainPausedReason`.
  public var rawReason: Int32

  /// `isSaved`: a managed save image exists, which tells `.saved` from `.shutOff`.
  public init(rawState: Int32, rawReason: Int32, isSaved: Bool = false) {
    self.rawState = rawState
    self.rawReason = rawReason
    let known = knownStates.indices.contains(Int(rawState)) ? knownStates[Int(rawState)] : nil
    state = known?.state ?? .unrecognised
    if isSaved, state == .shutOff { state = .saved }
    let words = known?.reasons ?? []
    reason = words.indices.contains(Int(rawReason)) ? words[Int(rawReason)] : "reason \(rawReason)"
  }
}

/// By `virDomainState`; the reasons by the number that each state's own enumeration gives them.
private let knownStates: [(state: DomainState, reasons: [String])] = [
  (.noState, ["unknown"]),
  (
    .running,
    [
      "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused", "migration canceled", "save canceled",
      "event wakeup", "crashed", "post-copy", "post-copy failed",
    ]
  ),
  (.blocked, ["unknown"]),
  (
    .paused,
    [
      "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog", "from snapshot", "shutting down",
      "creating snapshot", "crashed", "starting up", "post-copy", "post-copy failed", "api error",
    ]
  ),
  (.shuttingDown, ["unknown", "user"]),
  (
    .shutOff,
    ["unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon"]
  ),
  (.crashed, ["unknown", "panicked"]),
  (.suspended, ["unknown"]),
]
