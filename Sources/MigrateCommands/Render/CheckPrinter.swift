import MigrationModel

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// Prints what a check came to, in the format asked for. `jsonl` is one document a line.
struct CheckPrinter {
  var arguments: MoveArguments
  var start: ContinuousClock.Instant

  init(_ arguments: MoveArguments, since start: ContinuousClock.Instant) {
    self.arguments = arguments
    self.start = start
  }

  func print(_ checks: [Check]) {
    let elapsed = ContinuousClock.now - start
    emit(checks.map { CheckDocument($0, elapsed: elapsed) }) { checks.map(text.text).joined(separator: "\n") }
  }

  /// What changed for each domain since facts were saved.
  func print(_ drifts: [(check: Check, drift: Drift)]) {
    let elapsed = ContinuousClock.now - start
    emit(drifts.map { CheckDocument($0.check, since: $0.drift, elapsed: elapsed) }) {
      drifts.map { text.text($0.check, since: $0.drift) }.joined(separator: "\n")
    }
  }

  /// A request that no host could grant: nothing was asked of any.
  func refuse(_ findings: [Finding]) {
    emit(documents(findings: findings, failure: nil)) {
      (["\(Verdict.blocked.headline)  no host was asked"] + findings.flatMap(text.lines(for:))).joined(separator: "\n")
    }
  }

  func fail(_ failure: CommandFailure) {
    emit(documents(findings: [], failure: failure)) { nil }
    complain(failure)
  }

  private var text: CheckText {
    CheckText(
      style: arguments.output.style, isVerbose: arguments.output.verbose, isQuiet: arguments.output.quiet)
  }

  private func documents(findings: [Finding], failure: CommandFailure?) -> [CheckDocument] {
    let elapsed = ContinuousClock.now - start
    return arguments.domains.map {
      CheckDocument(
        domain: $0, source: arguments.source, destination: arguments.destination, findings: findings, failure: failure,
        elapsed: elapsed)
    }
  }

  private func emit(_ documents: [CheckDocument], text: () -> String?) {
    switch arguments.output.output {
    case .text: if let text = text() { Swift.print(text) }
    case .json: Swift.print(JSON.document(documents), terminator: "")
    case .jsonl: for document in documents { Swift.print(JSON.line(document), terminator: "") }
    }
  }
}

/// Errors go to stderr in every format: stdout carries the document.
func complain(_ failure: CommandFailure) { inform("migrate: \(failure.message)") }

/// A line on stderr, for whoever watches.
func inform(_ line: String) {
  fputs("\(line.printable)\n", stderr)
}
