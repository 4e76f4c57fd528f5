/// Lanes below each other over one axis of time.
struct TimeLineDrawing {
  let time: Scale
  private var lanes = ""
  private var bottom = 4.0

  init(_ time: Scale) { self.time = time }

  /// Ticks with their words, in as many rows as keep the words apart; words for which five rows are too few are left to
  /// whoever points at the tick.
  mutating func addMarks(_ marks: [(time: Double, text: String)], name: String, _ style: String) {
    let shown = marks.filter { $0.time <= time.high }
    guard !shown.isEmpty else { return }
    var ends = [Double](repeating: 0, count: 5)
    var drawn = ""
    var rows = 1
    for mark in shown.sorted(by: { $0.time < $1.time }) {
      let (x, width) = (time.position(mark.time), SVG.width(of: mark.text) + 8)
      let turnsBack = x + width > time.end + 10
      let from = turnsBack ? x - width : x
      let row = ends.firstIndex { $0 <= from }
      let title = tag("title", escaped("\(mark.text), \(decimal(mark.time, 1)) ms"))
      let y = bottom + Double(row ?? ends.count) * 13
      drawn += tag("g", title + SVG.line(x, y, x, y + 12, "mark \(style)"))
      rows = max(rows, (row ?? ends.count) + 1)
      guard let row else { continue }
      ends[row] = from + width
      drawn += SVG.text(turnsBack ? x - 4 : x + 4, y + 10, mark.text, turnsBack ? "end" : "start")
    }
    lanes += SVG.text(78, bottom + 10, name, "end") + drawn
    bottom += Double(rows) * 13 + 5
  }

  /// Short ticks, numbered where there is room.
  mutating func addTicks(_ ticks: [(time: Double, text: String)]) {
    guard !ticks.isEmpty else { return }
    var (end, column) = (0.0, -1)
    var drawn = ""
    for tick in ticks where tick.time <= time.high {
      let x = time.position(tick.time)
      guard Int(x) > column else { continue }
      column = Int(x)
      drawn += SVG.line(x, bottom, x, bottom + 10, "axis")
      guard x >= end else { continue }
      end = x + SVG.width(of: tick.text) + 6
      drawn += SVG.text(x + 3, bottom + 9, tick.text)
    }
    lanes += SVG.text(78, bottom + 9, "passes", "end") + drawn
    bottom += 15
  }

  /// The longest gap of each pixel as an area over a logarithmic axis, below room for labels.
  mutating func add(_ series: GapSeries, name: String, _ period: Double?) {
    guard let longest = series.longest else { return }
    let (room, height) = (14.0, 52.0)
    let top = max(longest.end - longest.start, series.threshold * 2)
    let scale = Scale(around: [0.5, top], from: bottom + room + height, to: bottom + room, logarithmicBeyond: 1)
    let columns = series.columns(time)
    lanes += lane(name, room + height)
    let decades = scale.ticks.filter { tick in (-3...9).contains { abs(powerOfTen($0) / tick - 1) < 1e-9 } }
    for tick in decades {
      let y = scale.position(tick)
      lanes += SVG.line(time.start, y, time.end, y, "grid") + SVG.text(time.start - 6, y + 4, decimal(tick, 0), "end")
    }
    let (marked, words) = labels(series, bottom, room + height)
    lanes += marked + area(columns, scale, "area") { $0 > 0 }
    lanes += area(columns, scale, "area gap") { $0 > series.threshold } + words
    bottom += room + height + 8
  }

  /// Shades and labels the longest gaps as far as their labels leave each other room.
  private func labels(_ series: GapSeries, _ top: Double, _ height: Double) -> (String, String) {
    var (bands, words) = ("", "")
    var taken: [ClosedRange<Double>] = []
    let long = series.gaps.filter { $0.end - $0.start > series.threshold && $0.start <= time.high }
    for gap in long.sorted(by: { $0.end - $0.start > $1.end - $1.start }).prefix(30) where taken.count < 6 {
      let (left, right) = (time.position(gap.start), time.position(gap.end))
      let text = figure(gap.end - gap.start)
      let half = SVG.width(of: text) / 2
      let middle = min(max((left + right) / 2, time.start + half), time.end - half)
      let room = (middle - half - 3)...(middle + half + 3)
      guard !taken.contains(where: { $0.overlaps(room) }) else { continue }
      taken.append(room)
      bands += SVG.rectangle(left, top, max(right - left, 1), height, "band")
      words += SVG.text(middle, top + 11, text, "middle", "gap")
    }
    return (bands, words)
  }

