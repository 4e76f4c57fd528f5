/// How many time lines a page holds before it shows three of each scenario and tool.
private let roomForAll = 30

/// The time lines of the runs, folded by scenario and tool.
func runSection(_ report: BenchReport) -> String {
  let groups = grouped(report.runs) { "\($0.scenario)\u{0}\($0.tool)" }
  guard !groups.isEmpty else { return paragraph("No move was made.") }
  let showsAll = report.runs.count { $0.timeline != nil } <= roomForAll
  let explanation =
    (showsAll
      ? "Every run is drawn."
      : "Of each scenario and tool the best, the median and the worst run by heartbeat are drawn, not all.")
      + """
       Time runs from the start of the command. Grey: for each pixel the longest time between two beats, or two answers; \
      red: longer than two periods, the longest ones shaded and labelled with their ms. The command ended at the dashed \
      line.
      """
  return note(explanation) + groups.map { folded($0, report, showsAll: showsAll) }.joined()
}

private func folded(_ runs: [Run], _ report: BenchReport, showsAll: Bool) -> String {
  let chosen = showsAll ? runs.map { ($0, "") } : telling(runs)
  let drawn = chosen.compactMap { run, why -> String? in
    guard let line = timeLine(of: run, period: report.beatMs(of: run.scenario)) else { return nil }
    return tag("h3", escaped(caption(run, why))) + line
  }
  let outcomes = grouped(runs, by: \.outcome).map { "\($0.count) \($0[0].outcome)" }.joined(separator: ", ")
  let summary = escaped(runs[0].scenario) + " " + toolName(runs[0].tool) + escaped(" – \(outcomes)")
  let failures = runs.filter { !$0.isCompleted }.map { run in
    tag("li", escaped("repeat \(run.repeat), \(run.outcome): \(run.error ?? "no cause was given")"))
  }
  return tag(
    "details",
    tag("summary", summary) + (failures.isEmpty ? "" : tag("ul", failures.joined())) + drawn.joined()
      + (drawn.isEmpty ? paragraph("No time line was kept.") : ""))
}

/// The best, the median and the worst of the completed runs by heartbeat, each once; the first where none was completed.
func telling(_ runs: [Run]) -> [(Run, String)] {
  let known = runs.filter { $0.isCompleted && $0.timeline != nil && $0.downtime.heartbeatMs != nil }
    .sorted { ($0.downtime.heartbeatMs ?? 0) < ($1.downtime.heartbeatMs ?? 0) }
  guard !known.isEmpty else { return runs.first { $0.timeline != nil }.map { [($0, "")] } ?? [] }
  let picks = [(0, "best"), ((known.count - 1) / 2, "median"), (known.count - 1, "worst")]
  return grouped(picks, by: \.0).map { same in (known[same[0].0], same.map(\.1).joined(separator: " and ")) }
}

private func caption(_ run: Run, _ why: String) -> String {
  let figures: [String?] = [
    why.isEmpty ? nil : why, "repeat \(run.repeat)", run.from.isEmpty ? nil : "\(run.from) → \(run.to)",
    run.isCompleted ? nil : run.outcome, "heartbeat \(figure(run.downtime.heartbeatMs)) ms",
    "total \(figure(run.totalMs)) ms", run.iterations.map { "iterations \($0)" },
    run.workDuringMibS.map { "\(figure($0)) MiB/s rewritten while it went on" },
    run.workBeforeMibS.map { "\(figure($0)) before" },
    run.memoryVerified ? nil : "memory not verified",
  ]
  return figures.compactMap { $0 }.joined(separator: ", ")
}
