import Foundation
import MigrationModel
import Preflight
import Testing

@testable import MigrateCommands

/// A file of facts may come from anywhere: whatever it says, judging it ends with a verdict, and never with a better one
/// for knowing less.
@Suite struct FactsFuzzTests {
  private static let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/lab-pair.json")

  private func assessments(of survey: Survey) -> [Assessment] {
    survey.pairs.flatMap { pair -> [Assessment] in
      guard let source = survey.host(pair.source), let destination = survey.host(pair.destination) else { return [] }
      return source.guests.map {
        assess(MigrationRequest(), domain: $0, source: source, destination: destination, pair: pair)
      }
    }
  }

  @Test func factsOfRealHostsAreReplayed() throws {
    let survey = try FactsFile(contentsOf: Self.fixture.path()).survey
    let found = assessments(of: survey)
    #expect(found.count == 1)
    #expect(found.first?.findings.filter { $0.rule != "plan.headroom" } == [])
    #expect(found.first?.verdict == .ready || found.first?.verdict == .warnings)
  }

  /// Numbers become extremes, texts become odd, known facts become gaps, and elements come twice or not at all.
  @Test func damagedFactsAreRefusedOrJudged() throws {
    let whole = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.fixture))
    var random = SplitMix64(seed: 20_261_121)
    var (tried, judged) = (0, 0)
    for _ in 0..<1000 {
      tried += 1
      let damaged = damage(whole, &random, chance: 0.01)
      let data = try JSONSerialization.data(withJSONObject: damaged)
      guard let survey = try? JSONDecoder().decode(Survey.self, from: data) else { continue }
      for assessment in assessments(of: survey) {
        judged += 1
        let ids = Set(assessment.findings.map(\.rule)).union(assessment.passed).union(assessment.notApplicable)
        #expect(ids == Set(catalogue.map(\.id)))
        let blocks = assessment.findings.contains(where: \.blocks)
        #expect(blocks == [.blocked, .inconclusive].contains(assessment.verdict))
      }
    }
    print("damaged facts: \(tried) tried, \(judged) could be judged")
    #expect(judged > 100)
  }

  private func damage(_ node: Any, _ random: inout SplitMix64, chance: Double) -> Any {
    let isHit = Double.random(in: 0..<1, using: &random) < chance
    switch node {
    case let object as [String: Any]:
      if isHit, object["known"] != nil { return ["gap": ["source": "a test", "reason": "took it away"]] }
      return object.mapValues { damage($0, &random, chance: chance) }
    case let list as [Any]:
      let kept = isHit ? Array(list.dropLast()) + list.prefix(1) + list.prefix(1) : list
      return kept.map { damage($0, &random, chance: chance) }
    case is String where isHit:
      return ["", "it's $(x)", "\u{0}", "9".repeated(400), "-1"].randomElement(using: &random)!
    case is NSNumber where isHit:
      return [0, -1, Int.max, Int.min, 1 << 53, 65536].randomElement(using: &random)!
    default: return node
    }
  }
}

/// Steele, Lea and Flood's generator: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}

extension String {
  fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
