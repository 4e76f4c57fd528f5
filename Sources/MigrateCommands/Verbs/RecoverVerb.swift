import ArgumentParser
import Engine
import Journal
import MigrationModel

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// `migrate recover DOMAIN SRC DEST`: looks at both sides of a move that was broken off, says the one safe action, and
/// does it with `--yes`.
struct RecoverVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Settle a move that was broken off, from what both hosts say.")

  @Argument(help: "The guest: its name or UUID.")
  var domain: String
  @Argument(help: ArgumentHelp("The host that it left: a URI or a configured name.", valueName: "src"))
  var source: String
  @Argument(help: ArgumentHelp("The host that it went to: a URI or a configured name.", valueName: "dest"))
  var destination: String

  @Flag(help: "Do what is to be done without asking.")
  var yes = false

  @Option(help: "Configuration file with the known hosts (YAML).")
  var config: String?
  @Option(help: "Seconds that a host may take to answer.")
  var timeout: UInt = 10

  @OptionGroup var journal: JournalOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let run = try RecoverRun(self)
    let document = try await run.run { question in yes || confirms(question) }
    output.show(document) { document.text }
    try ExitStatus(rawValue: document.exitCode)?.exit()
  }

  /// Without a terminal a question is a refusal.
  private func confirms(_ question: String) -> Bool {
    guard output.output == .text, isatty(STDIN_FILENO) == 1 else { return false }
    print("\(question) [y/N] ", terminator: "")
    fflush(stdout)
    return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
  }
}
