import Engine
import MigrationModel

/// `migrate.recover/1`: what both hosts said of a guest, the one safe action, and what came of it.
struct RecoverDocument: Encodable, Sendable, Equatable {
  struct Host: Encodable, Sendable, Equatable {
    var uri: String
    var guest: String
  }

  var schema = "migrate.recover/1"
  var domain: String
  var source: Host
  var destination: Host
  /// nothing, wait, resume-source, pause-source, remove-source, resume-destination, remove-destination, resume-postcopy, start or person.
  var action: String
  var because: String
  /// Whether the action was carried out and both hosts now show it.
  var done: Bool
  /// The one host on which the guest is active now; absent for none, both or unknown.
  var runningOn: String?
  /// What is still to be run by a person.
  var remedy: [String]?
  var error: String?
  var exitCode: Int32

  var text: String {
    let lines: [String?] = [
      "\(domain): on \(source.uri) \(source.guest); on \(destination.uri) \(destination.guest)",
      "\(action): \(because)",
      error.map { "not done: \($0)" },
      done ? "done\(runningOn.map { ": it runs on \($0)" } ?? "")" : nil,
    ]
    return (lines.compactMap { $0?.printable } + (remedy ?? []).map { "  → \($0.printable)" }).joined(separator: "\n")
  }
}

extension Recovery {
  /// Its name in `migrate.recover/1`, and why it is the one.
  var told: (action: String, because: String) {
    let action =
      switch self {
      case .settled: "nothing"
      case .wait, .unreachable: "wait"
      case .resumeSource: "resume-source"
      case .pauseSource: "pause-source"
      case .removeSource: "remove-source"
      case .resumeDestination: "resume-destination"
      case .removeDestination: "remove-destination"
      case .resumePostcopy: "resume-postcopy"
      case .start: "start"
      case .person: "person"
      }
    return (action, because)
  }
}
