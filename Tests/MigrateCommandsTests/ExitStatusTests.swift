import MigrationModel
import Testing

@testable import MigrateCommands

/// Testing has one too.
private typealias ExitStatus = MigrateCommands.ExitStatus

@Suite struct ExitStatusTests {
  @Test func everyOutcomeHasItsCode() {
    let codes = MigrationResult.Outcome.allCases.map { "\($0.rawValue) \(ExitStatus($0).rawValue)" }
    #expect(
      codes == [
        "completed 0", "rolled-back 1", "cancelled 130", "failed 1", "needs-attention 4", "blocked 2", "inconclusive 3",
      ])
  }

  @Test func everyVerdictHasItsCode() {
    let codes = Verdict.allCases.map { "\($0.rawValue) \(ExitStatus($0).rawValue)" }
    #expect(codes == ["ready 0", "warnings 0", "blocked 2", "inconclusive 3"])
  }

  @Test(
    arguments: [
      ([], .done), ([.done, .done], .done), ([.blocked, .blocked], .blocked), ([.done, .failed], .partial),
      ([.blocked, .inconclusive], .blocked), ([.done, .cancelled], .partial), ([.failed, .cancelled], .cancelled),
      ([.blocked, .failed], .failed),
      ([.needsAttention, .cancelled, .done], .needsAttention),
    ] as [([ExitStatus], ExitStatus)])
  fileprivate func severalMovesHaveOneCode(moves: [ExitStatus], together: ExitStatus) {
    #expect(ExitStatus.together(moves: moves) == together)
  }

  @Test(
    arguments: [
      ([], .done), ([.done, .done], .done), ([.done, .inconclusive], .inconclusive),
      ([.inconclusive, .blocked, .done], .blocked),
    ] as [([ExitStatus], ExitStatus)])
  fileprivate func severalChecksEndWithTheWorst(checks: [ExitStatus], together: ExitStatus) {
    #expect(ExitStatus.together(checks: checks) == together)
  }
}
