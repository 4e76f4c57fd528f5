import MigrationModel

@testable import Preflight

let guestCases: [RuleCase] =
  stateCases + snapshotCases + jobCases + agentCases + collisionCases + persistenceCases

private let stateCases: [RuleCase] = [
  RuleCase("guest.state", .holds, "running") { $0.domain.state = .running },
  RuleCase("guest.state", .holds, "paused by a user") {
    $0.domain.state = .paused
    $0.domain.stateReason = "user"
  },
  RuleCase("guest.state", .holds, "shut off") { $0.domain.state = .shutOff },
  RuleCase("guest.state", .blocker, "shut off, live asked for") {
    $0.domain.state = .shutOff
    $0.request.live = true
  },
  RuleCase("guest.state", .blocker, "paused for an I/O error") {
    $0.domain.state = .paused
    $0.domain.stateReason = "I/O error"
  },
  RuleCase("guest.state", .blocker, "in post-copy") { $0.domain.stateReason = "post-copy" },
  RuleCase("guest.state", .blocker, "paused to be saved") {
    $0.domain.state = .paused
    $0.domain.stateReason = "saving"
  },
  RuleCase("guest.state", .blocker, "shutting down") { $0.domain.state = .shuttingDown },
  RuleCase("guest.state", .blocker, "saved") { $0.domain.state = .saved },
  RuleCase("guest.state", .blocker, "crashed") { $0.domain.state = .crashed },
  RuleCase("guest.state", .blocker, "asleep") { $0.domain.state = .suspended },
  RuleCase("guest.state", .warning, "running, offline move") { $0.request.mode = .offline },
  RuleCase("guest.state", .unknown, "no state") { $0.domain.state = .noState },
  RuleCase("guest.state", .unknown, "a state that this version does not know") { $0.domain.state = .unrecognised },
]

private let snapshotCases: [RuleCase] = [
  RuleCase("guest.snapshots", .holds, "none") { $0.domain.hasSnapshots = .known(false) },
  RuleCase("guest.snapshots", .blocker, "snapshots") { $0.domain.hasSnapshots = .known(true) },
  RuleCase("guest.snapshots", .blocker, "snapshots, offline") {
    $0.domain.hasSnapshots = .known(true)
    $0.domain.state = .shutOff
  },
  RuleCase("guest.snapshots", .blocker, "checkpoints") { $0.domain.hasCheckpoints = .known(true) },
  RuleCase("guest.snapshots", .unknown, "snapshots not read") { $0.domain.hasSnapshots = .gap(gap) },
  RuleCase("guest.snapshots", .unknown, "checkpoints not read") { $0.domain.hasCheckpoints = .gap(gap) },
]

private let jobCases: [RuleCase] = [
  RuleCase("guest.jobs", .holds, "none") { $0.domain.job = .known(nil) },
  RuleCase("guest.jobs", .blocker, "a job") { $0.domain.job = .known("unbounded") },
  RuleCase("guest.jobs", .blocker, "a block job") { $0.domain.blockJobs = .known(["vda": "copy"]) },
  RuleCase("guest.jobs", .unknown, "job not read") { $0.domain.job = .gap(gap) },
  RuleCase("guest.jobs", .unknown, "block jobs not read") { $0.domain.blockJobs = .gap(gap) },
  RuleCase("guest.jobs", .notApplicable, "shut off") { $0.domain.state = .shutOff },
]

private let agentCases: [RuleCase] = [
  RuleCase("guest.agent", .holds, "connected") { $0.domain.agentIsConnected = true },
  RuleCase("guest.agent", .info, "not connected") { $0.domain.agentIsConnected = false },
  RuleCase("guest.agent", .notApplicable, "no channel") { $0.domain.agentIsConnected = nil },
  RuleCase("guest.agent", .notApplicable, "shut off") {
    $0.domain.agentIsConnected = false
    $0.domain.state = .shutOff
  },
]

private let collisionCases: [RuleCase] = [
  RuleCase("guest.collision", .holds, "other domains") {
    $0.meet("db1", "22222222-0000-0000-0000-000000000002", .running)
  },
  RuleCase("guest.collision", .holds, "the name, when it moves under another") {
    $0.meet("web1", "22222222-0000-0000-0000-000000000002", .running)
    $0.request.destinationName = "web2"
  },
  RuleCase("guest.collision", .blocker, "the name") {
    $0.meet("web1", "22222222-0000-0000-0000-000000000002", .shutOff)
  },
  RuleCase("guest.collision", .blocker, "the UUID under another name") { $0.meet("old", $0.domain.uuid, .shutOff) },
  RuleCase("guest.collision", .blocker, "the guest itself, running") { $0.meet("web1", $0.domain.uuid, .running) },
  RuleCase("guest.collision", .warning, "its mere definition") { $0.meet("web1", $0.domain.uuid, .shutOff) },
  RuleCase("guest.collision", .unknown, "domains not read") { $0.destination.domains = .gap(gap) },
]

private let persistenceCases: [RuleCase] = [
  RuleCase("guest.persistence", .holds, "decided from the guest") { $0.request.persistent = nil },
  RuleCase("guest.persistence", .holds, "asked for in full") {
    $0.request.persistent = true
    $0.request.undefineSource = true
  },
  RuleCase("guest.persistence", .notApplicable, "transient") {
    $0.domain.isPersistent = false
    $0.request.persistent = false
    $0.request.undefineSource = true
  },
  RuleCase("guest.persistence", .notApplicable, "offline, which libvirt refuses") {
    $0.domain.state = .shutOff
    $0.request.persistent = false
  },
  RuleCase("guest.persistence", .blocker, "defined nowhere") {
    $0.request.persistent = false
    $0.request.undefineSource = true
  },
  RuleCase("guest.persistence", .warning, "defined where it does not run") { $0.request.persistent = false },
  RuleCase("guest.persistence", .warning, "defined twice") { $0.request.undefineSource = false },
  RuleCase("guest.persistence", .warning, "defined twice, offline") {
    $0.request.undefineSource = false
    $0.domain.state = .shutOff
  },
]

extension Move {
  /// One domain on the destination.
  fileprivate mutating func meet(_ name: String, _ uuid: String, _ state: DomainState) {
    destination.domains = .known([DomainIdentity(name: name, uuid: uuid, state: state, isPersistent: true)])
  }
}
