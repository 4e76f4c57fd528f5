import Testing

@testable import BenchModel

@Suite struct FormatTests {
  @Test(
    arguments: [
      (1.25, 1, "1.3"), (-0.04, 1, "0.0"), (-0.06, 1, "−0.1"), (0.05, 2, "0.05"), (1234.5, 0, "1235"), (2, 3, "2.000"),
      (.infinity, 1, "–"), (.nan, 1, "–"), (nil, 2, "–"),
    ] as [(Double?, Int, String)])
  func decimalsAreFixed(_ value: Double?, _ places: Int, _ text: String) { #expect(decimal(value, places) == text) }

  @Test(
    arguments: [
      (0, "0.00"), (9.994, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"), (-12.34, "−12.3"), (nil, "–"),
    ] as [(Double?, String)])
  func figuresHaveThreeDigits(_ value: Double?, _ text: String) { #expect(figure(value) == text) }

  @Test func negativeRangesHaveNoDash() {
    #expect(range(1, 2) == "1.00–2.00")
    #expect(range(-1, 2) == "−1.00 to 2.00")
  }
}

@Suite struct ScaleTests {
  @Test(
    arguments: [
      ([3, 97], [0, 20, 40, 60, 80, 100]), ([0.013, 0.021], [0.012, 0.014, 0.016, 0.018, 0.02, 0.022]),
      ([-2.4, 2.4], [-3, -2, -1, 0, 1, 2, 3]), ([5, 5], [0, 1, 2, 3, 4, 5]), ([0], [0, 0.2, 0.4, 0.6, 0.8, 1]),
      ([], [0, 0.2, 0.4, 0.6, 0.8, 1]), ([.nan, 3, .infinity, 97], [0, 20, 40, 60, 80, 100]),
    ] as [([Double], [Double])])
  func ticksAreRound(_ values: [Double], _ ticks: [Double]) {
    let scale = Scale(around: values, from: 0, to: 100)
    #expect(scale.ticks.count == ticks.count && zip(scale.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test(
    arguments: [
      ([3, 700], [2, 5, 10, 20, 50, 100, 200, 500, 1000]), ([0.15, 4], [0.1, 0.2, 0.5, 1, 2, 5]),
    ] as [([Double], [Double])])
  func wideRangesAreLogarithmic(_ values: [Double], _ ticks: [Double]) {
    let scale = Scale(around: values, from: 0, to: 100, logarithmicBeyond: 20)
    #expect(scale.isLogarithmic)
    #expect(scale.ticks.count == ticks.count && zip(scale.ticks, ticks).allSatisfy { abs($0 / $1 - 1) < 1e-9 })
  }

  @Test func zeroHasNoLogarithm() {
    #expect(!Scale(around: [0, 1000], from: 0, to: 1, logarithmicBeyond: 2).isLogarithmic)
    #expect(!Scale(around: [-1, 1000], from: 0, to: 1, logarithmicBeyond: 2).isLogarithmic)
  }

  @Test func positionsAreBetweenTheEnds() {
    let line = Scale(around: [0, 100], from: 50, to: 250)
    #expect(line.position(25) == 100 && line.position(-9) == 50 && line.position(900) == 250)
    let decades = Scale(around: [1, 1000], from: 0, to: 300, logarithmicBeyond: 2)
    #expect(abs(decades.position(10) - 100) < 1e-6 && abs(decades.position(100) - 200) < 1e-6)
    #expect(decades.position(-5) == 0)
  }

  @Test func labelsHaveTheDecimalsOfTheStep() {
    let scale = Scale(around: [0.013, 0.021], from: 0, to: 1)
    #expect(scale.ticks.map(scale.label) == ["0.012", "0.014", "0.016", "0.018", "0.020", "0.022"])
  }

  /// ln 2 and ln 10 from Abramowitz, Stegun, table 4.2.
  @Test(
    arguments: [
      (1, 0), (2, 0.6931471805599453), (10, 2.302585092994046), (0.1, -2.302585092994046), (1e6, 13.815510557964274),
    ]
      as [(Double, Double)])
  func logarithmIsNatural(_ value: Double, _ expected: Double) { #expect(abs(logarithm(value) - expected) < 1e-12) }
}

@Suite struct DrawingTests {
  @Test(
    arguments: [(1.04, "1"), (1.06, "1.1"), (-0.5, "-0.5"), (-1, "-1"), (12.34, "12.3"), (.nan, "0")]
      as [(Double, String)])
  func placesHaveATenthOfAPixel(_ value: Double, _ text: String) { #expect(SVG.at(value) == text) }

  @Test func dotsThatWouldCoverEachOtherAreSpread() {
    let places = spread([10, 10, 10, 50], around: 20, radius: 10)
    #expect(places.map(\.across) == [20, 15.5, 24.5, 20])
    #expect(places.map(\.along) == [10, 10, 10, 50])
    #expect(spread([Double](repeating: 1, count: 99), around: 0, radius: 10).allSatisfy { abs($0.across) <= 10 })
  }

  @Test func aColumnHasItsLongestGap() {
    // A pixel a ms: gaps of 2, 3 and 4 ms, the last beyond the end.
    let series = GapSeries(first: 1, gapsUs: [2000, 3000, 4000], threshold: 4)
    let scale = Scale(exactly: 0, 8, from: 100, to: 108)
    #expect(series.columns(scale) == [0, 2, 2, 3, 3, 3, 4, 4])
    #expect(series.longest?.start == 6 && series.longest?.end == 10)
  }

  @Test func aColumnOfManyGapsKeepsTheLongest() {
    let series = GapSeries(first: 0, gapsUs: [100, 700, 100, 100], threshold: 4)
    #expect(series.columns(Scale(exactly: 0, 2, from: 0, to: 2)) == [0.7, 0])
  }

  @Test func theLongestGapIsLabelledAndInSightAfterTheCommandsEnd() throws {
    var run = Run.sample(total: 10)
    var line = Run.Timeline()
    line.firstBeatMs = 0
    line.beatGapsUs = [Int](repeating: 2000, count: 400) + [321_000, 2000]
    run.timeline = line
    let drawing = try #require(timeLine(of: run, period: 2))
    #expect(drawing.contains(">321</text>") && drawing.contains("class=\"band\""))
    line.beatGapsUs = [Int](repeating: 2000, count: 400)
    run.timeline = line
    let even = try #require(timeLine(of: run, period: 2))
    #expect(!even.contains("class=\"band\"") && !even.contains("area gap"))
  }

  /// Gaps of 1 ms, one of 10 ms, and 1 ms again: up, up, down and down, back to where it began.
  @Test func anAreaReturnsToItsBase() throws {
    var run = Run.sample(total: 0)
    var line = Run.Timeline()
    (line.firstBeatMs, line.beatGapsUs) = (
      100, [Int](repeating: 1000, count: 20) + [10_000] + [Int](repeating: 1000, count: 20)
    )
    run.timeline = line
    let drawing = try #require(timeLine(of: run, period: 2))
    let path = try #require(drawing.firstMatch(of: /class="area" d="M86 [0-9.]+([^"]*)z"/)).1
    let rises = path.matches(of: /v(-?[0-9]+)/).compactMap { Int($0.1) }
    #expect(rises.count == 4 && rises[0] < 0 && rises[1] < 0 && rises.reduce(0, +) == 0)
  }

  @Test func aRunWithoutATimeLineHasNoDrawing() { #expect(timeLine(of: .sample(), period: 2) == nil) }
}
