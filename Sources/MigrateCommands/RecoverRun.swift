import Engine
import Journal
import Libvirt
import MigrationModel
import Preflight
import Probes
import Threads

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One recovery: what the journal knows of the move, what both hosts say, the action, and the look afterwards.
struct RecoverRun: Sendable {
  private let domain: String
  private let source: HostTarget
  private let destination: HostTarget
  private let timeout: Duration
  private let journalOptions: JournalOptions
  private let rerun: String

  /// Throws CommandFailure (usage) for hosts that cannot be meant.
  init(_ verb: RecoverVerb) throws {
    let directory = try HostDirectory.load(verb.config, environment: ProcessInfo.processInfo.environment)
    domain = verb.domain
    source = try directory.target(verb.source, ssh: nil)
    destination = try directory.target(verb.destination, ssh: nil)
    timeout = .seconds(Int64(verb.timeout))
    journalOptions = verb.journal
    rerun = recoverCommand(
      verb.domain, from: verb.source, to: verb.destination, journal: verb.journal.journal)
  }

  /// - Parameter confirms: asked before anything is done.
  func run(confirms: (String) -> Bool) async throws -> RecoverDocument {
    let record = try await openRecord()
    if let record, record.result == nil, record.owner.isAlive {
      throw CommandFailure(
        status: .blocked,
        message: "\(MoveInProgress(record: record)); follow it with: migrate watch \(domain.shellQuoted)")
    }
    let hosts = try await connect(record)
    let (seen, recovery) = await settledLook(hosts)
    var document = RecoverDocument(domain, source, destination, seen, recovery, rerun)
    guard document.isToBeDone || leavesSomething(record, recovery, seen) else {
      if case .settled(let side) = recovery { try await close(record, on: side) }
      return document
    }
    guard confirms("\(document.text)\nDo it?") else { return document }
    document = await carryOut(recovery, hosts, record, document)
    if document.done, case .settled(let side) = await hosts.recovery() {
      document.leave(try await clearUp(record, on: side))
      try await close(record, on: side)
    }
    return document
  }

  /// The move that the journal holds open for this guest between these hosts; nil when it knows of none.
  private func openRecord() async throws -> MoveRecord? {
    guard let journal = try await journalOptions.openReadOnly() else { return nil }
    let found = try await journalCall { [domain] in try journal.latest(ofDomain: domain) }
    return found.flatMap {
      $0.isOpen && $0.source.uri == source.uri && $0.destination.uri == destination.uri ? $0 : nil
    }
  }

  private func connect(_ record: MoveRecord?) async throws -> RecoveryHosts {
    let (here, there) = (LibvirtHost(source), LibvirtHost(destination))
    do {
      var uuid = record?.uuid
      if uuid == nil {
        uuid = try await RecoveryHosts.uuid(of: domain, source: here, destination: there, timeout: timeout)
      }
      return try await RecoveryHosts.open(
        uuid: uuid ?? "", source: here, destination: there, isFenced: try await isFenced(record), timeout: timeout)
    } catch {
      let code = (error as? LibvirtError).map { Int($0.code.rawValue) }
      throw CommandFailure(
        status: .needsAttention, message: "\(error); nothing was done, run again when both hosts answer", code: code)
    }
  }

  private func isFenced(_ record: MoveRecord?) async throws -> Bool {
    guard let record, let journal = try await journalOptions.openReadOnly() else { return false }
    return try await journalCall { try journal.isFenced(record.id) }
  }

  /// A daemon that has just come back clears up by itself: what still changes is given its time.
  private func settledLook(_ hosts: RecoveryHosts) async -> (Inspection, Recovery) {
    let limit = ContinuousClock.now + timeout
    while true {
      let (seen, recovery) = await hosts.steadyLook()
      guard case .wait = recovery, ContinuousClock.now < limit else { return (seen, recovery) }
    }
  }

  private func carryOut(
    _ recovery: Recovery, _ hosts: RecoveryHosts, _ record: MoveRecord?, _ document: RecoverDocument
  ) async -> RecoverDocument {
    var document = document
    if case .resumePostcopy = recovery {
      document.error = await resumePostcopy(record)
    } else {
      document.error = await hosts.perform(recovery, undefinesSource: record?.undefinesSource ?? false)
    }
    let (seen, next) = await settledLook(hosts)
    document.settle(seen, next, source, destination)
    // A source that ran beside the destination is paused first, and removed when it stands still.
    if document.error == nil, case .pauseSource = recovery, case .removeSource = next {
      return await carryOut(next, hosts, record, document)
    }
    return document
  }

