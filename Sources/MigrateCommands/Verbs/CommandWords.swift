import ArgumentParser
import MigrationModel

/// What the parser takes for something else than was meant; it would move other guests than those that were named.
struct CommandWords {
  let words: [String]

  /// Throws ValidationError before anything is parsed: after `--name=` the parser takes the next word for the value.
  func refuseEmptyValues() throws {
    let options = words.prefix { $0 != "--" }
    if let empty = options.first(where: { $0.hasPrefix("--") && $0.count > 3 && $0.hasSuffix("=") }) {
      throw ValidationError("\(empty) has no value")
    }
  }

  /// Throws ValidationError for a verb that was written after options, where it counts as a guest.
  func refuseLateVerb(in run: RunVerb?, of verbs: [String]) throws {
    guard let run, words.first != "run", let verb = run.arguments.words.first, verbs.contains(verb) else { return }
    throw ValidationError(
      "“\(verb)” stands after an option, and so names a guest: write `migrate \(verb) ...`, or `migrate run ...` if a guest"
        + " has that name")
  }

  /// The last line that a script waits for, where the words themselves were wrong: for a move that was asked to tell its
  /// end as JSON.
  func resultAsJSON(of message: String, verbs: [String]) -> String? {
    guard let first = words.first, first == "run" || !verbs.contains(first), !words.contains("--check") else {
      return nil
    }
    let format = zip(words, words.dropFirst()).first { $0.0 == "--output" }?.1
    let isAsked =
      ["json", "jsonl"].contains(format) || words.contains { ["--output=json", "--output=jsonl"].contains($0) }
    guard isAsked else { return nil }
    let result = MigrationResult(outcome: .failed, error: MigrationFailure(message: message))
    var line = EventLine(MigrationUpdate(sequence: 1, time: .zero, domain: "*", content: .result(result)))
    line.exitCode = ExitStatus.usage.rawValue
    return JSON.line(line)
  }
}
