import Lab

/// What a soak showed.
public struct SoakReport: Sendable {
  var samples: [SoakSample] = []
  var durations: [Double] = []
  var downtimes: [Double] = []
  var failures: [String] = []
  var keeper: KeeperReport?
  var watch: KeeperWatchReport?

  /// What must not be; empty when all is well.
  public var complaints: [String] {
    var wrong = failures + (watch?.complaints ?? ["the guest was not watched"])
    if let keeper, keeper.errors > 0 { wrong.append("\(keeper.errors) checks of the guest's memory failed in the end") }
    return wrong + growth() + samples.flatMap(untidy)
  }

  /// Each measurement after the warm-up against the last one in it, or the first of all in a short soak.
  private func growth() -> [String] {
    guard let base = samples.last(where: { $0.move <= Soak.warmUp }) else { return [] }
    return samples.filter { $0.move > base.move }.flatMap { sample in
      let counts: [(String, Int, Int)] = [
        ("descriptors", base.descriptors, sample.descriptors),
        ("threads", base.threads + Soak.spareWorkers, sample.threads),
        ("memory", base.memory + Soak.slack, sample.memory),
      ]
      return counts.filter { $2 > $1 }.map { "\($0) grew to \($2) by move \(sample.move), from \($1)" }
    }
  }

  private func untidy(_ sample: SoakSample) -> [String] {
    var wrong = sample.leftovers
    if sample.machines != 1 { wrong.append("\(sample.machines) QEMUs") }
    if sample.references > 0 { wrong.append("\(sample.references) references to closed connections") }
    if sample.clients > 0 { wrong.append("\(sample.clients) clients of libvirtd") }
    if sample.sessions > 0 { wrong.append("\(sample.sessions) ssh sessions") }
    return wrong.map { "after move \(sample.move): \($0)" }
  }

  /// docs/soak.md.
  public var page: String {
    let wrong = complaints
    return """
      # A guest that moves \(durations.count) times

      Written by `bash Tests/soak.sh`: one process moves one guest back and forth between two hosts (see [lab.md](lab.md)),
      plain and p2p in turn, each move with connections of its own, as the command has them. The guest keeps 24 MiB of its
      memory, changes 8 MiB a second of them, checks them all the time and is asked 100 times a second.

      Every \(Soak.stride) moves this process and both hosts are measured, once the last move's connections are closed.
      After the first \(Soak.warmUp) moves descriptors must not grow at all, threads by no more than one a CPU, which the
      pool of libdispatch may add when all of its own wait, and memory (VmRSS after malloc_trim) by no more than
      \(Soak.slack / 1024) MiB; a host must show one QEMU in all, no client, no session, and nothing left over.

      | | |
      |---|---|
      | moves that ended well | \(durations.count - failures.count) of \(durations.count) |
      | a move takes | \(Self.spread(durations, "s")) |
      | downtime between the two events | \(Self.spread(downtimes, "ms")) |
      | requests that the guest answered | \(watch?.answered ?? 0) of \(watch?.sent ?? 0), \(watch?.answeredTwice ?? 0) of them twice |
      | longest time without an answer | \(Int(watch?.longestGap?.milliseconds ?? 0)) ms |
      | checks of a page, failed ones | \(keeper?.pagesChecked ?? 0), \(keeper?.errors ?? 0) |
      | verdict | \(wrong.isEmpty ? "nothing grows, nothing is left" : wrong.joined(separator: "; ")) |

      \(MarkdownTable.text(header: SoakSample.header, rows: samples.map(\.cells)))
      """
  }

  private static func spread(_ numbers: [Double], _ unit: String) -> String {
    guard let low = numbers.min(), let high = numbers.max() else { return "unknown" }
    let median = numbers.sorted()[numbers.count / 2]
    return "\(text(low)) to \(text(high)) \(unit), median \(text(median)) \(unit)"
  }

  private static func text(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
