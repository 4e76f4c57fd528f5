import ArgumentParser
import Journal

/// `migrate status`: which guests are being moved, and which moves were left.
struct StatusVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say which guests are being moved, and which moves were left.")

  @OptionGroup var journal: JournalOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let moves = try await openMoves()
    output.show(StatusDocument(moves, journal: journal.journal)) {
      JournalText(style: output.style).status(moves, journal: journal.journal)
    }
  }

  private func openMoves() async throws -> [RecordedMove] {
    guard let journal = try await journal.openReadOnly() else { return [] }
    return try await journalCall {
      try journal.openMoves().map { RecordedMove($0, isOwnerAlive: $0.owner.isAlive) }
    }
  }
}
