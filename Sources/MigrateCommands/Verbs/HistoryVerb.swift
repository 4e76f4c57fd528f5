import ArgumentParser
import Journal

/// `migrate history`: how past moves ended.
struct HistoryVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Say how past moves ended, the newest first.")

  @Argument(help: "Only the moves of this guest: its name or UUID.")
  var domain: String?

  @Option(help: "How many moves at most.")
  var limit = 20

  @OptionGroup var journal: JournalOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit takes a number from 1") }
  }

  func run() async throws {
    do {
      let records = try await records()
      switch output.output {
      case .text: print(JournalText(style: output.style).history(records))
      case .json: print(JSON.document([HistoryDocument(records)]), terminator: "")
      case .jsonl: print(JSON.line(HistoryDocument(records)), terminator: "")
      }
    } catch let failure as CommandFailure {
      complain(failure)
      try failure.status.exit()
    }
  }

  private func records() async throws -> [MoveRecord] {
    guard let journal = try await journal.openReadOnly() else { return [] }
    return try await journalCall { [limit, domain] in try journal.history(limit: limit, domain: domain) }
  }
}
