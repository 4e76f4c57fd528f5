import Journal
import MigrationModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An open move of the journal, and what is to be thought of it.
struct RecordedMove: Sendable, Equatable {
  enum State: String, Sendable {
    case running
    /// Its process is gone, and nobody looked at the hosts since.
    case interrupted
    case needsAttention = "needs-attention"
  }

  var record: MoveRecord
  var state: State

  init(_ record: MoveRecord, isOwnerAlive: Bool) {
    self.record = record
    state = record.result != nil ? .needsAttention : isOwnerAlive ? .running : .interrupted
  }

  /// The command that settles a move that does not run; nil for one that does.
  /// - Parameter journal: the file, where another than the usual one was asked for.
  func recovery(journal: String?) -> String? {
    state == .running ? nil : recoverCommand(for: record, journal: journal)
  }
}

func recoverCommand(for record: MoveRecord, journal: String?) -> String {
  let option = journal.map { " --journal \($0.shellQuoted)" } ?? ""
  // A name that begins with a dash is no option.
  let separator = record.domain.hasPrefix("-") ? " --" : ""
  let words = [record.domain, record.source.uri, record.destination.uri].map(\.shellQuoted)
  return "migrate recover\(option)\(separator) \(words.joined(separator: " "))"
}

/// Seconds since 1970 as RFC 3339 has them, in UTC: "2026-01-31T12:00:00Z".
func timestamp(_ seconds: Double) -> String { Date(timeIntervalSince1970: seconds).formatted(.iso8601) }
