import Journal
import MigrationModel

/// Another process's move, seen through the journal.
struct MoveFollower: Sendable {
  private let journal: Journal
  private let move: MoveRecord
  /// The command for the case that the mover dies.
  private let recovery: String
  private static let interval = Duration.milliseconds(200)

  /// - Parameter file: the journal's, where another than the usual one was asked for.
  init(_ move: MoveRecord, in journal: Journal, file: String?) {
    self.journal = journal
    self.move = move
    recovery = recoverCommand(for: move, journal: file)
  }

  /// The open move of the guest with that name or UUID. Throws CommandFailure when there is none, or more than one.
  static func openMove(of domain: String, in journal: Journal) async throws -> MoveRecord {
    let (open, last) = try await journalCall {
      (
        try journal.openMoves().filter { $0.domain == domain || $0.uuid == domain.lowercased() },
        try journal.latest(ofDomain: domain)
      )
    }
    guard open.count <= 1 else {
      let uuids = open.map(\.uuid).joined(separator: ", ")
      throw CommandFailure(
        status: .failed, message: "more than one guest “\(domain)” is being moved; say which: \(uuids)")
    }
    if let move = open.first { return move }
    let past = last.flatMap { move in
      move.endedAt.map { "; its last move ended \(timestamp($0)): \(move.result?.outcome.rawValue ?? "unknown")" }
    }
    throw noMove(of: domain, past ?? "")
  }

  static func noMove(of domain: String, _ past: String = "") -> CommandFailure {
    CommandFailure(status: .failed, message: "the guest “\(domain)” is not being moved\(past)")
  }
}

extension MoveFollower {
  private struct Look: Sendable {
    var record: MoveRecord?
    var isOwnerAlive: Bool
    var updates: [MigrationUpdate]
    var answers: [Answer?]

    var isOver: Bool { record?.result != nil || !isOwnerAlive }
  }

  /// The updates after `sequence` are complete when the record has a result.
  private func look(after sequence: Int, _ requests: [RequestID] = []) async throws -> Look {
    try await journalCall { [journal, move] in
      // The owner first, then the record, then its updates: each may only be newer than what it is judged by.
      let owner = try journal.move(move.id)?.owner
      let isAlive = owner?.isAlive ?? false
      return Look(
        record: try journal.move(move.id), isOwnerAlive: isAlive,
        updates: try journal.updates(of: move.id, after: sequence), answers: try requests.map(journal.answer(to:)))
    }
  }

  /// Leaves wishes with the mover and waits until each has its answer; nil for those that the end of the move overtook.
  func ask(_ wishes: [Wish]) async throws -> [Answer?] {
    let now = secondsNow()
    let requests = try await journalCall { [journal, move] () -> [RequestID]? in
      do {
        return try wishes.map { try journal.ask($0, of: move.id, at: now) }
      } catch JournalError.notOpen {
        return nil
      }
    }
    guard let requests else { return wishes.map { _ in nil } }
    while true {
      let look = try await look(after: .max, requests)
      if look.isOver || look.answers.allSatisfy({ $0 != nil }) { return look.answers }
      try await Task.sleep(for: Self.interval)
    }
  }

  /// Writes the updates of the move until its result, which it also writes and returns. A mover that dies makes it one
  /// that needs a person.
  func follow(to writer: UpdateWriter) async throws -> MigrationResult {
    var sequence = 0
    var time = Duration.zero
    var reported: MigrationResult?
    while true {
      let look = try await look(after: sequence)
      // What was sent long ago is history: of the progress that is there already only the last is shown.
      let updates = sequence == 0 ? look.updates.withLastProgress : look.updates
      for update in updates {
        time = update.time
        if case .result(let result) = update.content {
          reported = result
        } else {
          writer.write(update.content, at: time, domain: move.domain)
        }
      }
      sequence = look.updates.last?.sequence ?? sequence
      if look.isOver {
        let result = look.record?.result ?? reported ?? abandoned
        writer.write(.result(result), at: time, domain: move.domain)
        return result
      }
      try await Task.sleep(for: Self.interval)
    }
  }

  private var abandoned: MigrationResult {
    let message =
      "process \(move.owner.pid), which moved it, is gone; where the guest is must be seen on both hosts: \(recovery)"
    var failure = MigrationFailure(message: message)
    failure.remedy = [recovery]
    return MigrationResult(outcome: .needsAttention, error: failure)
  }
}

extension [MigrationUpdate] {
  fileprivate var withLastProgress: [MigrationUpdate] {
    let last = lastIndex(where: \.isProgress)
    return indices.filter { !self[$0].isProgress || $0 == last }.map { self[$0] }
  }
}

extension MigrationUpdate {
  fileprivate var isProgress: Bool {
    if case .progress = content { true } else { false }
  }
}
