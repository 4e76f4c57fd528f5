import BenchModel

/// A bench's figures for a terminal.
struct BenchText {
  var style: Style

  func report(_ report: BenchReport) -> String {
    let blocks = [
      problems(report), [environment(report.environment)], noise(report.controls), stops(report.controls),
      figures(report), ratios(report.ratios), reading(report),
    ]
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private func problems(_ report: BenchReport) -> [String] {
    guard !report.ok else { return [] }
    return [style.paint("NOT TO BE RELIED ON", .red)] + report.problems.map { "  \($0)".printable }
  }

  private func environment(_ environment: BenchReport.Environment) -> String {
    let parts = [
      environment.site, environment.accelerator, environment.qemu.map { "QEMU \($0)" },
      environment.libvirt.map { "libvirt \($0)" }, environment.kernel.map { "Linux \($0)" },
      environment.cpus.map { "\($0) × \(environment.cpu ?? "CPU")" },
      environment.loadBefore.map { "load \($0) to \(environment.loadAfter ?? $0)" },
      environment.collector.isEmpty ? nil : "beats stamped by \(environment.collector)",
    ]
    return parts.compactMap(\.self).joined(separator: ", ").printable
  }

  private func noise(_ controls: [Control]) -> [String] {
    let rows = controls.filter { $0.kind == .none }.map { control in
      [control.scenario ?? ""] + [control.p50Ms, control.p99Ms, control.p999Ms, control.maxMs].map { number($0) }
        + ["\(control.beats)", "\(control.lost)"] + [control.lateP99Ms, control.lateMaxMs].map { number($0) }
    }
    return table(
      "Without a move: silence beyond a beat, and how late a thread before all others wakes up, in ms",
      ["", "p50", "p99", "p99.9", "max", "beats", "lost", "late p99", "late max"], rows)
  }

  private func stops(_ controls: [Control]) -> [String] {
    let stopped = controls.filter { $0.kind == .stopContinue }
    let lengths = Set(stopped.compactMap(\.askedMs)).sorted()
    let groups = lengths.map { asked in (number(asked), stopped.filter { $0.askedMs == asked }) } + [("all", stopped)]
    let rows = groups.filter { !$0.1.isEmpty }.map { name, controls -> [String] in
      let errors = controls.compactMap(\.errorMs).map(abs)
      let medians = [\Control.atLeastMs, \.atMostMs, \.stoppedMs, \.readMs].map { path in
        name == "all" ? "" : number(median(controls.compactMap { $0[keyPath: path] }))
      }
      return [name] + medians
        + [quantile(0.5, of: errors), quantile(0.99, of: errors), errors.max()].map { number($0) } + [
          "\(controls.count)"
        ]
    }
    return table(
      "Stop, wait, continue: what the beats read, and how far outside of what can be, in ms",
      ["asked", "at least", "at most", "by QEMU", "read", "error p50", "p99", "max", "n"], rows) + disturbed(stopped)
  }

  private func disturbed(_ stopped: [Control]) -> [String] {
    let (again, still) = (stopped.count { ($0.taken ?? 1) > 1 }, stopped.count(where: \.isDisturbed))
    guard again > 0 else { return [] }
    return [
      "  \(again) taken again, for the machine itself stood still or the commands took too long; \(still) disturbed to the last"
    ]
  }

  private func figures(_ report: BenchReport) -> [String] {
    let shown: [Metric] = [
      .heartbeat, .stalled, .qemu, .event, .reported, .corrected, .network, .firstPacket, .total,
    ]
    var rows: [[String]] = []
    for row in report.summary where row.metric == .total {
      let own = report.summary.filter { $0.scenario == row.scenario && $0.tool == row.tool }
      let cells = shown.map { metric -> String in
        guard let figure = own.first(where: { $0.metric == metric }) else { return "–" }
        guard metric == .heartbeat || metric == .total else { return number(figure.median) }
        return "\(number(figure.median)) (\(number(figure.ci95.low))–\(number(figure.ci95.high)))"
      }
      rows.append([row.scenario, row.tool] + cells + ["\(row.n)"])
    }
    let gone = report.runs.filter { !$0.counts && $0.error != nil }.map {
      "\($0.scenario) \($0.tool) \($0.repeat): \($0.outcome): \($0.error ?? "")".printable
    }
    return table(
      "Moves: medians in ms, with the 95 % interval",
      [
        "", "", "heartbeat", "stalled", "QEMU", "event", "reported", "corrected", "network", "first packet", "total",
        "n",
      ], rows)
      + gone
  }

  private func ratios(_ ratios: [RatioRow]) -> [String] {
    table(
      "migrate ÷ virsh, medians of pairs", ["", "", "ratio", "95 %", "pairs"],
      ratios.map { row in
        let interval = "\(number(row.ci95.low, 3))–\(number(row.ci95.high, 3))"
        return [row.scenario, row.metric.rawValue, number(row.ratio, 3), interval, "\(row.n)"]
      })
  }

  private func reading(_ report: BenchReport) -> [String] {
    guard !report.summary.isEmpty else { return [] }
    return [
      "The headline is the heartbeat: from the guest's last beat through the source to its first through the destination,",
      "as seen from outside. QEMU's and libvirt's figures leave out what it waits for after it is continued. Stalled is all",
      "that it stood still, the handover with the rest: QEMU also holds a guest up when a move begins.",
    ]
  }

  func comparison(_ comparison: BenchComparison) -> String {
    let rows = comparison.rows.map { row in
      let interval = row.ci95.map { "\(number($0.low, 3))–\(number($0.high, 3))" } ?? "–"
      return [
        row.scenario, row.tool, row.metric.rawValue, number(row.medianA), number(row.medianB), number(row.ratio, 3),
        interval,
        number(row.pAdjusted, 4), row.verdict.rawValue,
      ]
    }
    let head = ["", "", "", "A", "B", "B ÷ A", "95 %", "p, of all", ""]
    let losses = comparison.losses.map { style.paint("worse: \($0.printable)", .red) }
    return (table("Medians", head, rows) + losses + comparison.notes.map(\.printable)).joined(separator: "\n")
  }

  private func number(_ value: Double?, _ places: Int = 2) -> String { decimal(value, places) }

  /// A title, and columns as wide as their widest cell; texts to the left, figures to the right. Nothing without rows.
  private func table(_ title: String, _ head: [String], _ rows: [[String]]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let all = [head] + rows.map { $0.map(\.printable) }
    let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let isText = head.indices.map { head[$0].isEmpty }
    let lines = all.map { cells in
      zip(zip(cells, widths), isText).map { cell, isText in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return isText ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ").trimmingEnd()
    }
    return [title] + lines.map { "  " + $0 }
  }
}

extension String {
  fileprivate func trimmingEnd() -> String { String(reversed().drop { $0 == " " }.reversed()) }
}
