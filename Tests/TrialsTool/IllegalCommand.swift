import ArgumentParser
import Foundation
import Trials

/// `lab-trials illegal`: see Tests/illegal.sh.
struct IllegalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "illegal", abstract: "Asks the tool and libvirt for what must not be asked for, and writes a table.")

  @Option(help: "What the lab is named.") var name = "illegal"
  @Option(help: "Where the table goes.") var table = "docs/illegal-flags.md"

  func run() async throws {
    let result = try await IllegalTrial.run(labName: name) { print($0.text) }
    try Data(result.markdown.utf8).write(to: URL(filePath: table))
    let wrong = result.rows.filter { !$0.isRefused }
    print("\(result.rows.count) combinations, \(wrong.count) not refused by the tool")
    if !wrong.isEmpty { throw ExitCode(1) }
  }
}
