import BenchModel
import Benchmark

func beatBenchmarks() {
  Benchmark("beats.parse") { (benchmark, bytes: [UInt8]) in
    benchmark.demand(beats(in: bytes).count == beatCount)
  } setup: {
    beatBytes()
  }
  Benchmark("beats.analyse") { (benchmark, beats: [Beat]) in
    let trace = BeatTrace(beats, period: period)
    benchmark.demand(trace.complaints.isEmpty && trace.downtime == pause)
    benchmark.demand(trace.stalled(beyond: period) == pause && trace.pagesChecked > 0)
    benchmark.demand(!trace.throughput(from: 0, step: 1_000_000_000).isEmpty)
  } setup: {
    beats(in: beatBytes())
  }
  Benchmark("bootstrap.median") { (benchmark, values: [Double]) in
    benchmark.demand(medianInterval(values, rounds: 10_000, seed: 1)?.contains(1) == true)
  } setup: {
    var generator = SeededGenerator(seed: 7)
    return (0..<40).map { _ in Double.random(in: 0.5...1.5, using: &generator) }
  }
}

private let beatCount = 100_000
/// Of the beats, and how long the guest stands still half-way, in ns.
private let period: Int64 = 2_000_000
private let pause: Int64 = 60_000_000

private func stamp(_ number: Int) -> Int64 { Int64(number) * period + (number < beatCount / 2 ? 0 : pause) }

/// Beats as they come over the wire, one behind the other, of a guest that rewrites 100 pages a beat.
private func beatBytes() -> [UInt8] {
  var bytes: [UInt8] = []
  for number in 1...UInt64(beatCount) {
    bytes += Array("BEAT".utf8) + [1, 0, 0, 0]
    for field in [number, number * 2_000_000, 4711, number * 50, 0, number * 100, number / 1000] {
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: field >> (8 * $0)) }
    }
  }
  return bytes
}

private func beats(in bytes: [UInt8]) -> [Beat] {
  (0..<bytes.count / Beat.size).compactMap { number in
    Beat(
      bytes[number * Beat.size..<(number + 1) * Beat.size], stamp: stamp(number), side: number < beatCount / 2 ? 0 : 1)
  }
}