  /// Goes on with post-copy as the move had begun it; returns why it did not end well.
  private func resumePostcopy(_ record: MoveRecord?) async -> String? {
    var request = record?.request ?? MigrationRequest()
    if request.mode == .auto { request.mode = .plain }
    (request.postcopy, request.postcopyResume) = (true, true)
    let move = GuestMove(
      domain: domain, source: source, destination: destination, request: request, timeout: timeout, journal: nil,
      journalFile: nil,
      start: .now)
    do {
      let result = try await move.run(wishes: AsyncStream { _ in }) { _, _ in }
      return result.outcome == .completed ? nil : result.error?.message ?? result.outcome.rawValue
    } catch {
      return "\(error)"
    }
  }

  /// A definition that the move would have taken away, or images of a move that did not come about.
  private func leavesSomething(_ record: MoveRecord?, _ recovery: Recovery, _ seen: Inspection) -> Bool {
    guard let record, case .settled(let side) = recovery else { return false }
    switch side {
    case .source: return !record.leftovers.isEmpty
    case .destination: return record.undefinesSource && seen.source.isPersistent && seen.destination.isPersistent
    }
  }

  /// Removes what the move made on the destination, when the guest stayed; returns what could not be removed.
  private func clearUp(_ record: MoveRecord?, on side: Side) async throws -> [String] {
    guard let record, !record.leftovers.isEmpty else { return [] }
    return try await blocking { [destination] in
      let keeper = ImageKeeper(
        on: try Connection.open(destination.uri, host: destination.name), id: String(record.uuid.prefix(8)))
      return record.leftovers.flatMap { leftover -> [String] in
        switch leftover {
        case .image(let image, _):
          return side == .source ? keeper.remove([image], ofGuest: record.uuid).map(\.description) : []
        case .pool(let name, _):
          do {
            try keeper.endPool(named: name)
            return []
          } catch {
            return ["\(error)"]
          }
        }
      }
    }
  }

  private func close(_ record: MoveRecord?, on side: Side) async throws {
    guard let record else { return }
    let journal = try await journalOptions.open()
    let result = MigrationResult(
      outcome: side == .source ? .rolledBack : .completed, runningOn: side == .source ? source.name : destination.name,
      error: MigrationFailure(message: "settled by migrate recover"))
    try await journalCall {
      try journal.adopt(record.id, by: .current())
      try journal.finish(record.id, result, at: secondsNow())
    }
  }
}

extension Journal {
  /// Whether that move paused its source because the guest was seen running on the destination.
  func isFenced(_ id: MoveRecord.ID) throws -> Bool {
    try updates(of: id, after: 0).contains {
      if case .decision(let decision) = $0.content { decision.action == .fence } else { false }
    }
  }
}

extension MoveRecord {
  /// As the move would have taken the definition: by default it goes.
  fileprivate var undefinesSource: Bool { request.undefineSource ?? request.persistent ?? true }
}

extension RecoverDocument {
  fileprivate init(
    _ domain: String, _ source: HostTarget, _ destination: HostTarget, _ seen: Inspection, _ recovery: Recovery,
    _ rerun: String
  ) {
    let told = recovery.told
    self.init(
      domain: domain, source: Host(uri: source.uri, guest: "\(seen.source)"),
      destination: Host(uri: destination.uri, guest: "\(seen.destination)"), action: told.action,
      because: told.because, done: false, exitCode: ExitStatus.needsAttention.rawValue)
    settle(seen, recovery, source, destination)
    done = false
    remedy = remedy(recovery, source, destination, rerun)
  }

  /// Whether the action is one that this tool carries out.
  fileprivate var isToBeDone: Bool {
    ["resume-source", "pause-source", "remove-source", "remove-destination", "resume-postcopy"].contains(action)
  }

  /// Takes in what is seen now.
  fileprivate mutating func settle(
    _ seen: Inspection, _ recovery: Recovery, _ source: HostTarget, _ destination: HostTarget
  ) {
    (self.source.guest, self.destination.guest) = ("\(seen.source)", "\(seen.destination)")
    guard case .settled(let side) = recovery else { return }
    (done, remedy, runningOn) = (true, nil, side == .source ? source.name : destination.name)
    exitCode = ExitStatus.done.rawValue
  }

  fileprivate mutating func leave(_ left: [String]) {
    guard !left.isEmpty else { return }
    error = left.joined(separator: "; ")
    exitCode = ExitStatus.needsAttention.rawValue
  }

  private func remedy(
    _ recovery: Recovery, _ source: HostTarget, _ destination: HostTarget, _ rerun: String
  ) -> [String]? {
    switch recovery {
    case .settled: nil
    case .wait: [rerun]
    case .resumeSource, .pauseSource, .removeSource, .removeDestination, .resumePostcopy: ["\(rerun) --yes"]
    case .startOnSource: ["virsh -c \(source.uri.shellQuoted) start \(domain.shellQuoted)"]
    case .person:
      [source.uri, destination.uri].map { "virsh -c \($0.shellQuoted) domstate --reason \(domain.shellQuoted)" }
    }
  }
}
