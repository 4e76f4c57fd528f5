import ArgumentParser
import Engine
import MigrationModel
import Preflight
import Probes
import UnixSignals

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// `migrate [run] DOMAIN... DEST`: preflight, then the move.
struct RunVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Check, then move the guests (the default verb).")

  @Flag(help: "Preflight only; change nothing on either host.")
  var check = false

  @Flag(help: "Move without preflight; the result says so.")
  var skipCheck = false

  @OptionGroup var arguments: MoveArguments

  func validate() throws {
    if check && skipCheck { throw ValidationError("--check and --skip-check exclude each other") }
  }

  func run() async throws {
    if check { return try await runCheck(arguments) }
    signal(SIGPIPE, SIG_IGN)
    try await MoveRun(arguments, isUnchecked: skipCheck).run().exit()
  }
}

/// One command's moves: preflight for all guests over the same facts, then one guest after the other.
struct MoveRun: Sendable {
  let arguments: MoveArguments
  let isUnchecked: Bool
  let start = ContinuousClock.now
  let writer: UpdateWriter

  init(_ arguments: MoveArguments, isUnchecked: Bool) {
    self.arguments = arguments
    self.isUnchecked = isUnchecked
    writer = UpdateWriter(UpdateWriter.Form(arguments.output))
  }

  func run() async throws -> ExitStatus {
    do {
      let plan = try MovePlan(arguments)
      let illegal = assessRequest(plan.request)
      guard illegal.isEmpty else { return refuse(illegal) }
      let checks = isUnchecked ? [] : try await preflight(plan)
      var statuses: [ExitStatus] = []
      for (index, domain) in plan.domains.enumerated() {
        let check = checks.indices.contains(index) ? checks[index] : nil
        let status = ExitStatus(await move(domain, plan, check).outcome)
        statuses.append(status)
        if status == .cancelled || status == .needsAttention { break }
      }
      return .together(moves: statuses)
    } catch let failure as CommandFailure {
      return fail(failure)
    }
  }
}
