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
  recoverCommand(record.domain, from: record.source.uri, to: record.destination.uri, journal: journal)
}

/// What follows a move that another process has.
func watchCommand(for record: MoveRecord, journal: String?) -> String {
  let option = journalOption(journal)
  return "migrate watch\(option)\(record.domain.hasPrefix("-") ? " --" : "") \(record.domain.shellQuoted)"
}

/// What a person runs when a move cannot be settled.
/// - Parameters:
///   - journal: the file, where another than the usual one was asked for.
///   - agrees: nothing is asked.
func recoverCommand(
  _ domain: String, from source: String, to destination: String, journal: String?, agrees: Bool = false
) -> String {
  let option = (agrees ? " --yes" : "") + journalOption(journal)
  // A name that begins with a dash is no option.
  let separator = domain.hasPrefix("-") ? " --" : ""
  let words = [domain, source, destination].map(\.shellQuoted)
  return "migrate recover\(option)\(separator) \(words.joined(separator: " "))"
}

/// With the whole path, for a command that is run elsewhere.
private func journalOption(_ journal: String?) -> String {
  journal.map { " --journal \(URL(filePath: $0).path().removingPercentEncoding?.shellQuoted ?? $0.shellQuoted)" } ?? ""
}

/// Why the journal lets no move of a guest begin, with the command that settles one that was left.
func whyNotBegun(_ error: any Error, journal: String?) -> String {
  guard let left = error as? MoveInterrupted else { return "\(error)" }
  return "\(left), and must be settled first: \(recoverCommand(for: left.record, journal: journal))"
}

/// Seconds since 1970 as RFC 3339 has them, in UTC: "2026-01-31T12:00:00Z".
func timestamp(_ seconds: Double) -> String { Date(timeIntervalSince1970: seconds).formatted(.iso8601) }
