import ArgumentParser
import Foundation
import Trials

struct ModesTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modes", abstract: "Moves a guest in every mode that there is.")

  @Option(help: "Only rows whose name contains this; the page is not written then.") var row = ""
  @Option(help: "What the lab is named.") var name = "modes"
  @Option(help: "The page to write.") var page = "docs/modes.md"

  func run() async throws {
    let outcomes = try await ModeTable.run(row, labName: name) { outcome in
      FileHandle.standardOutput.write(Data("\(outcome.text)\n".utf8))
    }
    if row.isEmpty { try ModeTable.page(outcomes).write(toFile: page, atomically: true, encoding: .utf8) }
    let wrong = outcomes.count { !$0.complaints.isEmpty }
    print("\(outcomes.count) rows, \(wrong) wrong")
    if wrong > 0 || outcomes.isEmpty { throw ExitCode(1) }
  }
}
