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
  /// Throws LibvirtError for a host or guest that cannot be had, MoveInProgress, MoveInterrupted (which names what is to
  /// be run) and JournalError: nothing was begun then.
  func run(
    wishes: AsyncStream<MoveWish>, report: @escaping @Sendable (MigrationUpdate.Content, Duration) -> Void
  ) async throws -> MigrationResult {
    let backend = try await LibvirtBackend.open(
      domain, from: LibvirtHost(source), to: LibvirtHost(destination), request,
      remedy: [recoverCommand(domain, from: source.uri, to: destination.uri, journal: journalFile)], timeout: timeout,
      since: start)
    if let choice { report(.decision(MigrationDecision(.mode, because: choice.told)), ContinuousClock.now - start) }
    guard let journal else {
      return await drive(backend, backend.intent, since: start, wishes: wishes, report: report)
    }
    let entry = try await begin(in: journal, backend)
    backend.beforeMaking { [destination] leftover in
      try journal.note(Leftover(leftover, on: HostReference(destination)), for: entry.id)
    }
    let result = await drive(
      backend, backend.intent, since: start, wishes: merge(wishes, entry.wishes.map { entry.wish($0, $1) }),
      answer: { id, error in
        entry.answer(RequestID(rawValue: id), text: error ?? "taken", accepted: error == nil)
      },
      report: { content, at in
        entry.report(content, at: at)
        report(content, at)
      })
    await entry.finish(result, at: secondsNow())
    return result
  }

  private func begin(in journal: Journal, _ backend: LibvirtBackend) async throws -> JournalledMove {
    func begin() async throws -> JournalledMove {
      try await JournalledMove.begin(
        journal: journal, domain: domain, uuid: backend.uuid, source: HostReference(source),
        destination: HostReference(destination), request: request, at: secondsNow()
      ) { complain(CommandFailure(status: .failed, message: $0)) }
    }
    do {
      return try await begin()
    } catch let left as MoveInterrupted {
      try await close(left, in: journal)
      return try await begin()
    }
  }

  /// Closes the record of a move that was left, where both hosts show that nothing of it is left to be done.
  private func close(_ left: MoveInterrupted, in journal: Journal) async throws {
    let record = left.record
    let hosts = try await RecoveryHosts.open(
      uuid: record.uuid, source: LibvirtHost(record.source), destination: LibvirtHost(record.destination),
      isFenced: try await journalCall { try journal.isFenced(record.id) }, timeout: timeout)
    guard record.leftovers.isEmpty, case .settled(let side) = await hosts.recovery() else { throw left }
    let result = MigrationResult(
      outcome: side == .source ? .rolledBack : .completed,
      error: MigrationFailure(message: "its process ended; found settled by the next move"))
    try await journalCall {
      try journal.adopt(record.id, by: .current())
      try journal.finish(record.id, result, at: secondsNow())
    }
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
