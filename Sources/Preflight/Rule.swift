import MigrationModel

/// One question that must be answered before a guest may move: an entry of the catalogue.
public struct Rule: Sendable, Identifiable {
  /// A contract: "network.bridge". Never renamed.
  public let id: String
  /// The worst that this rule can find. A gap under a blocker rule makes the verdict inconclusive.
  public let weight: Severity
  /// What is compared, in one line.
  public let summary: String
  let judge: @Sendable (Move) -> Answer

  init(_ id: String, _ weight: Severity, _ summary: String, _ judge: @escaping @Sendable (Move) -> Answer) {
    self.id = id
    self.weight = weight
    self.summary = summary
    self.judge = judge
  }
}

/// What a rule says of one move.
public enum Answer: Sendable, Equatable {
  case holds
  /// There is nothing to compare, and why.
  case notApplicable(String)
  case findings([Issue])

  /// `holds` when there are no issues.
  init(_ issues: [Issue]) { self = issues.isEmpty ? .holds : .findings(issues) }

  /// The answers for several things as one: every issue; else holds if any did; else not applicable.
  init(all answers: [Answer], ifNone reason: String) {
    let issues = answers.flatMap(\.issues)
    let asked = answers.contains { if case .notApplicable = $0 { false } else { true } }
    self = !issues.isEmpty ? .findings(issues) : asked ? .holds : .notApplicable(reason)
  }

  var issues: [Issue] {
    if case .findings(let issues) = self { issues } else { [] }
  }
}

/// A finding before it knows which rule it belongs to.
public struct Issue: Sendable, Equatable {
  public var severity: Severity
  /// How bad an `unknown` could be at worst, where that is less than the rule's weight.
  public var worst: Severity?
  public var subject: String
  public var source: String
  public var destination: String
  public var message: String
  public var remedy: [String]
  /// Of an unknown: the gap's reason.
  public var cause: String?

  init(
    _ severity: Severity, _ subject: String, source: String, destination: String, _ message: String,
    remedy: [String] = [], worst: Severity? = nil, cause: String? = nil
  ) {
    self.severity = severity
    self.worst = worst
    self.subject = subject
    self.source = source
    self.destination = destination
    self.message = message
    self.remedy = remedy
    self.cause = cause
  }
}
