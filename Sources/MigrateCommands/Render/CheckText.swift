import MigrationModel

/// Preflight's answer for a tired person: the verdict first, then what blocks, then the rest.
struct CheckText {
  var style: Style
  var isVerbose: Bool

  func text(_ check: Check) -> String {
    let assessment = check.assessment
    var lines = [headline(check)]
    lines += assessment.findings.flatMap(lines(for:))
    lines.append(passes(assessment))
    return lines.joined(separator: "\n")
  }

  private func headline(_ check: Check) -> String {
    let move = "\(check.domain.name): \(check.source.name) → \(check.destination.name)".printable
    let counts = Severity.allCases.compactMap { severity in
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
