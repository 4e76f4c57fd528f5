import ArgumentParser
import Trials

@main struct TrialsTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab-trials", abstract: "Tries the tool at length on a lab.",
    subcommands: [IllegalCommand.self])
}
