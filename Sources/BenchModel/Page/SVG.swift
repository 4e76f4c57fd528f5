/// Shapes of a drawing; places are in pixels of its own width.
enum SVG {
  /// Beside the drawing's own width the page scales it, and scrolls where it would become too small to read.
  static func drawing(width: Double, height: Double, label: String, _ content: String) -> String {
    let svg = tag(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(at(width)) \(at(height))", "role": "img",
        "aria-label": label,
      ], content)
    return tag("div", ["class": "scroll"], svg)
  }

  /// A place to a tenth of a pixel.
  static func at(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = Int((value * 10).rounded())
    guard tenths % 10 != 0 else { return "\(tenths / 10)" }
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    shape("path", ["class": style, "d": "M\(at(x1)) \(at(y1))L\(at(x2)) \(at(y2))"])
  }

  static func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) -> String {
    shape("rect", ["class": style, "x": at(x), "y": at(y), "width": at(max(width, 0)), "height": at(max(height, 0))])
  }

  /// - Parameter anchor: start, middle or end.
  static func text(_ x: Double, _ y: Double, _ text: String, _ anchor: String = "start", _ style: String = "") -> String
  {
    tag("text", ["x": at(x), "y": at(y), "text-anchor": anchor, "class": style], escaped(text))
  }

  /// Round dots of one colour as one path; two at one place are one.
  static func dots(_ places: [(x: Double, y: Double)], _ style: String) -> String {
    var seen: Set<String> = []
    let path = places.map { "M\(at($0.x)) \(at($0.y))h0" }.filter { seen.insert($0).inserted }
    return path.isEmpty ? "" : shape("path", ["class": "dots \(style)", "d": path.joined()])
  }

  /// Lines of a grid from `top` to `bottom` with their labels below, and what the axis shows.
  static func horizontalAxis(_ scale: Scale, top: Double, bottom: Double, title: String) -> String {
    let grid = scale.ticks.map { tick in
      line(scale.position(tick), top, scale.position(tick), bottom, "grid")
        + text(scale.position(tick), bottom + 14, scale.label(tick), "middle")
    }
    let kind = scale.isLogarithmic ? " (logarithmic)" : ""
    return grid.joined() + line(scale.start, bottom, scale.end, bottom, "axis")
      + text((scale.start + scale.end) / 2, bottom + 29, title + kind, "middle", "title")
  }

  /// Lines of a grid from `left` to `right` with their labels at the left.
  static func verticalAxis(_ scale: Scale, left: Double, right: Double) -> String {
    scale.ticks.map { tick in
      line(left, scale.position(tick), right, scale.position(tick), "grid")
        + text(left - 6, scale.position(tick) + 4, scale.label(tick), "end")
    }.joined()
  }

  /// About how wide a text is.
  static func width(of text: String) -> Double { Double(text.count) * 6.3 }

  /// A text cut to what fits into so many pixels.
  static func fitted(_ text: String, into width: Double) -> String {
    let room = max(Int(width / 6.3), 2)
    return text.count <= room ? text : text.prefix(room - 1) + "…"
  }
}

/// Dots of one row beside each other: of those that would cover each other, every further one is a little above or below.
/// - Parameter radius: how far from the middle a dot may be; beyond that they begin in the middle again.
func spread(_ positions: [Double], around middle: Double, radius: Double) -> [(along: Double, across: Double)] {
  var counts: [Int: Int] = [:]
  return positions.sorted().map { position in
    let cell = Int((position / 5).rounded())
    let index = counts[cell, default: 0]
    counts[cell] = index + 1
    let steps = max(Int(radius / 4.5) * 2 + 1, 1)
    let turn = index % steps
    return (position, middle + Double((turn + 1) / 2) * 4.5 * (turn.isMultiple(of: 2) ? 1 : -1))
  }
}
