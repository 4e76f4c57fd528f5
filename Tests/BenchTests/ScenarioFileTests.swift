import BenchModel
import Testing

@testable import Bench

struct ScenarioFileTests {
  @Test(arguments: ScenarioFile.shipped) func whatIsShippedCanBeRead(name: String) throws {
    let scenarios = try ScenarioFile.read(name)
    #expect(scenarios.allSatisfy { !$0.variants.isEmpty && ($0.repeats ?? 0) >= 10 })
    #expect(Set(scenarios.map(\.name)).count == scenarios.count)
  }

  @Test func everyWordOfAFileArrives() throws {
    let text = """
      name: all
      about: everything
      guest: {memory_mib: 512, vcpus: 2, kept_mib: 128, rate_mib_s: max, pattern: hot-cold}
      link_mib_s: 100
      beat_ms: 1.5
      repeats: 3
      tools: [virsh]
      time_limit_s: 9
      requires: [kvm]
      preflight: true
      variants:
        - {name: one, mode: tunnelled, options: [--postcopy], max_downtime_ms: 50, act: {kind: postcopy, passes: 2}}
      ---
      name: second
      guest: {rate_mib_s: 7}
      variants: [{name: plain}]
      """
    let read = try ScenarioFile.parse(text, of: "all.yaml")
    var all = Scenario(
      name: "all",
      variants: [
        .init(
          name: "one", mode: "tunnelled", options: ["--postcopy"], maxDowntimeMs: 50, act: .init(.postcopy, after: 2))
      ])
    all.about = "everything"
    all.guest = .init(memoryMib: 512, vcpus: 2, keptMib: 128, rateMibS: .max, pattern: "hot-cold")
    (all.linkMibS, all.beatMs, all.repeats, all.tools) = (100, 1.5, 3, ["virsh"])
    (all.timeLimitS, all.requires, all.preflight) = (9, ["kvm"], true)
    var second = Scenario(name: "second", variants: [.init(name: "plain")])
    second.guest = .init(rateMibS: .mebibytesPerSecond(7))
    #expect(read == [all, second])
  }

  @Test(arguments: [
    ("name: a\nrepeat: 3\nvariants: [{name: b}]", "has no “repeat”"),
    ("name: a\nguest: {memory: 3}\nvariants: [{name: b}]", "“guest” has no “memory”"),
    ("name: a\nvariants: [{name: b, acts: 1}]", "“variants” has no “acts”"),
    ("name: a\nvariants: [{name: b, act: {kind: pause, passes: 1}}]", "kind"),
    ("name: a\nvariants: [{name: b, mode: magic}]", "no mode magic"),
    ("name: a\nvariants: [{name: b}, {name: b}]", "two variants have one name"),
    ("name: a\nguest: {memory_mib: 64, kept_mib: 64}\nvariants: [{name: b}]", "needs 80 MiB"),
    ("name: a\nguest: {pattern: zigzag}\nvariants: [{name: b}]", "no pattern zigzag"),
    ("name: a\nguest: {rate_mib_s: fast}\nvariants: [{name: b}]", "a number of MiB/s or max"),
    ("name: a\nbeat_ms: 20\nvariants: [{name: b}]", "beat_ms is 20"),
    ("name: a\nrequires: [magic]\nvariants: [{name: b}]", "nothing is known of magic"),
    ("name: a\ntools: [rsync]\nvariants: [{name: b}]", "no tool rsync"),
    ("name: a", "“variants” is missing"),
    ("- a\n- b", "keys and values"),
    ("name: [", "while parsing"),
    ("", "no scenario"),
  ]) func whatIsWrongIsNamed(text: String, words: String) {
    let error = #expect(throws: BenchError.self) { try ScenarioFile.parse(text, of: "broken.yaml") }
    let said = error?.description ?? ""
    #expect(said.contains(words) && said.contains("broken.yaml"), "\(said)")
  }

  @Test func aFileThatIsNotThereIsNamedWithWhatIsShipped() {
    let error = #expect(throws: BenchError.self) { try ScenarioFile.read("/nonexistent/x.yaml") }
    #expect(error?.description.contains("/nonexistent/x.yaml") == true && error?.description.contains("quick") == true)
  }
}
