/// The drawing of one run; nil of a run that kept no time line.
func timeLine(of run: Run, period: Double) -> String? {
  guard let line = run.timeline else { return nil }
  let beats = GapSeries(first: line.firstBeatMs, gapsUs: line.beatGapsUs, threshold: 2 * period)
  let answers = GapSeries(answers: line)
  let end = max(run.totalMs + 300, (beats.longest?.end ?? 0) + 50, (answers.longest?.end ?? 0) + 50)
  var drawing = TimeLineDrawing(Scale(exactly: 0, end, from: 86, to: 966))
  drawing.addMarks(line.phases.map { ($0.tMs, $0.what) }, name: "phases", "migrate")
  drawing.addMarks(line.events.filter { pass($0) == nil }.map { ($0.tMs, $0.what) }, name: "events", "other")
  drawing.addTicks(passes(line))
  drawing.add(beats, name: "beats, ms", period)
  drawing.add(answers, name: "network, ms", nil)
  drawing.addCurve(line.work.map { ($0.tMs, $0.mibS) }, name: "work, MiB/s", isStepped: true)
  drawing.addCurve(line.samples.compactMap { point($0.tMs, $0.remainingBytes) }, name: "left, MiB")
  drawing.addCurve(line.samples.compactMap { point($0.tMs, $0.dirtyRateBps) }, name: "dirty, MiB/s")
  return drawing.finished(commandEnd: run.totalMs, label: "\(run.scenario), \(run.tool), repeat \(run.repeat)")
}

private func point(_ time: Double, _ bytes: UInt64?) -> (Double, Double)? {
  bytes.map { (time, Double($0) / 1_048_576) }
}

/// The number at the end of an event "host: pass 3"; nil of any other.
private func pass(_ mark: Run.Timeline.Mark) -> String? {
  let words = mark.what.split(separator: " ").suffix(2)
  return words.first == "pass" ? words.last.map(String.init) : nil
}

/// When each pass over the memory began: by libvirt's events, else as the tool's samples first show it.
private func passes(_ line: Run.Timeline) -> [(Double, String)] {
  let told = line.events.compactMap { mark in pass(mark).map { (mark.tMs, $0) } }
  guard told.isEmpty else { return told }
  let counted = line.samples.compactMap { sample in sample.iteration.map { (sample.tMs, "\($0)") } }
  return grouped(counted, by: \.1).map { $0[0] }
}

/// Times between neighbours, in ms, beside each other.
struct GapSeries {
  typealias Stretch = (start: Double, end: Double)
  let gaps: [Stretch]
  /// A longer one is told apart.
  let threshold: Double

  init(first: Double?, gapsUs: [Int], threshold: Double) {
    var time = first ?? 0
    gaps = (first == nil ? [] : gapsUs).map { microseconds in
      defer { time += Double(microseconds) / 1000 }
      return (time, time + Double(microseconds) / 1000)
    }
    self.threshold = threshold
  }

  /// Of the network, whose interval is taken from the middle of its own gaps.
  init(answers line: Run.Timeline) {
    let middle = median(line.answerGapsUs.map(Double.init)) ?? 0
    self.init(first: line.firstAnswerMs, gapsUs: line.answerGapsUs, threshold: max(middle, 1000) / 500)
  }

  var longest: Stretch? { gaps.max { $0.end - $0.start < $1.end - $1.start } }

  /// For each pixel of the scale the longest gap that touches it, in ms; 0 where there is none.
  func columns(_ scale: Scale) -> [Double] {
    var result = [Double](repeating: 0, count: Int(scale.end - scale.start))
    for gap in gaps where gap.start < scale.high {
      let first = min(Int(scale.position(gap.start) - scale.start), result.count - 1)
      let last = min(max(Int((scale.position(gap.end) - scale.start).rounded(.up)) - 1, first), result.count - 1)
      for column in first...last { result[column] = max(result[column], gap.end - gap.start) }
    }
    return result
  }
}
