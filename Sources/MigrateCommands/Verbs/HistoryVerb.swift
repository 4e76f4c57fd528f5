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
    let records = try await records()
    output.show(HistoryDocument(records)) { JournalText(style: output.style).history(records) }
  }

  private func records() async throws -> [MoveRecord] {
    guard let journal = try await journal.openReadOnly() else { return [] }
    return try await journalCall { [limit, domain] in try journal.history(limit: limit, domain: domain) }
  }
}
