/// Where a value stands on a stretch of a drawing.
struct Scale {
  private(set) var low: Double
  private(set) var high: Double
  let start: Double
  let end: Double
  private(set) var isLogarithmic = false
  /// Round values to be labelled, from the lowest.
  private(set) var ticks: [Double] = []

  /// With round ends around the values that are numbers.
  /// - Parameter factor: logarithmic where all are positive and the highest is more than so many times the lowest.
  init(around values: [Double], from start: Double, to end: Double, logarithmicBeyond factor: Double = .infinity) {
    (self.start, self.end) = (start, end)
    let finite = values.filter(\.isFinite)
    (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if low == high { (low, high) = (min(low, 0), max(high, low < 0 ? 0 : low == 0 ? 1 : high)) }
    isLogarithmic = low > 0 && high / low > factor
    if isLogarithmic { widenToSteps() } else { widenToMultiples() }
  }

  /// Exactly from one value to the other, with round ticks between them.
  init(exactly low: Double, _ high: Double, from start: Double, to end: Double) {
    (self.low, self.high, self.start, self.end) = (low, max(high, low + 1e-9), start, end)
    let step = Self.step(over: self.high - low, parts: 8)
    let first = Int((low / step).rounded(.up))
    ticks = (first..<first + 20).map { Double($0) * step }.filter { $0 <= high }
  }

  private mutating func widenToMultiples() {
    let step = Self.step(over: high - low, parts: 6)
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
    (low, high) = (first * step, last * step)
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  private mutating func widenToSteps() {
    var decade = 1.0
    while decade > low { decade /= 10 }
    while decade * 10 <= low { decade *= 10 }
    var steps: [Double] = []
    while steps.last ?? 0 < high {
      steps += [decade, decade * 2, decade * 5]
      decade *= 10
    }
    steps = steps.filter { $0 > low / 2.6 && $0 < high * 2.6 }
    let (below, above) = (steps.last { $0 <= low } ?? low, steps.first { $0 >= high } ?? high)
    (ticks, low, high) = (steps.filter { below <= $0 && $0 <= above }, below, above)
  }

  /// 1, 2 or 5 times a power of ten, so that at most about `parts` of them make the range.
  private static func step(over range: Double, parts: Double) -> Double {
    var decade = 1.0
    while decade > range / parts { decade /= 10 }
    while decade * 10 <= range / parts { decade *= 10 }
    return [1, 2, 5, 10].map { $0 * decade }.first { $0 * parts >= range } ?? decade * 10
  }

  /// Values beyond an end stand at that end.
  func position(_ value: Double) -> Double {
    let inside = min(max(value, low), high)
    let share =
      isLogarithmic
      ? logarithm(inside / low) / logarithm(high / low)
      : (inside - low) / (high - low)
    return start + (end - start) * share
  }

  /// A tick in words, with the decimals that its step needs.
  func label(_ tick: Double) -> String {
    let step = isLogarithmic ? tick : ticks.count > 1 ? ticks[1] - ticks[0] : tick
    let places = (0...6).first { abs((step * powerOfTen($0)).rounded() - step * powerOfTen($0)) < 1e-6 }
    return decimal(tick, places ?? 6)
  }
}

/// The natural logarithm of a positive number, without a mathematics library: 2 artanh((x - 1) / (x + 1)), a series.
func logarithm(_ value: Double) -> Double {
  guard value > 0, value.isFinite else { return 0 }
  let z = (value.significand - 1) / (value.significand + 1)
  var (power, sum) = (z, 0.0)
  for index in stride(from: 1.0, through: 29, by: 2) {
    sum += power / index
    power *= z * z
  }
  return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
}
