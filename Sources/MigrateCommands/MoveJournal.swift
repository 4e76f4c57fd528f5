import Journal
import MigrationModel
import Synchronization
import Threads

/// One move of this process in the journal, from before its first step to its verified end.
///
/// What is reported is written by one writer, in order and off the caller's thread. A journal that fails in the middle
/// does not stop a move: that is told once, and the move goes on.
final class JournalledMove: Sendable {
  private typealias Entry = @Sendable (Journal) throws -> Void

  let id: MoveRecord.ID
  /// What other processes ask of this move; each wants an answer. Ends with the move.
  let wishes: AsyncStream<(RequestID, Wish)>

  private let domain: String
  private let journal: Journal
  private let problem: @Sendable (String) -> Void
  private let entries: AsyncStream<Entry>.Continuation
  private let writer: Task<Void, Never>
  private let lastProgress = Mutex<Duration?>(nil)
  private let noted = Mutex<[Leftover]>([])

  /// Progress is written twice a second.
  private static let progressInterval = Duration.milliseconds(500)
  private static let wishInterval = Duration.milliseconds(250)

  /// Opens the move's record. Throws MoveInProgress, MoveInterrupted or JournalError: the guest is not moved then.
  /// - Parameters:
  ///   - time: seconds since 1970.
  ///   - problem: is told, in one sentence, of the first entry that could not be written, and of an end that could not.
  static func begin(
    journal: Journal, domain: String, uuid: String, source: HostReference, destination: HostReference,
    request: MigrationRequest, at time: Double, problem: @escaping @Sendable (String) -> Void
  ) async throws -> JournalledMove {
    let id = try await blocking {
      try journal.begin(
        domain: domain, uuid: uuid, source: source, destination: destination, request: request, owner: .current(),
        at: time)
    }
    return JournalledMove(id, domain, journal, problem)
  }

  private init(
    _ id: MoveRecord.ID, _ domain: String, _ journal: Journal, _ problem: @escaping @Sendable (String) -> Void
  ) {
    self.id = id
    self.domain = domain
    self.journal = journal
    self.problem = problem
    wishes = journal.wishes(of: id, every: Self.wishInterval)
    let (stream, entries) = AsyncStream.makeStream(of: Entry.self)
    self.entries = entries
    writer = Task {
      var isTold = false
      for await entry in stream {
        do {
          try await blocking { try entry(journal) }
        } catch {
          if !isTold { problem("\(error); the move goes on, and status and watch do not show all of it") }
          isTold = true
        }
      }
    }
  }

  /// Never blocks and never fails. `time` is that of the update: since the start of the command.
  func report(_ content: MigrationUpdate.Content, at time: Duration) {
    if case .progress = content, !isProgressDue(at: time) { return }
    let update = MigrationUpdate(sequence: 0, time: time, domain: domain, content: content)
    entries.yield { [id] in try $0.record(update, for: id) }
  }

  /// Never blocks and never fails; `text` is one sentence without its end.
  func answer(_ request: RequestID, text: String, accepted: Bool) {
    entries.yield { try $0.answer(request, text: text, accepted: accepted) }
  }

  /// Returns when it is on disk; blocks. Throws JournalError, and the thing must not be made then.
  func note(_ leftover: Leftover) throws {
    try journal.note(leftover, for: id)
    noted.withLock { $0.append(leftover) }
  }

  /// Strikes out what was noted, but for what could not be removed.
  func keep(only left: [Leftover]) {
    for leftover in noted.withLock(\.self) where !left.contains(leftover) {
      entries.yield { [id] in try $0.forget(leftover, for: id) }
    }
  }

  /// Writes what is still to be written, then the result; `time` in seconds since 1970.
  func finish(_ result: MigrationResult, at time: Double) async {
    entries.finish()
    await writer.value
    do {
      try await blocking { [journal, id] in try journal.finish(id, result, at: time) }
    } catch {
      problem("\(error); the move is over (\(result.outcome.rawValue)), and the journal still holds it for open")
    }
  }

  private func isProgressDue(at time: Duration) -> Bool {
    lastProgress.withLock { last in
      if let last, time - last < Self.progressInterval { return false }
      last = time
      return true
    }
  }
}
