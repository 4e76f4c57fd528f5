import ArgumentParser
import Journal
import Threads

#if canImport(Glibc)
  import Glibc
#endif

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Which journal.
struct JournalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Journal of moves (default: MIGRATE_JOURNAL, else in /var/lib/migrate for root, in XDG_STATE_HOME for others).",
      valueName: "file"))
  var journal: String?

  /// Opens it for moves and wishes. Throws CommandFailure.
  func open() async throws -> Journal {
    let path = try place(ProcessInfo.processInfo.environment, isRoot: geteuid() == 0).path
    return try await journalCall { try Journal.open(at: path) }
  }

  /// Opens it to look at it; nil where nothing was ever moved. Throws CommandFailure, also for a file that was asked for
  /// and is not there.
  func openReadOnly() async throws -> Journal? {
    let (path, isAskedFor) = try place(ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
    return try await journalCall {
      do {
        return try Journal.openReadOnly(at: path)
      } catch JournalError.missing where !isAskedFor {
        return nil
      }
    }
  }

  /// Opens it to leave wishes in it; nil, and no file is made, where nothing was ever moved. Throws as both others.
  func openForWishes() async throws -> Journal? {
    try await openReadOnly() == nil ? nil : try await open()
  }

  /// The file asked for, else that of the machine for root, of the user otherwise. Empty variables count as none, and a
  /// relative XDG_STATE_HOME too (XDG base directory specification).
  func place(_ environment: [String: String], isRoot: Bool) throws -> (path: String, isAskedFor: Bool) {
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let asked = journal ?? variable("MIGRATE_JOURNAL") { return (asked, true) }
    if isRoot { return ("/var/lib/migrate/journal.sqlite", false) }
    let state = variable("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    guard let directory = state ?? variable("HOME").map({ "\($0)/.local/state" }) else {
      throw CommandFailure.usage("without HOME and XDG_STATE_HOME the journal has no place; name one with --journal")
    }
    return ("\(directory)/migrate/journal.sqlite", false)
  }
}

/// A call of the journal, off the cooperative pool, with its errors as those of a command.
func journalCall<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  do {
    return try await blocking(body)
  } catch let error as JournalError {
    throw CommandFailure(status: .failed, message: error.description)
  }
}

/// Seconds since 1970, as the journal has them.
func secondsNow() -> Double { Date().timeIntervalSince1970 }