  /// The outline of the columns that are wanted, in steps from one height to the next.
  private func area(_ columns: [Double], _ scale: Scale, _ style: String, where isWanted: (Double) -> Bool) -> String {
    let heights = columns.map { isWanted($0) ? Int((scale.start - scale.position($0)).rounded()) : 0 }
    guard heights.contains(where: { $0 > 0 }) else { return "" }
    var path = "M\(Int(time.start)) \(SVG.at(scale.start))"
    var (start, level) = (0, 0)
    while start < heights.count {
      let height = heights[start]
      let end = heights[start...].firstIndex { $0 != height } ?? heights.count
      path += (height == level ? "" : "v\(level - height)") + "h\(end - start)"
      (start, level) = (end, height)
    }
    return shape("path", ["class": style, "d": path + (level == 0 ? "z" : "v\(level)z")])
  }

  /// A line over time; of many points in one pixel the highest and the lowest are kept.
  mutating func addCurve(_ points: [(time: Double, value: Double)], name: String, isStepped: Bool = false) {
    let shown = thinned(points.filter { $0.time <= time.high })
    guard !shown.isEmpty else { return }
    let height = 38.0
    let scale = Scale(around: shown.map(\.value) + [0], from: bottom + height, to: bottom)
    lanes += lane(name, height)
    for tick in [scale.ticks.first, scale.ticks.last].compactMap({ $0 }) {
      lanes += SVG.text(time.start - 6, scale.position(tick) + (tick == scale.low ? 2 : 8), scale.label(tick), "end")
    }
    var path = ""
    for point in shown {
      let (x, y) = (SVG.at(time.position(point.time)), SVG.at(scale.position(point.value)))
      path += path.isEmpty ? "M\(x) \(y)" : isStepped ? "H\(x)V\(y)" : "L\(x) \(y)"
    }
    if isStepped, let last = shown.last {
      let step = shown.count > 1 ? last.time - shown[shown.count - 2].time : 0
      path += "H\(SVG.at(time.position(last.time + step)))"
    }
    lanes +=
      shown.count == 1 ? SVG.dots([(time.position(shown[0].time), scale.position(shown[0].value))], "migrate") : ""
    lanes += shape("path", ["class": "curve migrate", "d": path])
    bottom += height + 8
  }

  private func thinned(_ points: [(time: Double, value: Double)]) -> [(time: Double, value: Double)] {
    grouped(points) { Int(time.position($0.time)) }.flatMap { column -> [(time: Double, value: Double)] in
      guard column.count > 2, let low = column.indices.min(by: { column[$0].value < column[$1].value }),
        let high = column.indices.max(by: { column[$0].value < column[$1].value })
      else { return column }
      return [min(low, high), max(low, high)].map { column[$0] }
    }
  }

  private func lane(_ name: String, _ height: Double) -> String {
    let words = name.split(separator: ", ").map(String.init)
    let text = words.enumerated().map { index, word in
      SVG.text(4, bottom + height / 2 + Double(index) * 12, word)
    }
    return SVG.rectangle(time.start, bottom, time.end - time.start, height, "lane") + text.joined()
  }

  /// With the axis, and the end of the command through all lanes.
  func finished(commandEnd: Double, label: String) -> String {
    let end = time.position(commandEnd)
    let axis = SVG.horizontalAxis(time, top: bottom, bottom: bottom + 4, title: "ms since the command began")
    return SVG.drawing(
      width: 980, height: bottom + 38, label: label, lanes + axis + SVG.line(end, 0, end, bottom + 4, "end"))
  }
}
