import BenchModel
import Testing

struct JobTests {
  private var scenario: Scenario {
    var scenario = Scenario(name: "all", variants: ["a", "b", "c"].map { .init(name: $0) })
    (scenario.repeats, scenario.tools) = (20, ["migrate", "virsh"])
    return scenario
  }

  @Test func everyRepeatHasEveryVariantWithBothToolsSideBySide() {
    let all = jobs(of: scenario, seed: 1)
    #expect(all.count == 120 && all.map(\.repeat) == all.map(\.repeat).sorted())
    for start in stride(from: 0, to: all.count, by: 2) {
      let pair = all[start..<start + 2]
      #expect(Set(pair.map(\.variant.name)).count == 1 && Set(pair.map(\.tool)) == ["migrate", "virsh"])
    }
    for number in 1...20 {
      #expect(Set(all.filter { $0.repeat == number }.map(\.variant.name)) == ["a", "b", "c"])
    }
  }

  @Test func theOrderIsDrawnAndTheSameForTheSameSeed() {
    let all = jobs(of: scenario, seed: 1)
    #expect(all == jobs(of: scenario, seed: 1) && all != jobs(of: scenario, seed: 2))
    let first = stride(from: 0, to: all.count, by: 2).map { all[$0].tool }
    #expect(Set(first) == ["migrate", "virsh"])
    let orders = Set((0..<20).map { number in all[number * 6..<number * 6 + 6].map(\.variant.name) })
    #expect(orders.count > 1)
  }

  @Test func aScenarioWithoutVariantsHasNothingToDo() {
    #expect(jobs(of: Scenario(name: "controls", variants: []), seed: 1) == [])
  }
}
