import Benchmark

/// All of them. Their input is made in memory before the clock starts, and nothing is read or printed while it runs.
///
/// Names are file names too, under Thresholds: no blanks.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput], timeUnits: .microseconds, warmupIterations: 3, maxDuration: .seconds(3),
    maxIterations: 200,
    // Twice the stored time is a regression. Less is never one, and throughput is the same figure once more.
    thresholds: [.wallClock: .init(relative: [.p90: 100]), .throughput: .none])
  preflightBenchmarks()
  parserBenchmarks()
  engineBenchmarks()
  beatBenchmarks()
}

extension Benchmark {
  /// Fails the benchmark where it has not done what it is to measure: a wrong answer is soon given.
  func demand(_ condition: Bool) {
    if !condition { error("\(name) came to a wrong result") }
  }
}
