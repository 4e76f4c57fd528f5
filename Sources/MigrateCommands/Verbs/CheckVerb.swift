import ArgumentParser
import MigrationModel
import Preflight

/// `migrate check`, also `migrate --check`: preflight only; changes nothing on either host.
struct CheckVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say whether guests can move, and every reason why not; change nothing.")

  @OptionGroup var arguments: MoveArguments

  func run() async throws { try await runCheck(arguments) }
}

/// Prints one answer for each domain and ends with the worst one's exit code.
func runCheck(_ arguments: MoveArguments) async throws {
  let start = ContinuousClock.now
  let printer = CheckPrinter(arguments, since: start)
  do {
    let plan = try MovePlan(arguments)
    let illegal = assessRequest(plan.request)
    guard !illegal.contains(where: { $0.severity == .blocker }) else {
      printer.refuse(illegal)
      return try ExitStatus.blocked.exit()
    }
    let checks = try await plan.check()
    printer.print(checks)
    try ExitStatus.together(checks: checks.map { ExitStatus($0.assessment.verdict) }).exit()
  } catch let failure as CommandFailure {
    printer.fail(failure)
    try failure.status.exit()
  }
}
