/// migrate beside virsh: the median of the ratios of paired runs, with its interval, and the line where both are equal.
func forest(_ ratios: [RatioRow]) -> String {
  guard !ratios.isEmpty else { return paragraph("No pair of runs was completed by both tools.") }
  let values: [Double] = ratios.flatMap { row in [row.ratio, row.ci95.low, row.ci95.high] } + [1]
  let column = columnAfter(ratios.map(\.scenario))
  let scale = Scale(around: values, from: column + 90, to: 780, logarithmicBeyond: 4)
  let bottom = 26 + Double(ratios.count) * 22
  var previous: String?
  let rows = ratios.enumerated().map { index, row in
    defer { previous = row.scenario }
    return forestRow(row, top: 26 + Double(index) * 22, column, scale, isFirst: row.scenario != previous)
  }
  let one = scale.position(1)
  let sides =
    SVG.text(one - 8, 14, "← migrate less", "end", "migrate") + SVG.text(one + 8, 14, "virsh less →", "start", "virsh")
  return note(
    """
    Runs of one repeat are a pair; the square is the median of migrate ÷ virsh, the bar its 95 % interval. An interval \
    that touches the line at 1 shows no difference.
    """)
    + SVG.drawing(
      width: 980, height: bottom + 36, label: "Ratio of migrate to virsh",
      SVG.horizontalAxis(scale, top: 20, bottom: bottom, title: "migrate ÷ virsh") + sides
        + SVG.line(one, 18, one, bottom, "one") + rows.joined())
}

private func forestRow(_ row: RatioRow, top: Double, _ column: Double, _ scale: Scale, isFirst: Bool) -> String {
  let (middle, style) = (top + 11, winner(row.ci95))
  let place = scale.position(row.ratio)
  var drawn = isFirst ? SVG.line(8, top, 972, top, "grid") + rowLabel(row.scenario, middle) : ""
  drawn += SVG.text(column, middle + 4, name(of: row.metric))
  drawn += SVG.line(scale.position(row.ci95.low), middle, scale.position(row.ci95.high), middle, "mark \(style)")
  drawn += SVG.line(place - 4.5, middle, place + 4.5, middle, "square \(style)")
  let interval = "(\(decimal(row.ci95.low, 3))–\(decimal(row.ci95.high, 3)))"
  return drawn + SVG.text(972, middle + 4, "\(decimal(row.ratio, 3)) \(interval), n \(row.n)", "end")
}

/// Whose figure is the lower, as far as the interval shows it; its colour.
private func winner(_ interval: Interval) -> String {
  interval.high < 1 ? "migrate" : interval.low > 1 ? "virsh" : "other"
}

private func name(of metric: Metric) -> String {
  switch metric {
  case .total: "total time"
  case .heartbeat: "heartbeat"
  case .network: "network gap"
  default: metric.rawValue
  }
}
