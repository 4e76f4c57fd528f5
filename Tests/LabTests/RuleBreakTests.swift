import Foundation
import Preflight
import Testing

@testable import Lab

/// Every rule that can be broken on a lab's host is broken there, is found out, and is then ignored: so none is folklore.
///
/// RULES=network.mtu,guest.state in the environment breaks those alone.
@Suite(.serialized) struct RuleBreakTests {
  @Test func everyRuleIsBrokenOrSaysWhyNot() throws {
    let plan = LabPlan(name: "none", index: 0, hostCount: 2, stateRoot: "/none", cacheRoot: "/none")
    let broken = Set(try Bench(lab: Lab(plan: plan, life: .withOwner, lifelines: [])).breaks.map(\.rule))
    let excused = Set(Bench.unbreakable.keys)
    #expect(broken.union(excused) == Set(catalogue.map(\.id)))
    #expect(broken.isDisjoint(with: excused))
  }

  @Test func aBrokenRuleIsFoundAndLibvirtShowsWhy() async throws {
    let only = ProcessInfo.processInfo.environment["RULES"]?.split(separator: ",").map(String.init)
    try await withTestLab("breaks") { lab in
      let bench = try Bench(lab: lab)
      try await bench.prepare()
      let breaker = Breaker(bench: bench)
      try await breaker.writeSSHConfiguration()
      var alarms = try await breaker.expectWhole()
      var found = 0
      let chosen = bench.breaks.filter { only?.contains($0.rule) ?? true }
      for one in chosen {
        do {
          let seen = try await breaker.show(one)
          found += seen.isFound ? 1 : 0
          alarms += seen.alarms
        } catch { Issue.record(error, "\(one.rule): \(one.what)") }
      }
      alarms += try await breaker.expectWhole()
      let rules = Set(chosen.map(\.rule)).count
      print("\(rules) rules broken in \(chosen.count) ways, \(found) findings seen, \(alarms) false alarms")
      #expect(found == chosen.count)
      #expect(alarms == 0)
    }
  }
}
