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
  /// The same command again, and the one that does what it says.
  private let commands: (look: String, act: String)

  /// Throws CommandFailure (usage) for hosts that cannot be meant.
  init(_ verb: RecoverVerb) throws {
    let directory = try HostDirectory.load(verb.config, environment: ProcessInfo.processInfo.environment)
    domain = verb.domain
    source = try directory.target(verb.source, ssh: nil)
    destination = try directory.target(verb.destination, ssh: nil)
    timeout = .seconds(Int64(verb.timeout))
    journalOptions = verb.journal
    let command = { [source, destination] agrees in
      recoverCommand(
        verb.domain, from: source.uri, to: destination.uri, journal: verb.journal.journal, agrees: agrees)
    }
    commands = (command(false), command(true))
  }

  /// - Parameter confirms: asked before anything is done.
  func run(confirms: @escaping @Sendable (String) -> Bool) async throws -> RecoverDocument {
    let record = try await unsettledRecord()
    let hosts = try await connect(record)
    let (seen, recovery) = await settledLook(hosts)
    var document = RecoverDocument(domain, hosts.uuid, source, destination, seen, recovery, commands)
    let leaves =
      if case .settled(let side) = recovery { record?.leavesSomething(seen, on: side) ?? false } else { false }
    guard document.isToBeDone || leaves || (record != nil && recovery.isStart) else {
      if case .settled(let side) = recovery { try await close(record, as: side == .source ? .rolledBack : .completed) }
      return document
    }
    let question = "\(document.text)\nDo it?"
    guard try await blocking({ confirms(question) }) else { return document.waiting(for: commands.act) }
    try await adopt(record)
    document = await carryOut(recovery, hosts, record, document)
    return try await conclude(document, await hosts.steadyLook(), record)
  }

  /// Closes the record where nothing is left to be done, and says what is.
  private func conclude(
    _ document: RecoverDocument, _ look: (seen: Inspection, recovery: Recovery), _ record: MoveRecord?
  ) async throws -> RecoverDocument {
    var document = document
    guard document.error == nil else { return document.failed }
    switch look.recovery {
    case .settled(let side):
      let left = try await clearUp(record, on: side)
      guard left.isEmpty else {
        document.error = left.joined(separator: "; ")
        return document.failed
      }
      try await close(record, as: side == .source ? .rolledBack : .completed)
    // Which disks are the newest shows when the guest runs again: what the move made stays, and stays written down.
    case .start: try await close(record, as: .failed, forgetting: false)
    default: break
    }
    return document
  }

  /// The move of this guest that is open, or left something; nil when the journal knows of none. Throws CommandFailure
  /// when a living process has it, or when it was between other hosts.
  private func unsettledRecord() async throws -> MoveRecord? {
    guard let journal = try await journalOptions.openReadOnly() else { return nil }
    let found = try await journalCall { [domain] in try journal.unsettled(ofDomain: domain) }
    guard let record = found.last(where: \.isOpen) ?? found.last else { return nil }
    if record.isOpen, record.result == nil, record.owner.isAlive {
      throw CommandFailure(
        status: .blocked,
        message: "\(MoveInProgress(record: record)); follow it with: "
          + watchCommand(for: record, journal: journalOptions.journal))
    }
    guard record.source.uri == source.uri, record.destination.uri == destination.uri else {
      let command = recoverCommand(for: record, journal: journalOptions.journal)
      throw CommandFailure(
        status: .needsAttention,
        message: "the journal holds a move of \(domain) between other hosts, which comes first: \(command)")
    }
    return record
  }

  private func connect(_ record: MoveRecord?) async throws -> RecoveryHosts {
    let (here, there) = (LibvirtHost(source), LibvirtHost(destination))
    do {
      var uuid = record?.uuid
      if uuid == nil {
        uuid = try await RecoveryHosts.uuid(of: domain, source: here, destination: there, timeout: timeout)
      }
      return try await RecoveryHosts.open(
        uuid: uuid ?? "", source: here, destination: there, knowing: try await knowledge(of: record), timeout: timeout)
    } catch let error as WhichGuest {
      throw CommandFailure(status: .needsAttention, message: "\(error); nothing was done")
    } catch {
      let code = (error as? LibvirtError).map { Int($0.code.rawValue) }
      throw CommandFailure(
        status: .needsAttention, message: "\(error); nothing was done, run again when both hosts answer", code: code)
    }
  }

  private func knowledge(of record: MoveRecord?) async throws -> MoveKnowledge {
    guard let record, let journal = try await journalOptions.openReadOnly() else { return MoveKnowledge() }
    return try await journalCall { try journal.knowledge(of: record) }
  }

  /// From here on nobody else clears up after this move.
  private func adopt(_ record: MoveRecord?) async throws {
    guard let record, record.isOpen else { return }
    let journal = try await journalOptions.open()
    do {
      try await journalCall { try journal.adopt(record.id, by: .current()) }
    } catch let running as MoveInProgress {
      throw CommandFailure(status: .blocked, message: "\(running)")
    }
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
    if recovery.isStart {
      // Nothing is done to the guest; the record of its move is closed.
    } else if case .resumePostcopy = recovery {
      let failure = await resumePostcopy(record)
      document.error = failure?.message
      if failure?.isOfABusyGuest == true { document = document.waitingForPostcopy(commands.act) }
    } else {
      if case .pauseSource = recovery { await noteFence(record, document.because) }
      document.error = await hosts.perform(
        recovery, undefinesSource: record?.undefinesSource ?? false,
        definedDestination: record.map { $0.request.persistent ?? true } ?? false)
    }
    let (seen, next) = await settledLook(hosts)
    document.settle(seen, next, source, destination)
    // A source that ran beside the destination is paused first, and removed when it stands still.
    if document.error == nil, case .pauseSource = recovery, case .removeSource = next {
      return await carryOut(next, hosts, record, document)
    }
    return document
  }

  /// So that whoever settles it after us knows who paused the source. A journal that fails does not keep two guests alive.
  private func noteFence(_ record: MoveRecord?, _ because: String) async {
    guard let record, record.isOpen, let journal = try? await journalOptions.open() else { return }
    let fence = MigrationUpdate(
      sequence: 0, time: .zero, domain: record.domain,
      content: .decision(MigrationDecision(.fence, because: because)))
    try? await journalCall { try journal.record(fence, for: record.id) }
  }

  /// Goes on with post-copy as the move had begun it; returns why it did not end well.
  private func resumePostcopy(_ record: MoveRecord?) async -> MigrationFailure? {
    var request = record?.request ?? MigrationRequest()
    if request.mode == .auto { request.mode = .plain }
    (request.postcopy, request.postcopyResume) = (true, true)
    let move = GuestMove(
      domain: domain, source: source, destination: destination, request: request, timeout: timeout, journal: nil,
      journalFile: nil,
      start: .now)
    do {
      let result = try await move.run(wishes: AsyncStream { _ in }) { _, _ in }
      return result.outcome == .completed ? nil : result.error ?? MigrationFailure(message: result.outcome.rawValue)
    } catch {
      return MigrationFailure(message: "\(error)")
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

  private func close(
    _ record: MoveRecord?, as outcome: MigrationResult.Outcome, forgetting: Bool = true
  ) async throws {
    guard let record else { return }
    let journal = try await journalOptions.open()
    let places: [MigrationResult.Outcome: String] = [.rolledBack: source.name, .completed: destination.name]
    let result = MigrationResult(
      outcome: outcome, runningOn: places[outcome], error: MigrationFailure(message: "settled by migrate recover"))
    try await journalCall {
      if forgetting { try journal.forgetLeftovers(of: record.id) }
      guard record.isOpen else { return }
      try journal.adopt(record.id, by: .current())
      try journal.finish(record.id, result, at: secondsNow())
    }
  }
}

extension Recovery {
  fileprivate var isStart: Bool { if case .start = self { true } else { false } }
}

extension MigrationFailure {
  /// A daemon still has a thread in the move that broke off (VIR_ERR_OPERATION_INVALID, _OPERATION_TIMEOUT).
  fileprivate var isOfABusyGuest: Bool {
    [LibvirtError.Code.operationInvalid, .operationTimeout].contains { code == Int($0.rawValue) }
  }
}

extension RecoverDocument {
  fileprivate init(
    _ domain: String, _ uuid: String, _ source: HostTarget, _ destination: HostTarget, _ seen: Inspection,
    _ recovery: Recovery,
    _ commands: (look: String, act: String)
  ) {
    let told = recovery.told
    self.init(
      domain: domain, source: Host(uri: source.uri, guest: "\(seen.source)"),
      destination: Host(uri: destination.uri, guest: "\(seen.destination)"), action: told.action,
      because: told.because, done: false, exitCode: ExitStatus.needsAttention.rawValue)
    settle(seen, recovery, source, destination)
    done = false
    remedy = remedy(recovery, uuid, source, destination, commands)
  }

  /// Whether the action is one that this tool carries out.
  fileprivate var isToBeDone: Bool {
    ["resume-source", "pause-source", "remove-source", "resume-destination", "remove-destination", "resume-postcopy"]
      .contains(action)
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

  /// Something is still to be done, whatever the guest is like.
  fileprivate var failed: RecoverDocument {
    var document = self
    (document.done, document.exitCode) = (false, ExitStatus.needsAttention.rawValue)
    return document
  }

  fileprivate func waitingForPostcopy(_ command: String) -> RecoverDocument {
    var document = self
    document.action = "wait"
    document.because =
      "a host is not done with the post-copy that broke off: run it again. If that lasts for minutes, the destination's QEMU"
      + " waits for memory that does not come and answers nobody: then the guest is lost"
    (document.remedy, document.error) = ([command], nil)
    return document
  }

  /// Nothing was done yet, and this does it.
  fileprivate func waiting(for command: String) -> RecoverDocument {
    var document = failed
    document.remedy = [command] + (remedy ?? []).filter { $0 != command }
    return document
  }

  private func remedy(
    _ recovery: Recovery, _ uuid: String, _ source: HostTarget, _ destination: HostTarget,
    _ commands: (look: String, act: String)
  ) -> [String]? {
    switch recovery {
    case .settled: nil
    case .wait, .unreachable: [commands.look]
    case .resumeSource, .pauseSource, .removeSource, .resumeDestination, .removeDestination, .resumePostcopy:
      [commands.act]
    case .start(let side, _):
      ["virsh -c \((side == .source ? source : destination).uri.shellQuoted) start \(uuid)"]
    case .person:
      [source.uri, destination.uri].map { "virsh -c \($0.shellQuoted) domstate --reason \(domain.shellQuoted)" }
    }
  }
}
