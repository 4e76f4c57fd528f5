import Engine
import Journal
import Libvirt
import MigrationModel
import Preflight
import Probes

/// One guest's move: from both hosts' connections to the verified end, in the journal from before its first step.
struct GuestMove: Sendable {
  var domain: String
  var source: HostTarget
  var destination: HostTarget
  var request: MigrationRequest
  /// Whether preflight found it active; nil: there was none.
  var wasActive: Bool?
  /// Why it goes the way it does, where that was left to us.
  var choice: ModeChoice?
  var timeout: Duration
  /// nil: this move is not written down.
  var journal: Journal?
  /// The journal's file, where one was asked for, for the commands that are told.
  var journalFile: String?
  var start: ContinuousClock.Instant

  /// Moves the guest and returns how it ended; `report` is called in order, the result last.
  ///
  /// Throws LibvirtError for a host or guest that cannot be had, GuestChanged, MoveInProgress, MoveInterrupted (which
  /// names what is to be run) and JournalError: nothing was begun then.
  func run(
    wishes: AsyncStream<MoveWish>, report: @escaping @Sendable (MigrationUpdate.Content, Duration) -> Void
  ) async throws -> MigrationResult {
    let connections = try await MoveConnections.open(
      domain, from: LibvirtHost(source), to: LibvirtHost(destination), timeout: timeout)
    let state = try await connections.guestState()
    if let wasActive, wasActive != state.isActive {
      throw GuestChanged(name: connections.name, isActive: state.isActive)
    }
    var move = self
    move.request = request.fitted(to: state)
    return try await move.run(over: connections, wishes: wishes, report: report)
  }

  private func run(
    over connections: MoveConnections, wishes: AsyncStream<MoveWish>,
    report: @escaping @Sendable (MigrationUpdate.Content, Duration) -> Void
  ) async throws -> MigrationResult {
    guard let journal else {
      return try await move(over: connections, wishes: wishes, report: report)
    }
    // What the guest is like is read only when no other move of it is open.
    let entry = try await begin(in: journal, connections)
    do {
      return try await move(
        over: connections, in: entry, wishes: merge(wishes, entry.wishes.map { entry.wish($0, $1) })
      ) { content, at in
        entry.report(content, at: at)
        report(content, at)
      }
    } catch {
      await entry.finish(
        MigrationResult(outcome: .failed, error: MigrationFailure(message: "\(error)")), at: secondsNow())
      throw error
    }
  }

  private func move(
    over connections: MoveConnections, in entry: JournalledMove? = nil, wishes: AsyncStream<MoveWish>,
    report: @escaping @Sendable (MigrationUpdate.Content, Duration) -> Void
  ) async throws -> MigrationResult {
    let remedy = [recoverCommand(domain, from: source.uri, to: destination.uri, journal: journalFile)]
    let backend = try await LibvirtBackend.open(over: connections, request, remedy: remedy, since: start)
    if let entry {
      backend.beforeMaking { [destination] in try entry.note(Leftover($0, on: HostReference(destination))) }
    }
    if let choice { report(.decision(MigrationDecision(.mode, because: choice.told)), ContinuousClock.now - start) }
    let result = await drive(
      backend, backend.intent, since: start, wishes: wishes,
      answer: { id, error in
        entry?.answer(RequestID(rawValue: id), text: error ?? "taken", accepted: error == nil)
      }, report: report)
    // Images of a guest that has moved are its own.
    let left = result.outcome == .completed ? [] : backend.leftovers
    entry?.keep(only: left.map { Leftover($0, on: HostReference(destination)) })
    await entry?.finish(result, at: secondsNow())
    return result
  }

  private func begin(in journal: Journal, _ guest: MoveConnections) async throws -> JournalledMove {
    func begin() async throws -> JournalledMove {
      try await JournalledMove.begin(
        journal: journal, domain: guest.name, uuid: guest.uuid, source: HostReference(source),
        destination: HostReference(destination), request: request, at: secondsNow()
      ) { complain(CommandFailure(status: .failed, message: $0)) }
    }
    do {
      return try await begin()
    } catch let left as MoveInterrupted {
      guard try await closes(left.record, in: journal) else { throw left }
      return try await begin()
    }
  }

