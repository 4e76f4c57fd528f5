/// How much a finding weighs.
public enum Severity: String, Codable, Sendable, CaseIterable {
  case blocker, warning, info
  /// The fact could not be read.
  case unknown
}

/// One reason for or against the move, with both values and what mends it.
public struct Finding: Codable, Sendable, Equatable {
  /// The rule's id, a contract: "network.bridge".
  public var rule: String
  public var severity: Severity
  /// The thing that the finding is about: a bridge, a path, a flag.
  public var subject: String
  public var source: String
  public var destination: String
  /// One sentence.
  public var message: String
  /// Commands or steps, with the real names filled in.
  public var remedy: [String]
  /// True when `--allow` took the block away: the severity is then `warning`.
  public var isOverridden: Bool
  /// The move is not begun because of it: a blocker, or an unknown where a blocker might be.
  public var blocks: Bool
  /// Of an unknown: why the fact could not be read, the same words for every fact that is missing for that reason.
  public var cause: String?

  public init(
    rule: String, severity: Severity, subject: String, source: String, destination: String, message: String,
    remedy: [String] = [], isOverridden: Bool = false, blocks: Bool, cause: String? = nil
  ) {
    self.rule = rule
    self.severity = severity
    self.subject = subject
    self.source = source
    self.destination = destination
    self.message = message
    self.remedy = remedy
    self.isOverridden = isOverridden
    self.blocks = blocks
    self.cause = cause
  }
}

/// What preflight concludes.
public enum Verdict: String, Codable, Sendable, CaseIterable {
  case ready, warnings, blocked, inconclusive
}

/// Every rule's answer for one domain and one pair of hosts.
public struct Assessment: Codable, Sendable, Equatable {
  public var verdict: Verdict
  /// Blockers first, then unknowns, warnings and infos; within a severity in catalogue order.
  public var findings: [Finding]
  /// Ids of the rules that hold, in catalogue order.
  public var passed: [String]
  public var notApplicable: [String]

  public init(verdict: Verdict, findings: [Finding], passed: [String], notApplicable: [String]) {
    self.verdict = verdict
    self.findings = findings
    self.passed = passed
    self.notApplicable = notApplicable
  }
}
