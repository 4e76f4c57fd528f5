import Benchmark
import MigrationModel
import Preflight

func preflightBenchmarks() {
  Benchmark("preflight.fits") { (benchmark, site: Site) in
    benchmark.demand(site.verdicts == [.ready: Site.domains])
  } setup: {
    Site(fits: true)
  }
  Benchmark("preflight.findings") { (benchmark, site: Site) in
    benchmark.demand(site.verdicts == [.blocked: Site.domains])
  } setup: {
    Site(fits: false)
  }
}

extension Site {
  /// How many domains come to which verdict.
  fileprivate var verdicts: [Verdict: Int] {
    source.guests.reduce(into: [:]) { verdicts, guest in
      let assessment = assess(
        MigrationRequest(), domain: guest, source: source, destination: destination, pair: pair)
      blackHole(assessment.findings)
      verdicts[assessment.verdict, default: 0] += 1
    }
  }
}
