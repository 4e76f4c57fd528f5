/// How long the rules take for 1,000 domains on two hosts, from facts that are in memory:
///
///     swift run -c release --package-path Benchmarks/Rules rules
///
/// Nothing is read, decoded or printed while it is measured. `perf record -g` on the program shows which rule takes long.

import MigrationModel
import Preflight

let runs = 20

/// Milliseconds of each run of `body`, after one that warms up.
func measure(_ body: () -> Void) -> [Double] {
  body()
  return (0..<runs).map { _ in
    let took = ContinuousClock().measure(body).components
    return Double(took.seconds) * 1e3 + Double(took.attoseconds) / 1e15
  }.sorted()
}

func report(_ name: String, _ times: [Double]) {
  func milliseconds(_ value: Double) -> String { "\((value * 100).rounded() / 100) ms" }
  let median = (times[(runs - 1) / 2] + times[runs / 2]) / 2
  print(
    "\(name): median \(milliseconds(median)), min \(milliseconds(times[0])), max \(milliseconds(times[runs - 1])),"
      + " n \(runs)")
}

for (name, site) in [("all fits", Site(fits: true)), ("every guest has findings", Site(fits: false))] {
  var verdicts: [Verdict: Int] = [:]
  var findings: Set<String> = []
  let times = measure {
    verdicts = [:]
    for guest in site.source.guests {
      let assessment = assess(
        MigrationRequest(), domain: guest, source: site.source, destination: site.destination, pair: site.pair)
      verdicts[assessment.verdict, default: 0] += 1
      findings.formUnion(assessment.findings.map(\.rule))
    }
  }
  report("\(Site.domains) domains, \(name)", times)
  print("  \(verdicts.map { "\($0.value) \($0.key)" }.sorted()), findings of \(findings.sorted())")
}
