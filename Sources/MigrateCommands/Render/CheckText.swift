import MigrationModel
import Preflight

/// Preflight's answer for a tired person: the verdict first, then what blocks, then the rest.
struct CheckText {
  var style: Style
  var isVerbose: Bool
  /// Verdicts only.
  var isQuiet = false

  func text(_ check: Check) -> String {
    let assessment = check.assessment
    if isQuiet { return headline(check) }
    let lines = [headline(check)] + body(assessment.findings) + [mode(check.choice), passes(assessment)]
    return lines.joined(separator: "\n")
  }

  /// The verdict of now, beside that of then; below, only what changed.
  func text(_ check: Check, since drift: Drift) -> String {
    let before = drift.verdict.map { "was \($0.headline)" } ?? "was not known"
    var lines = ["\(headline(check)), \(before)"]
    if isQuiet { return lines[0] }
    lines += body(check.assessment.findings)
    lines += drift.resolved.map {
      "  \(style.paint("gone   ", .green)) \($0.rule)  \($0.subject.printable)  (\($0.severity.rawValue))"
    }
    lines += drift.changes.map { "  changed \($0.host) \($0.fact): \($0.before) → \($0.now)".printable }
    let nothing = check.assessment.findings.isEmpty && drift.resolved.isEmpty && drift.changes.isEmpty
    lines.append(
      style.paint(
        "  \(nothing ? "nothing changed, " : "")\(plural(drift.unchanged, "finding")) as before",
        .faint))
    return lines.joined(separator: "\n")
  }

  /// A line and its remedies for each finding; what is unknown for one and the same reason is told once.
  func body(_ findings: [Finding]) -> [String] {
    let causes = Dictionary(grouping: findings.filter { $0.severity == .unknown }, by: \.cause)
    var told: Set<String> = []
    return findings.flatMap { finding -> [String] in
      guard let cause = finding.cause, let alike = causes[cause], alike.count > 2, finding.severity == .unknown else {
        return lines(for: finding)
      }
      return told.insert(cause).inserted ? folded(alike, cause) : []
    }
  }

  private func folded(_ findings: [Finding], _ cause: String) -> [String] {
    let names = findings.map(\.rule).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let blocks = findings.contains(where: \.blocks)
    return [
      "  \(style.paint(Severity.unknown.mark, Severity.unknown.colour)) \(names.count) rules  \(cause.printable)",
      "      \(names.joined(separator: ", "))",
    ] + (blocks ? [style.paint("      or --allow each of them", .faint)] : [])
  }

  private func headline(_ check: Check) -> String {
    let move = "\(check.domain.name): \(check.source.name) → \(check.destination.name)".printable
    let counts = Severity.allCases.compactMap { severity -> String? in
      let count = check.assessment.findings.count { $0.severity == severity }
      return count > 0 ? "\(count) \(severity.plural(count))" : nil
    }.joined(separator: ", ")
    let verdict = style.paint(check.assessment.verdict.headline, check.assessment.verdict.colour)
    return "\(verdict)  \(move)\(counts.isEmpty ? "" : "  (\(counts))")"
  }

  func lines(for finding: Finding) -> [String] {
    let values =
      finding.source.isEmpty && finding.destination.isEmpty
      ? "" : "  [source: \(finding.source) · destination: \(finding.destination)]"
    let sentence = "\(finding.message)\(values)".printable
    let mark = style.paint(finding.severity.mark, finding.severity.colour)
    let overridden = finding.isOverridden ? " (overridden by --allow)" : ""
    return ["  \(mark) \(finding.rule)  \(sentence)\(overridden)"]
      + finding.remedy.map { "      → \($0.printable)" }
      + (finding.blocks ? [style.paint("      or --allow \(finding.rule)", .faint)] : [])
  }

  private func mode(_ choice: ModeChoice) -> String {
    style.paint("  mode \(choice.mode.rawValue): \(choice.because)".printable, .faint)
  }

  private func passes(_ assessment: Assessment) -> String {
    let skipped = assessment.notApplicable
    guard isVerbose else {
      return style.paint("  \(assessment.passed.count) rules hold, \(skipped.count) do not apply", .faint)
    }
    return
      (assessment.passed.map { "  \(style.paint("ok", .green)) \($0)" }
      + skipped.map { "  \(style.paint("--", .faint)) \($0) (does not apply)" }).joined(separator: "\n")
  }
}

extension Verdict {
  var headline: String {
    switch self {
    case .ready: "READY"
    case .warnings: "READY, WITH WARNINGS"
    case .blocked: "BLOCKED"
    case .inconclusive: "INCONCLUSIVE"
    }
  }

  var colour: Style.Colour {
    switch self {
    case .ready: .green
    case .warnings, .inconclusive: .yellow
    case .blocked: .red
    }
  }
}

extension Severity {
  var mark: String {
    switch self {
    case .blocker: "BLOCKER"
    case .warning: "warning"
    case .info: "info   "
    case .unknown: "UNKNOWN"
    }
  }

  var colour: Style.Colour {
    switch self {
    case .blocker: .red
    case .warning, .unknown: .yellow
    case .info: .faint
    }
  }

  func plural(_ count: Int) -> String {
    switch self {
    case .blocker: count == 1 ? "blocker" : "blockers"
    case .warning: count == 1 ? "warning" : "warnings"
    case .info: count == 1 ? "remark" : "remarks"
    case .unknown: "unknown"
    }
  }
}
