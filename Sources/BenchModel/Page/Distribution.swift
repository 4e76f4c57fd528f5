/// Every completed run's heartbeat, and its total time, as a dot.
func distributions(_ report: BenchReport) -> String {
  let plots = [(Metric.heartbeat, "Heartbeat"), (.total, "Total time")].compactMap { metric, title in
    let rows = grouped(report.runs.filter(\.isCompleted)) { "\($0.scenario)\u{0}\($0.tool)" }
      .compactMap { DotRow($0, metric, report.summary) }
    return rows.isEmpty ? nil : tag("h3", title) + stripPlot(rows, title: "\(title), ms")
  }
  guard !plots.isEmpty else { return paragraph("No run was completed.") }
  return note("A dot is a completed run; the upright stroke is the median, the bar its 95 % interval.") + plots.joined()
}

/// One scenario by one tool.
private struct DotRow {
  let scenario: String
  let tool: String
  let values: [Double]
  let middle: SummaryRow?

  init?(_ runs: [Run], _ metric: Metric, _ summary: [SummaryRow]) {
    (scenario, tool, values) = (runs[0].scenario, runs[0].tool, runs.compactMap(metric.value))
    guard !values.isEmpty else { return nil }
    let (scenario, tool) = (scenario, tool)
    middle = summary.first { $0.scenario == scenario && $0.tool == tool && $0.metric == metric }
  }
}

private let rowHeight = 28.0
private let labels = (scenario: 8.0, tool: 228.0, plot: 300.0, end: 900.0, figure: 972.0)

private func stripPlot(_ rows: [DotRow], title: String) -> String {
  let scale = Scale(around: rows.flatMap(\.values), from: labels.plot, to: labels.end, logarithmicBeyond: 20)
  let bottom = 6 + Double(rows.count) * rowHeight
  var previous: String?
  let drawn = rows.enumerated().map { index, row in
    defer { previous = row.scenario }
    return strip(row, top: 6 + Double(index) * rowHeight, scale, isFirst: row.scenario != previous)
  }
  return SVG.drawing(
    width: 980, height: bottom + 36, label: "\(title) of every run",
    SVG.horizontalAxis(scale, top: 6, bottom: bottom, title: title) + drawn.joined())
}

private func strip(_ row: DotRow, top: Double, _ scale: Scale, isFirst: Bool) -> String {
  let (middle, style) = (top + rowHeight / 2, colour(of: row.tool))
  let dots = spread(row.values.map(scale.position), around: middle, radius: rowHeight / 2 - 4)
  var drawn = isFirst ? SVG.line(labels.scenario, top, labels.figure, top, "grid") : ""
  if isFirst { drawn += rowLabel(row.scenario, middle) }
  drawn += SVG.text(labels.tool, middle + 4, SVG.fitted(row.tool, into: labels.plot - labels.tool - 8), "start", style)
  drawn += SVG.dots(dots.map { ($0.along, $0.across) }, style)
  guard let summary = row.middle else { return drawn }
  let (low, high) = (scale.position(summary.ci95.low), scale.position(summary.ci95.high))
  drawn += SVG.line(low, middle, high, middle, "bar \(style)")
  drawn += SVG.line(
    scale.position(summary.median), top + 3, scale.position(summary.median), top + rowHeight - 3, "mark")
  return drawn + SVG.text(labels.figure, middle + 4, figure(summary.median), "end", "strong")
}

/// A scenario's name, cut where it is too long, and whole for whoever points at it.
func rowLabel(_ name: String, _ middle: Double) -> String {
  tag(
    "g", tag("title", escaped(name)) + SVG.text(8, middle + 4, SVG.fitted(name, into: 212), "start", "strong"))
}
