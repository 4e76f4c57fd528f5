import Testing

@testable import BenchModel

@Suite struct QuantileTests {
  @Test(
    arguments: [
      ([], nil), ([3], 3), ([4, 1], 2.5), ([9, 1, 5], 5), ([4, 1, 3, 2], 2.5), ([-1, -3], -2),
    ] as [([Double], Double?)])
  func medianIsTheMiddle(_ values: [Double], _ expected: Double?) {
    #expect(median(values) == expected)
  }

  @Test(
    arguments: [
      (0, 15), (0.05, 15), (0.2, 15), (0.3, 20), (0.4, 20), (0.41, 35), (0.5, 35), (0.8, 40), (0.81, 50), (1, 50),
    ] as [(Double, Double)])
  func nearestRankWasMeasured(_ share: Double, _ expected: Double) {
    #expect(quantile(share, of: [50, 15, 40, 20, 35]) == expected)
  }

  /// 0.07 × 100 is a little more than 7 in binary.
  @Test(arguments: 1...99)
  func percentilesOfAHundredAreTheirRanks(_ percent: Int) {
    #expect(quantile(Double(percent) / 100, of: (1...100).map(Double.init)) == Double(percent))
  }

  @Test func nothingHasNoQuantile() { #expect(quantile(0.5, of: []) == nil) }
}

@Suite struct BootstrapTests {
  private static func normalish(_ count: Int, around middle: Double, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      // Twelve uniform numbers have a sum of variance 1.
      (0..<12).reduce(middle - 6) { sum, _ in sum + Double(generator.next() >> 11) / 9_007_199_254_740_992 }
    }
  }

  /// SplitMix64 of seed 1234567, as published with its reference implementation (Vigna, splitmix64.c).
  @Test func generatorIsSplitMix64() {
    var generator = SeededGenerator(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func isTheSameForTheSameSeed() {
    let values = Self.normalish(9, around: 10, seed: 1)
    let first = medianInterval(values, rounds: 300, seed: 3)
    #expect(first != nil)
    #expect(medianInterval(values, rounds: 300, seed: 3) == first)
    #expect(medianInterval(values, rounds: 300, seed: 4) != first)
  }

  /// Of 100 intervals of 95 % about 95 hold the true median, and a few do not: an interval of everything is none.
  @Test func coversTheTrueMedianAboutAsOftenAsItSays() {
    let hits = (0..<100).count { seed in
      medianInterval(Self.normalish(21, around: 10, seed: UInt64(seed)), rounds: 400, seed: 9)?.contains(10) == true
    }
    #expect((88...99).contains(hits))
  }

  @Test func intervalOfOneValueIsThatValue() {
    #expect(medianInterval([4], rounds: 50, seed: 1) == Interval(low: 4, high: 4))
    #expect(medianInterval([], rounds: 50, seed: 1) == nil)
  }

  @Test func ratioIsTheFirstOverTheSecond() throws {
    let (twenty, ten) = (Self.normalish(15, around: 200, seed: 1), Self.normalish(15, around: 100, seed: 2))
    let interval = try #require(ratioInterval(twenty, over: ten, rounds: 300, seed: 1))
    #expect(interval.contains(2) && interval.low > 1.9 && interval.high < 2.1)
    #expect(interval.low < interval.high)
  }

  @Test func ratioOverZeroIsNone() {
    #expect(ratioInterval([1, 2], over: [0, 0], rounds: 50, seed: 1) == nil)
    #expect(ratioInterval([1, 2], over: [], rounds: 50, seed: 1) == nil)
    #expect(ratioInterval([], over: [1], rounds: 50, seed: 1) == nil)
  }
}

@Suite struct MannWhitneyTests {
  struct Case: Sendable {
    var first: [Double]
    var second: [Double]
    var p: Double
  }

  /// Of SciPy 1.17.1: mannwhitneyu(first, second, method="asymptotic", use_continuity=True).pvalue.
  @Test(arguments: [
    Case(first: [1, 2, 3, 4, 5, 6], second: [7, 8, 9, 10, 11], p: 0.00811311726556578),
    Case(first: [3, 1, 4, 1, 5, 9, 2, 6], second: [5, 3, 5, 8, 9, 7, 9], p: 0.07983871964585261),
    Case(first: [2, 2, 2, 3], second: [2, 3, 3, 3, 3], p: 0.15729920705028516),
    Case(first: [10.1, 9.8, 10.4, 10], second: [10.2, 9.9, 10.3, 10.05], p: 0.8852339144732015),
  ])
  func agreesWithSciPy(_ sample: Case) throws {
    let p = try #require(mannWhitney(sample.first, sample.second))
    #expect(abs(p - sample.p) < 1e-6)
    let mirrored = try #require(mannWhitney(sample.second, sample.first))
    #expect(abs(mirrored - p) < 1e-12)
  }

  @Test func equalValuesShowNothing() {
    #expect(mannWhitney([2, 2, 2, 2], [2, 2, 2, 2, 2]) == 1)
  }

  @Test func isNoProbabilityAboveOne() throws {
    let p = try #require(mannWhitney([1, 2, 3, 4], [1, 2, 3, 4]))
    #expect(p <= 1 && p > 0.99)
  }

  @Test func threeValuesAreTooFew() {
    #expect(mannWhitney([1, 2, 3], [4, 5, 6, 7]) == nil)
    #expect(mannWhitney([4, 5, 6, 7], [1, 2, 3]) == nil)
    #expect(mannWhitney([4, 5, 6, 7], [1, 2, 3, 4]) != nil)
  }
}

@Suite struct HolmTests {
  /// By hand: 0.005 × 4; 0.01 × 3; 0.03 × 2; 0.04 × 1, which may not be below the one before.
  @Test func stepsDown() {
    let adjusted = holm([0.01, 0.04, 0.03, 0.005])
    #expect(zip(adjusted, [0.03, 0.06, 0.06, 0.02]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func neverExceedsOne() { #expect(holm([0.9, 0.8]) == [1, 1]) }

  @Test func oneIsItself() {
    #expect(holm([0.04]) == [0.04])
    #expect(holm([]) == [])
  }
}
