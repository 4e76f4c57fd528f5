import MigrationModel
import Testing

@testable import Preflight

@Suite struct VerdictTests {
  @Test func nothingWrongIsReady() {
    let assessment = readyMove().assessed()
    #expect(assessment.findings == [])
    #expect(assessment.verdict == .ready)
    #expect(Set(assessment.passed).union(assessment.notApplicable) == Set(catalogue.map(\.id)))
    #expect(assessment.passed.contains("storage.identity") && assessment.notApplicable.contains("storage.pool"))
  }

  @Test func aFindingSaysWhetherTheMoveIsKeptBackByIt() {
    var unread = readyMove()
    unread.destination.memory = .gap(gap)
    unread.destination.clockSync = .gap(gap)
    let assessment = unread.assessed()
    let blocking = Dictionary(grouping: assessment.findings, by: \.rule).mapValues { $0.contains(where: \.blocks) }
    #expect(blocking == ["memory.free": true, "clock.sync": false, "plan.headroom": false])
  }

  @Test func everyRuleAppearsOnce() {
    let ids = catalogue.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(ids.count == 51)
    #expect(ids.first == "host.identity")
    #expect(ids.last == "plan.headroom")
    for rule in catalogue {
      #expect(!rule.summary.isEmpty)
      #expect(rule.id.split(separator: ".").count == 2)
      #expect([.blocker, .warning, .info].contains(rule.weight))
    }
  }

  /// Every rule answers in exactly one of the three lists, whatever is known.
  @Test func everyRuleAnswersOnceWhenNothingIsKnown() {
    let assessment = move {
      $0.source = HostFacts(name: "kvm1", uri: "a", gap: gap)
      $0.destination = HostFacts(name: "kvm2", uri: "b", gap: gap)
      $0.pair = PairFacts(source: "kvm1", destination: "kvm2", gap: gap)
    }.assessed()
    let found = Set(assessment.findings.map(\.rule))
    #expect(assessment.verdict == .inconclusive)
    #expect(found.isDisjoint(with: assessment.passed))
    #expect(found.union(assessment.passed).union(assessment.notApplicable) == Set(catalogue.map(\.id)))
    #expect(Set(assessment.findings.map(\.severity)) == [.unknown])
    #expect(assessment.findings.allSatisfy { $0.message.contains("\(gap)") || $0.message.contains("nothing asked") })
  }

  @Test(arguments: [
    ([Severity.info], Verdict.ready), ([.warning, .info], .warnings), ([.unknown, .warning], .inconclusive),
    ([.info, .unknown, .blocker, .warning], .blocked), ([], .ready),
  ])
  func theGravestFindingDecides(_ severities: [Severity], _ verdict: Verdict) {
    let rule = Rule("test.rule", .blocker, "a test") { _ in .holds }
    let issues = severities.map { Issue($0, "s", source: "a", destination: "b", "m") }
    let assessment = assess([(rule, Answer(issues))], allow: [])
    #expect(assessment.verdict == verdict)
    let order: [Severity] = [.blocker, .unknown, .warning, .info]
    #expect(assessment.findings.map(\.severity) == order.filter(severities.contains))
  }

  @Test func aGapUnderAWarningRuleOnlyWarns() {
    let assessment = move { $0.destination.clockSync = .gap(gap) }.assessed()
    #expect(assessment.findings.map(\.rule) == ["clock.sync"])
    #expect(assessment.findings.map(\.severity) == [.unknown])
    #expect(assessment.verdict == .warnings)
  }

  @Test func allowTurnsABlockerIntoAWarning() {
    let blocked = move { $0.destination.links = .known([]) }
    #expect(blocked.assessed().verdict == .blocked)
    let allowed = blocked.with { $0.request.allow = ["network.bridge"] }.assessed()
    #expect(allowed.verdict == .warnings)
    #expect(allowed.findings.map(\.severity) == [.warning])
    #expect(allowed.findings.map(\.isOverridden) == [true])
    #expect(!allowed.passed.contains("network.bridge"))
  }

  @Test func allowOfOneRuleLeavesTheOthers() {
    let assessment = move {
      $0.destination.links = .known([])
      $0.destination.networks = .known([])
      $0.request.allow = ["network.bridge"]
    }.assessed()
    #expect(assessment.verdict == .blocked)
    #expect(assessment.findings.map(\.rule) == ["network.libvirt", "network.bridge"])
    #expect(assessment.findings.map(\.isOverridden) == [false, true])
  }

  @Test func allowedUnknownIsNotInconclusive() {
    let unknown = move { $0.destination.domains = .gap(gap) }
    #expect(unknown.assessed().verdict == .inconclusive)
    let allowed = unknown.with { $0.request.allow = ["guest.collision"] }.assessed()
    #expect(allowed.verdict == .warnings)
    #expect(allowed.findings.map(\.severity) == [.unknown])
    #expect(allowed.findings.map(\.isOverridden) == [true])
  }

  @Test func allowDoesNotTouchWarnings() {
    let finding = move {
      $0.source.libvirt = .known(Version(9, 1, 0))
      $0.request.allow = ["version.libvirt"]
    }.findings("version.libvirt")
    #expect(finding.map(\.severity) == [.warning])
    #expect(finding.map(\.isOverridden) == [false])
  }

  @Test func anAssessmentSurvivesEquality() {
    #expect(readyMove().assessed() == readyMove().assessed())
  }
}
