import ArgumentParser
import MigrationModel

/// The exit codes of the command-line contract; see docs/cli.md.
enum ExitStatus: Int32, CaseIterable, Sendable {
  case done = 0
  case failed = 1
  case blocked = 2
  case inconclusive = 3
  case needsAttention = 4
  case partial = 5
  case usage = 64
  case cancelled = 130

  init(_ outcome: MigrationResult.Outcome) {
    switch outcome {
    case .completed: self = .done
    case .rolledBack, .failed: self = .failed
    case .blocked: self = .blocked
    case .inconclusive: self = .inconclusive
    case .needsAttention: self = .needsAttention
    case .cancelled: self = .cancelled
    }
  }

  init(_ verdict: Verdict) {
    switch verdict {
    case .ready, .warnings: self = .done
    case .blocked: self = .blocked
    case .inconclusive: self = .inconclusive
    }
  }

  /// One code for several moves: a guest that needs a person first, then `partial` when some moved and some did not, then
  /// the worst reason why none did.
  static func together(moves: [ExitStatus]) -> ExitStatus {
    if moves.contains(.needsAttention) { return .needsAttention }
    if moves.contains(.done), moves.contains(where: { $0 != .done }) { return .partial }
    return [.cancelled, .failed, .blocked, .inconclusive, .usage].first(where: moves.contains) ?? .done
  }

  /// One code for several checks: the worst news first.
  static func together(checks: [ExitStatus]) -> ExitStatus {
    [.blocked, .failed, .inconclusive].first(where: checks.contains) ?? .done
  }

  /// Ends the command with this code; returns only for `done`.
  func exit() throws {
    if self != .done { throw ExitCode(rawValue) }
  }
}
