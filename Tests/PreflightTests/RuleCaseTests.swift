import MigrationModel
import Testing

@testable import Preflight

/// What one rule must answer of the ready move with something changed.
struct RuleCase: Sendable, CustomTestStringConvertible {
  enum Expected: String, Sendable, CaseIterable {
    case holds, notApplicable, unknown, blocker, warning, info

    /// The kinds that every rule must be seen to answer; how bad a failure is depends on the rule.
    var kind: Kind {
      switch self {
      case .holds: .holds
      case .notApplicable: .notApplicable
      case .unknown: .unknown
      case .blocker, .warning, .info: .fails
      }
    }
  }

  enum Kind: String, Sendable, CaseIterable { case holds, fails, unknown, notApplicable }

  var rule: String
  var expected: Expected
  /// What is changed, in a few words.
  var name: String
  var change: @Sendable (inout Move) -> Void

  init(_ rule: String, _ expected: Expected, _ name: String, _ change: @escaping @Sendable (inout Move) -> Void) {
    self.rule = rule
    self.expected = expected
    self.name = name
    self.change = change
  }

  var testDescription: String { "\(rule) \(expected.rawValue): \(name)" }
}

let ruleCases: [RuleCase] =
  hostCases + connectionCases + versionCases + cpuCases + clockCases + storageCases + networkCases + securityCases
  + memoryCases + deviceCases + guestCases + flagCases + planCases

/// Answers that a rule cannot give, and why.
let impossible: [String: [RuleCase.Kind: String]] = [
  "host.identity": [.notApplicable: "a move is always between two hosts"],
  "host.hostname": [.notApplicable: "a move is always between two hosts"],
  "version.libvirt": [.notApplicable: "every move goes through two daemons"],
  "emulator.present": [.notApplicable: "every guest needs an emulator"],
  "device.passthrough": [.notApplicable: "a guest that holds no hardware of the host passes"],
  "flags.legal": [
    .unknown: "the request is always known", .notApplicable: "a request without options is legal",
  ],
  "guest.agent": [.unknown: "the XML that the guest is known by tells whether an agent is connected"],
  "guest.collision": [.notApplicable: "every guest has a name and a UUID"],
  "guest.persistence": [.unknown: "the request and the guest's own facts are always known"],
  "guest.snapshots": [.notApplicable: "any guest may have snapshots, also one that is shut off"],
  "guest.state": [.notApplicable: "every guest is in a state"],
]

@Suite struct RuleCaseTests {
  @Test(arguments: ruleCases)
  func aRuleAnswersAsItShould(_ ruleCase: RuleCase) throws {
    let move = move(ruleCase.change)
    let answer = try #require(move.answer(ruleCase.rule), "there is no rule \(ruleCase.rule)")
    switch ruleCase.expected {
    case .holds: #expect(answer == .holds)
    case .notApplicable: #expect(answer.isNotApplicable, "\(answer)")
    case .unknown, .blocker, .warning, .info:
      let finding = try #require(
        move.findings(ruleCase.rule).first { $0.severity.rawValue == ruleCase.expected.rawValue }, "\(answer)")
      #expect(!finding.subject.isEmpty && !finding.source.isEmpty && !finding.destination.isEmpty)
      #expect(finding.message.hasSuffix(".") && !finding.message.contains("\n"))
      #expect(!finding.remedy.isEmpty || ruleCase.expected == .info, "a finding without a remedy")
      #expect(finding.remedy.allSatisfy { !$0.contains("\n") })
    }
  }

  @Test(arguments: catalogue.map(\.id))
  func everyRuleIsSeenToGiveEveryAnswer(_ rule: String) {
    for kind in RuleCase.Kind.allCases where impossible[rule]?[kind] == nil {
      #expect(ruleCases.contains { $0.rule == rule && $0.expected.kind == kind }, "\(rule) is never seen: \(kind)")
    }
  }

  @Test func whatIsCalledImpossibleIsNeverSeen() {
    for ruleCase in ruleCases { #expect(impossible[ruleCase.rule]?[ruleCase.expected.kind] == nil, "\(ruleCase)") }
    #expect(Set(impossible.keys).isSubset(of: catalogue.map(\.id)))
  }
}
