/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014): small, and the same
/// numbers for the same seed on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// The middle of the values, or the mean of the two in the middle; nil of none.
public func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  return medianOfSorted(values.sorted())
}

private func medianOfSorted(_ sorted: [Double]) -> Double {
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// The smallest value that at least `share` (0 to 1) of the values do not exceed: nearest rank, so that it was measured.
public func quantile(_ share: Double, of values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  // A product that binary makes a little too large, as 0.07 × 100, is of the rank below.
  let rank = Int((share * Double(values.count) - 1e-9).rounded(.up))
  return values.sorted()[min(max(rank, 1), values.count) - 1]
}

/// The range from its lower to its upper end.
public struct Interval: Sendable, Equatable {
  public var low: Double
  public var high: Double

  public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

  public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// As JSON a list of two numbers.
extension Interval: Codable {
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    self.init(low: try container.decode(Double.self), high: try container.decode(Double.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(low)
    try container.encode(high)
  }
}

/// 95 % of `statistic` over samples drawn from what was measured, with replacement (Efron's percentile bootstrap, 1979).
///
/// nil where `statistic` has no value; `statistic` draws as often as it likes from the generator that it is given.
private func bootstrap(
  rounds: Int, seed: UInt64, _ statistic: (inout SeededGenerator) -> Double?
) -> Interval? {
  var generator = SeededGenerator(seed: seed)
  var results: [Double] = []
  results.reserveCapacity(rounds)
  for _ in 0..<rounds {
    guard let result = statistic(&generator) else { return nil }
    results.append(result)
  }
  results.sort()
  let tail = Int(Double(rounds) * 0.025)
  return Interval(low: results[tail], high: results[rounds - 1 - tail])
}

/// The 95 % interval of the median; nil of no values.
public func medianInterval(_ values: [Double], rounds: Int = 10_000, seed: UInt64) -> Interval? {
  bootstrap(rounds: rounds, seed: seed) { medianOfDraw(from: values, with: &$0) }
}

/// The 95 % interval of the ratio of two medians, of samples that are not paired; nil where one has no values.
public func ratioInterval(
  _ values: [Double], over others: [Double], rounds: Int = 10_000, seed: UInt64
) -> Interval? {
  bootstrap(rounds: rounds, seed: seed) { generator in
    guard let one = medianOfDraw(from: values, with: &generator),
      let other = medianOfDraw(from: others, with: &generator), other > 0
    else { return nil }
    return one / other
  }
}

private func medianOfDraw(from values: [Double], with generator: inout SeededGenerator) -> Double? {
  guard !values.isEmpty else { return nil }
  var drawn = values
  for index in drawn.indices { drawn[index] = values[Int(generator.next(upperBound: UInt64(values.count)))] }
  drawn.sort()
  return medianOfSorted(drawn)
}

/// How likely samples differ at least as much as these when both come from one distribution: the Mann-Whitney U test,
/// two-sided, by the normal approximation with the correction for ties and continuity (Mann, Whitney 1947).
///
/// nil where a sample has fewer than four values: the approximation says nothing there.
public func mannWhitney(_ first: [Double], _ second: [Double]) -> Double? {
  let (m, n) = (Double(first.count), Double(second.count))
  guard min(m, n) >= 4 else { return nil }
  let all = (first.map { ($0, true) } + second.map { ($0, false) }).sorted { $0.0 < $1.0 }
  var (rankSum, ties) = (0.0, 0.0)
  var start = 0
  while start < all.count {
    let end = all[start...].firstIndex { $0.0 != all[start].0 } ?? all.count
    let count = Double(end - start)
    let rank = Double(start) + (count + 1) / 2
    rankSum += rank * Double(all[start..<end].count { $0.1 })
    ties += count * count * count - count
    start = end
  }
  let u = rankSum - m * (m + 1) / 2
  let total = m + n
  let variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
  guard variance > 0 else { return 1 }
  let distance = max(abs(u - m * n / 2) - 0.5, 0)
  return 2 * upperTail(distance / variance.squareRoot())
}

/// The probabilities, each raised so that with all of them together one in twenty is a false alarm (Holm 1979).
public func holm(_ probabilities: [Double]) -> [Double] {
  var adjusted = probabilities
  var highest = 0.0
  for (position, index) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] }).enumerated() {
    highest = max(highest, min(1, probabilities[index] * Double(probabilities.count - position)))
    adjusted[index] = highest
  }
  return adjusted
}

/// How much of the standard normal distribution is above `x`, 0 or more; to 1e-7 (Abramowitz, Stegun 26.2.17).
private func upperTail(_ x: Double) -> Double {
  let t = 1 / (1 + 0.2316419 * x)
  let series =
    t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return exponential(-x * x / 2) / 2.5066282746310002 * series
}

/// e to the power of `x`, 0 or less, without a mathematics library: the core imports none.
private func exponential(_ x: Double) -> Double {
  // Halved until the series is short, squared as often.
  var (small, squarings) = (x, 0)
  while small < -0.5 { (small, squarings) = (small / 2, squarings + 1) }
  var (term, sum) = (1.0, 1.0)
  for index in 1...14 {
    term *= small / Double(index)
    sum += term
  }
  for _ in 0..<squarings { sum *= sum }
  return sum
}
