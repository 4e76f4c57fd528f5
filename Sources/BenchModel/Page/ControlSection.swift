/// What shows whether the harness reads true.
func controlSection(_ controls: [Control]) -> String {
  guard !controls.isEmpty else { return paragraph("No control was made: nothing shows that these figures are true.") }
  let stops = controls.filter { $0.kind == .stopContinue }
  return noiseTable(controls.filter { $0.kind == .none })
    + (stops.isEmpty ? "" : stopTable(stops) + grouped(stops, by: \.beatMs).map(errorPlot).joined())
}

private func noiseTable(_ controls: [Control]) -> String {
  guard !controls.isEmpty else { return "" }
  let rows = controls.map { control in
    [
      control.scenario ?? missing, decimal(control.beatMs, 1), "\(control.beats)", "\(control.lost)",
      decimal(control.p50Ms, 3), decimal(control.p99Ms, 3), decimal(control.p999Ms, 3), decimal(control.maxMs, 3),
      decimal(control.lateP99Ms, 3), decimal(control.lateMaxMs, 3),
    ]
  }
  return tag("h3", "Noise floor: a guest to which nothing is done")
    + note(
      """
      How much longer than the period the time between two beats was, in ms. A downtime of no more than that is noise. Late is \
      how late a thread before all others woke up meanwhile, which only the machine itself can make it.
      """
    )
    + table(["scenario", "period, ms", "beats", "lost", "p50", "p99", "p99.9", "max", "late p99", "late max"], rows)
}

private func stopTable(_ controls: [Control]) -> String {
  let lengths = grouped(controls.sorted { ($0.askedMs ?? 0) < ($1.askedMs ?? 0) }, by: \.askedMs)
  let rows = lengths.map { stopRow($0, decimal($0[0].askedMs, 0)) }
  return tag("h3", "Stopped and continued: what was read, and what was")
    + note(
      """
      A guest was stopped and continued by two commands. It stood still at least between them, and at most from before the \
      first until after the second. The error is how far what the beats read is outside of that; it may be one period. \
      QEMU stamps STOP and RESUME while the CPUs stand still, so its figure is less. \
      \(counted(controls.count { ($0.taken ?? 1) > 1 }, "stop")) taken again, for the machine itself stood still or the \
      commands took too long. Times in ms, medians.
      """)
    + table(
      ["asked", "controls", "at least", "at most", "by QEMU", "read", "network", "|error| p50", "p99", "max"],
      rows + (rows.count > 1 ? [stopRow(controls, "all")] : []))
}

private func stopRow(_ controls: [Control], _ name: String) -> [String] {
  let errors = controls.compactMap(\.errorMs).map(abs)
  let figures = [\.atLeastMs, \.atMostMs, \.stoppedMs, \.readMs, \Control.networkMs].map { figure in
    name == "all" ? "" : decimal(median(controls.compactMap { $0[keyPath: figure] }), 3)
  }
  let quantiles = [quantile(0.5, of: errors), quantile(0.99, of: errors), errors.max()].map { decimal($0, 3) }
  return [name, "\(controls.count)"] + figures + quantiles
}

private func table(_ head: [String], _ rows: [[String]]) -> String {
  let heads = head.map { tag("th", ["scope": "col"], escaped($0)) }.joined()
  let lines = rows.map { row in tag("tr", row.map { tag("td", escaped($0)) }.joined()) }
  return tag(
    "div", ["class": "scroll"],
    tag("table", tag("thead", tag("tr", heads)) + tag("tbody", lines.joined())))
}

/// The errors of controls with one period, by the length that was asked for, and the band of one period either way.
private func errorPlot(_ controls: [Control]) -> String {
  let beat = controls[0].beatMs
  let known = controls.filter { $0.errorMs != nil && $0.askedMs != nil }
  guard !known.isEmpty else { return "" }
  let scale = Scale(around: known.compactMap(\.errorMs) + [-beat * 1.2, beat * 1.2], from: 196, to: 12)
  let columns = grouped(known.sorted { ($0.askedMs ?? 0) < ($1.askedMs ?? 0) }, by: \.askedMs)
  let step = min(150, 860 / Double(columns.count))
  let right = 70 + step * Double(columns.count)
  let (top, bottom) = (scale.position(beat), scale.position(-beat))
  var drawn =
    SVG.rectangle(70, top, right - 70, bottom - top, "allowed") + SVG.verticalAxis(scale, left: 70, right: right)
  drawn += SVG.line(70, scale.position(0), right, scale.position(0), "axis")
  drawn += SVG.text(right + 8, top + 4, "+ one beat") + SVG.text(right + 8, bottom + 4, "− one beat")
  for (index, column) in columns.enumerated() {
    drawn += errorColumn(column, beat, scale, middle: 70 + step * (Double(index) + 0.5))
  }
  drawn += SVG.text(70 + step * Double(columns.count) / 2, 227, "asked, ms", "middle", "title")
  drawn += tag("g", ["transform": "rotate(-90)"], SVG.text(-104, 16, "error, ms", "middle", "title"))
  return tag("h3", "Error by length, period of \(decimal(beat, 1)) ms")
    + SVG.drawing(width: 980, height: 234, label: "Error of the controls", drawn)
}

private func errorColumn(_ controls: [Control], _ beat: Double, _ scale: Scale, middle: Double) -> String {
  func dots(_ errors: [Double], _ style: String) -> String {
    SVG.dots(spread(errors.map(scale.position), around: middle, radius: 40).map { ($0.across, $0.along) }, style)
  }
  let errors = controls.compactMap(\.errorMs)
  return dots(errors.filter { abs($0) <= beat }, "other") + dots(errors.filter { abs($0) > beat }, "bad")
    + SVG.text(middle, 211, decimal(controls[0].askedMs, 0), "middle")
}
