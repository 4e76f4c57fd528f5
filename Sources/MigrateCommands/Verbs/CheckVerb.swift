import ArgumentParser
import MigrationModel
import Preflight

/// `migrate check`, also `migrate --check`: preflight only; changes nothing on either host.
struct CheckVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say whether guests can move, and every reason why not; change nothing.")

  @OptionGroup var arguments: MoveArguments
  @OptionGroup(title: "Facts") var facts: FactsOptions

  func run() async throws { try await runCheck(arguments, facts) }
}

/// Prints one answer for each domain and ends with the worst one's exit code.
func runCheck(_ arguments: MoveArguments, _ files: FactsOptions) async throws {
  let start = ContinuousClock.now
  let printer = CheckPrinter(arguments, since: start)
  do {
    var plan = try MovePlan(arguments)
    let illegal = assessRequest(plan.request)
    guard !illegal.contains(where: { $0.severity == .blocker }) else {
      printer.refuse(illegal)
      return try ExitStatus.blocked.exit()
    }
    if arguments.all { plan.domains = try await plan.activeDomains() }
    let before = try files.since.map(FactsFile.init(contentsOf:))
    let survey = try await plan.survey(files)
    if let path = files.saveFacts { try FactsFile.save(survey, to: path) }
    let checks = try plan.judge(survey.hosts[0], survey.hosts[1], survey)
    if let path = files.emitXml { try emitXML(checks, files, to: path) }
    if let before {
      printer.print(try checks.map { try drift(of: $0, since: before, plan) })
    } else {
      printer.print(checks)
    }
    try ExitStatus.together(checks: checks.map { ExitStatus($0.assessment.verdict) }).exit()
  } catch let failure as CommandFailure {
    printer.fail(failure)
    try failure.status.exit()
  }
}

/// Writes the XML that mends what an XML can, and says on stderr what it changed.
private func emitXML(_ checks: [Check], _ files: FactsOptions, to path: String) throws {
  guard let check = checks.first, checks.count == 1 else {
    throw CommandFailure.usage("--emit-xml writes the XML of one domain; \(checks.count) are checked")
  }
  let plan = DestinationPlan(for: check, bridges: files.bridges, disks: files.disks)
  try plan.write(check, to: path)
  complain(CommandFailure(status: .done, message: "\(path) written: \(plan.summary)"))
}

/// The same rules over the saved facts, and what has changed since.
private func drift(of check: Check, since file: FactsFile, _ plan: MovePlan) throws -> (check: Check, drift: Drift) {
  let here = try file.host(check.source.name, uri: check.source.uri)
  let there = try file.host(check.destination.name, uri: check.destination.uri)
  var old = plan
  old.domains = [check.domain.name]
  let before = try? old.judge(here, there, file.survey).first
  var now = check
  let changes = Drift.changes(from: [here, there], to: [check.source, check.destination])
  let drift = Drift(&now, since: before, changes: changes)
  return (now, drift)
}
