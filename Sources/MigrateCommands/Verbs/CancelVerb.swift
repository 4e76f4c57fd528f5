import ArgumentParser
import Journal
import MigrationModel

/// `migrate cancel DOMAIN`: asks the process that moves the guest to stop, and waits for what comes of it.
struct CancelVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel a move that runs; the guest stays on the source.")

  @Argument(help: "The guest that is being moved: its name or UUID.")
  var domain: String

  @OptionGroup var journal: JournalOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    try await status().exit()
  }

  private func status() async throws -> ExitStatus {
    guard let journal = try await self.journal.openForWishes() else { throw MoveFollower.noMove(of: domain) }
    let move = try await MoveFollower.openMove(of: domain, in: journal)
    let follower = MoveFollower(move, in: journal, file: self.journal.journal)
    if move.result == nil, move.owner.isAlive {
      let answer = try await follower.ask([.cancel]).first ?? nil
      if let answer, !answer.isAccepted {
        complain(CommandFailure(status: .failed, message: "\(move.domain): the cancel was refused: \(answer.text)"))
      }
    }
    let writer = UpdateWriter(output, style: output.style)
    let result = try await follower.follow(to: writer)
    writer.finish()
    if result.outcome == .completed {
      complain(CommandFailure(status: .failed, message: "\(move.domain): too late to cancel: the move is completed"))
    }
    return Self.status(result.outcome)
  }

  /// What the cancel came to: 0 when the guest is where it was, verified on both hosts.
  static func status(_ outcome: MigrationResult.Outcome) -> ExitStatus {
    switch outcome {
    case .cancelled, .rolledBack: .done
    case .needsAttention: .needsAttention
    case .completed, .failed, .blocked, .inconclusive: .failed
    }
  }
}
