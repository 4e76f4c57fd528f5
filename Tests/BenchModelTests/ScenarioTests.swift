import Testing

@testable import BenchModel

private struct Mistake: Sendable, CustomTestStringConvertible {
  var line: String
  var change: @Sendable (inout Scenario) -> Void
  var testDescription: String { line }
  init(_ line: String, _ change: @escaping @Sendable (inout Scenario) -> Void) {
    (self.line, self.change) = (line, change)
  }
}

private let mistakes: [Mistake] = [
  Mistake("memory_mib is 95; 96 or more") { $0.guest = .init(memoryMib: 95, keptMib: 8) },
  Mistake("kept_mib is 49; the guest needs 80 MiB of its 128 for itself") {
    $0.guest = .init(memoryMib: 128, keptMib: 49)
  },
  Mistake("kept_mib is 0; the guest needs 80 MiB of its 256 for itself") { $0.guest = .init(keptMib: 0) },
  Mistake("vcpus is 65; 1 to 64") { $0.guest = .init(vcpus: 65) },
  Mistake("vcpus is 0; 1 to 64") { $0.guest = .init(vcpus: 0) },
  Mistake("rate_mib_s is -1; 0 to 1000000, or max") { $0.guest = .init(rateMibS: .mebibytesPerSecond(-1)) },
  Mistake("beat_ms is 0.4; 0.5 to 5") { $0.beatMs = 0.4 },
  Mistake("beat_ms is 5.1; 0.5 to 5") { $0.beatMs = 5.1 },
  Mistake("repeats is 0; 1 to 10000") { $0.repeats = 0 },
  Mistake("repeats is 10001; 1 to 10000") { $0.repeats = 10_001 },
  Mistake("link_mib_s is 0; 1 to 1000000") { $0.linkMibS = 0 },
  Mistake("time_limit_s is 0; 1 to 86400") { $0.timeLimitS = 0 },
  Mistake("time_limit_s is 86401; 1 to 86400") { $0.timeLimitS = 86_401 },
  Mistake("no tool scp: migrate, virsh") { $0.tools = ["migrate", "scp"] },
  Mistake("tools are named once each") { $0.tools = [] },
  Mistake("tools are named once each") { $0.tools = ["virsh", "virsh"] },
  Mistake("it has no variants") { $0.variants = [] },
  Mistake("two variants have one name") { $0.variants.append($0.variants[0]) },
  Mistake("plain: no mode fast: plain, p2p, tunnelled") { $0.variants[0].mode = "fast" },
  Mistake("plain: passes is -1") { $0.variants[0].act = .init(.suspend, after: -1) },
  Mistake("plain: max_downtime_ms is 0") { $0.variants[0].maxDowntimeMs = 0 },
]

@Suite struct ScenarioTests {
  @Test func defaultsCanBeRun() { #expect(Scenario.sample("idle", "plain").mistakes == []) }

  @Test(arguments: mistakes)
  private func namesTheMistakeAndTheScenario(_ mistake: Mistake) {
    var scenario = Scenario.sample("idle", "plain")
    mistake.change(&scenario)
    #expect(scenario.mistakes == ["scenario idle: \(mistake.line)"])
  }

  @Test func namesThemAll() {
    var scenario = Scenario.sample("")
    scenario.linkMibS = -5
    #expect(
      scenario.mistakes == [
        "scenario : it needs a name", "scenario : link_mib_s is -5; 1 to 1000000", "scenario : it has no variants",
      ])
  }

  @Test func limitsThemselvesAreAllowed() {
    var scenario = Scenario.sample("idle", "plain")
    scenario.guest = .init(memoryMib: 96, vcpus: 64, keptMib: 16, rateMibS: .mebibytesPerSecond(0))
    scenario.requires = ["kvm"] + Scenario.capabilities
    (scenario.beatMs, scenario.repeats, scenario.linkMibS, scenario.timeLimitS) = (0.5, 10_000, 1, 1)
    scenario.tools = ["virsh", "migrate"]
    scenario.variants = ["plain", "p2p", "tunnelled"].map {
      .init(name: $0, mode: $0, maxDowntimeMs: 1, act: .init(.postcopy, after: 0))
    }
    #expect(scenario.mistakes == [])
    scenario.beatMs = 5
    #expect(scenario.mistakes == [])
  }
}
