import ArgumentParser
import Foundation
import Trials

struct SoakTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak", abstract: "Moves a guest back and forth in one process, and looks what grows.")

  @Option(help: "How often.") var moves = 200
  @Option(help: "What the lab is named.") var name = "soak"
  @Option(help: "The page to write.") var page = "docs/soak.md"

  func validate() throws {
    guard moves > 0 else { throw ValidationError("--moves is 1 or more") }
  }

  func run() async throws {
    let report = try await Soak(moves: moves, labName: name).run { line in
      FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
    try report.page.write(toFile: page, atomically: true, encoding: .utf8)
    for complaint in report.complaints { print(complaint) }
    if !report.complaints.isEmpty { throw ExitCode(1) }
  }
}
