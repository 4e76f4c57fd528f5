import ArgumentParser
import Journal

/// `migrate status`: which guests are being moved, and which moves were left.
struct StatusVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say which guests are being moved, and which moves were left.")

  @OptionGroup var journal: JournalOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    do {
      let moves = try await openMoves()
      switch output.output {
      case .text: print(JournalText(style: output.style).status(moves, journal: journal.journal))
      case .json: print(JSON.document([StatusDocument(moves, journal: journal.journal)]), terminator: "")
      case .jsonl: print(JSON.line(StatusDocument(moves, journal: journal.journal)), terminator: "")
      }
    } catch let failure as CommandFailure {
      complain(failure)
      try failure.status.exit()
    }
  }

  private func openMoves() async throws -> [RecordedMove] {
    guard let journal = try await journal.openReadOnly() else { return [] }
    return try await journalCall {
      try journal.openMoves().map { RecordedMove($0, isOwnerAlive: $0.owner.isAlive) }
    }
  }
}