  /// Closes the record of a move that was left, where both its hosts show that nothing of it is left to be done.
  private func closes(_ record: MoveRecord, in journal: Journal) async throws -> Bool {
    let known = try await journalCall { try journal.knowledge(of: record) }
    let hosts = try? await RecoveryHosts.open(
      uuid: record.uuid, source: LibvirtHost(record.source), destination: LibvirtHost(record.destination),
      knowing: known, timeout: timeout)
    guard let look = await hosts?.steadyLook(), case .settled(let side) = look.recovery,
      !record.leavesSomething(look.seen, on: side)
    else { return false }
    let result = MigrationResult(
      outcome: side == .source ? .rolledBack : .completed,
      error: MigrationFailure(message: "its process ended; found settled by the next move"))
    try await journalCall {
      try journal.adopt(record.id, by: .current())
      try journal.finish(record.id, result, at: secondsNow())
    }
    return true
  }
}

/// What preflight judged is no longer so.
struct GuestChanged: Error, CustomStringConvertible {
  var name: String
  var isActive: Bool
  var description: String {
    "\(name) was \(isActive ? "shut off" : "active") when it was checked and is \(isActive ? "active" : "shut off") now;"
      + " nothing was begun"
  }
}

extension MigrationRequest {
  /// With what depends on the guest's state decided, so that what is written of a move says how it went.
  fileprivate func fitted(to state: DomainState) -> MigrationRequest {
    var request = self
    if request.mode == .auto, !state.isActive { request.mode = .offline }
    if state != .running || request.suspend { request.strictHandover = false }
    return request
  }
}

extension MoveRecord {
  /// As the move would have taken the definition: by default it goes.
  var undefinesSource: Bool { request.undefineSource ?? request.persistent ?? true }

  /// A definition that the move would have taken away, or images of a move that did not come about.
  func leavesSomething(_ seen: Inspection, on side: Side) -> Bool {
    switch side {
    case .source: !leftovers.isEmpty
    case .destination: undefinesSource && seen.source.isPersistent && seen.destination.isPersistent
    }
  }
}

extension Journal {
  /// What is written of a move, as far as it matters to its recovery.
  func knowledge(of record: MoveRecord) throws -> MoveKnowledge {
    var known = MoveKnowledge(
      handsOver: record.request.strictHandover, movesDefinition: record.request.mode == .offline)
    for update in try updates(of: record.id, after: 0) {
      switch update.content {
      case .decision(let decision) where decision.action == .fence: known.isFenced = true
      case .guest(.destination, "resumed", _): known.ranThere = true
      default: break
      }
    }
    return known
  }
}

extension ModeChoice {
  fileprivate var told: String { "\(mode.rawValue), because \(because)" }
}

extension LibvirtHost {
  init(_ target: HostTarget) { self.init(name: target.name, uri: target.uri) }
  init(_ reference: HostReference) { self.init(name: reference.name, uri: reference.uri) }
}

extension Leftover {
  init(_ leftover: StorageLeftover, on host: HostReference) {
    switch leftover {
    case .image(let image): self = .image(image, on: host)
    case .pool(let name, _): self = .pool(name: name, on: host)
    }
  }
}

extension HostReference {
  init(_ target: HostTarget) { self.init(name: target.name, uri: target.uri) }
}

extension JournalledMove {
  /// Another process's cancel is answered at once: what came of it is in the move's result.
  fileprivate func wish(_ id: RequestID, _ wish: Wish) -> MoveWish {
    switch wish {
    case .cancel:
      answer(id, text: "asked for", accepted: true)
      return .cancel
    case .set(let setting): return .set(setting, id: id.rawValue)
    }
  }
}

/// The elements of both, as they come; ends when both have.
private func merge<First: AsyncSequence & Sendable, Second: AsyncSequence & Sendable>(
  _ first: First, _ second: Second
) -> AsyncStream<MoveWish>
where First.Element == MoveWish, Second.Element == MoveWish, First.Failure == Never, Second.Failure == Never {
  AsyncStream { continuation in
    let reader = Task {
      await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask { for await wish in first { continuation.yield(wish) } }
        tasks.addTask { for await wish in second { continuation.yield(wish) } }
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in reader.cancel() }
  }
}
