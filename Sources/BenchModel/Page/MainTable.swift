/// One row for each scenario and tool, also where no run was completed.
func mainTable(_ report: BenchReport) -> String {
  let groups = grouped(report.runs) { "\($0.scenario)\u{0}\($0.tool)" }
  guard !groups.isEmpty else { return paragraph("No move was made.") }
  let rows = groups.map { group in
    let name = escaped(group[0].scenario) + " " + toolName(group[0].tool)
    return tag("tr", tag("th", ["scope": "row"], name) + Row(group, report.summary).cells.joined())
  }
  let table = tag("table", tag("thead", tableHead) + tag("tbody", rows.joined()))
  return tag("div", ["class": "scroll"], table)
    + note(
      """
      Times in ms, medians; n is of the heartbeat's values among all runs. Stalled: all that the guest stood still in \
      stretches of more than ten beats, the longest included. CPU seconds cover the move and the harness's waits around \
      it. Wire: what left the source's device. A dash: no such figure.
      """)
}

func toolName(_ tool: String) -> String { tag("span", ["class": "tool \(colour(of: tool))"], escaped(tool)) }

/// The groups of columns, and their columns.
private let columns: [(group: String, names: [String])] = [
  ("Heartbeat (headline)", ["median", "95 % interval", "min to max", "n"]),
  ("Downtime as others see it", ["longest silence", "QEMU", "event", "reported", "corrected", "reported − heartbeat"]),
  ("Network", ["longest gap", "first packet"]), ("Move", ["total", "stalled"]),
  ("CPU seconds", ["source QEMU", "destination QEMU", "libvirtd", "tool"]), ("MiB", ["wire", "memory"]),
]

private var tableHead: String {
  let groups = columns.map {
    tag("th", ["class": "group edge", "colspan": "\($0.names.count)", "scope": "colgroup"], escaped($0.group))
  }
  let names = columns.flatMap { column in
    column.names.enumerated().map { tag("th", ["class": $0 == 0 ? "edge" : "", "scope": "col"], escaped($1)) }
  }
  return tag("tr", tag("td", "") + groups.joined())
    + tag("tr", tag("th", ["scope": "col"], "scenario, tool") + names.joined())
}

/// What the runs of one scenario by one tool come to.
private struct Row {
  let runs: [Run]
  let summary: [SummaryRow]

  init(_ runs: [Run], _ summary: [SummaryRow]) {
    self.runs = runs
    self.summary = summary.filter { $0.scenario == runs[0].scenario && $0.tool == runs[0].tool }
  }

  var cells: [String] {
    heartbeat + [cell(.silence, "edge")] + [.qemu, .event, .reported, .corrected, .reportedError].map { cell($0) }
      + [cell(.network, "edge"), cell(.firstPacket), cell(.total, "edge"), cell(.stalled)]
      + [cell(.sourceQemu, "edge"), cell(.destinationQemu), cell(.libvirtd), cell(.tool)]
      + [cell(.wire, "edge", per: 1_048_576), data(figure(memory))]
  }

  private var heartbeat: [String] {
    let row = row(.heartbeat)
    return [
      data(figure(row?.median), "edge headline"), data(row.map { "(\(figure($0.ci95)))" } ?? missing),
      data(row.map { range($0.min, $0.max) } ?? missing), data("\(row?.n ?? 0) of \(runs.count)"),
    ]
  }

  /// Its interval and its range are shown to whoever points at it.
  private func cell(_ metric: Metric, _ style: String = "", per unit: Double = 1) -> String {
    guard let row = row(metric) else { return data(missing, style) }
    let interval = figure(Interval(low: row.ci95.low / unit, high: row.ci95.high / unit))
    let title = "95 % \(interval); \(range(row.min / unit, row.max / unit)); n \(row.n)"
    return tag("td", ["class": style, "title": title], escaped(figure(row.median / unit)))
  }

  private func data(_ text: String, _ style: String = "") -> String { tag("td", ["class": style], escaped(text)) }

  private func row(_ metric: Metric) -> SummaryRow? { summary.first { $0.metric == metric } }

  private var memory: Double? {
    median(runs.filter(\.isCompleted).compactMap { $0.cost.memoryBytes.map { Double($0) / 1_048_576 } })
  }
}
