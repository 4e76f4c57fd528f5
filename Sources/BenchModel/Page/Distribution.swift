/// Every completed run's heartbeat, and its total time, as a dot.
func distributions(_ report: BenchReport) -> String {
  let plots = [(Metric.heartbeat, "Heartbeat"), (.total, "Total time")].compactMap { metric, title in
    let rows = grouped(report.runs.filter(\.isCompleted)) { "\($0.scenario)\u{0}\($0.tool)" }
      .compactMap { DotRow($0, metric, report.summary) }
    return rows.isEmpty ? nil : tag("h3", title) + stripPlot(rows, title: "\(title), ms")
  }
  guard !plots.isEmpty else { return paragraph("No run was completed.") }
  return note("A dot is a completed run; the upright stroke is the median, the bar below the dots its 95 % interval.")
    + plots.joined()
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

private let rowHeight = 34.0
private let toolWidth = 64.0

private func stripPlot(_ rows: [DotRow], title: String) -> String {
  let toolColumn = columnAfter(rows.map(\.scenario))
  let scale = Scale(
    around: rows.flatMap(\.values), from: toolColumn + toolWidth, to: 910, logarithmicBeyond: 20)
  let bottom = 6 + Double(rows.count) * rowHeight
  var previous: String?
  let drawn = rows.enumerated().map { index, row in
    defer { previous = row.scenario }
    return strip(row, top: 6 + Double(index) * rowHeight, toolColumn, scale, isFirst: row.scenario != previous)
  }
  return SVG.drawing(
    width: 980, height: bottom + 36, label: "\(title) of every run",
    SVG.horizontalAxis(scale, top: 6, bottom: bottom, title: title) + drawn.joined())
}

private func strip(_ row: DotRow, top: Double, _ toolColumn: Double, _ scale: Scale, isFirst: Bool) -> String {
  let (middle, bar, style) = (top + 13, top + rowHeight - 7, colour(of: row.tool))
  let dots = spread(row.values.map(scale.position), around: middle, radius: 9)
  var drawn = isFirst ? SVG.line(8, top, 972, top, "grid") : ""
  if isFirst { drawn += rowLabel(row.scenario, middle) }
  drawn += SVG.text(toolColumn, middle + 4, SVG.fitted(row.tool, into: toolWidth - 8), "start", style)
  drawn += SVG.dots(dots.map { ($0.along, $0.across) }, style)
  guard let summary = row.middle else { return drawn }
  drawn += SVG.line(scale.position(summary.ci95.low), bar, scale.position(summary.ci95.high), bar, "bar \(style)")
  drawn += SVG.line(scale.position(summary.median), top + 3, scale.position(summary.median), bar + 4, "mark")
  return drawn + SVG.text(972, middle + 4, figure(summary.median), "end", "strong")
}

/// Where a drawing has room beside its rows' names.
func columnAfter(_ names: [String]) -> Double { 24 + min(names.map(nameWidth).max() ?? 0, widestName) }

private let widestName = 212.0
/// Of strong letters.
private func nameWidth(_ name: String) -> Double { SVG.width(of: name) * 1.12 }

/// A row's name, cut where it is too long, and whole for whoever points at it.
func rowLabel(_ name: String, _ middle: Double) -> String {
  let shown = SVG.fitted(name, into: nameWidth(name) > widestName ? widestName / 1.12 : widestName)
  return tag("g", tag("title", escaped(name)) + SVG.text(8, middle + 4, shown, "start", "strong"))
}
