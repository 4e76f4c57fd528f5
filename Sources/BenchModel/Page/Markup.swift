/// `text` as it stands between tags and in the value of an attribute; what XML and HTML forbid is a replacement character.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n": result.unicodeScalars.append(scalar)
    case _ where scalar.value < 32 || (127...159).contains(scalar.value): result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// An element around markup; the values of attributes are escaped here.
func tag(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String) -> String {
  "<\(name)\(written(attributes))>\(content)</\(name)>"
}

/// An element of SVG that holds nothing.
func shape(_ name: String, _ attributes: KeyValuePairs<String, String>) -> String {
  "<\(name)\(written(attributes))/>"
}

private func written(_ attributes: KeyValuePairs<String, String>) -> String {
  attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
}

/// What stands where there is no value.
let missing = "–"

/// A number with so many decimals, with a point and without separators; a dash for none, and for what is no number.
public func decimal(_ value: Double?, _ places: Int) -> String {
  guard let value, value.isFinite else { return missing }
  let factor = powerOfTen(places)
  let scaled = (abs(value) * factor).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: Int(factor))
  let sign = value < 0 && scaled > 0 ? "−" : ""
  guard places > 0 else { return "\(sign)\(whole)" }
  let digits = String(fraction)
  return "\(sign)\(whole).\(String(repeating: "0", count: places - digits.count))\(digits)"
}

/// A figure with about three digits that count.
func figure(_ value: Double?) -> String {
  guard let value else { return missing }
  return decimal(value, abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0)
}

func figure(_ interval: Interval) -> String { range(interval.low, interval.high) }

/// From one figure to another; negative ones are not joined by a dash.
func range(_ low: Double, _ high: Double) -> String {
  low < 0 || high < 0 ? "\(figure(low)) to \(figure(high))" : "\(figure(low))–\(figure(high))"
}

func powerOfTen(_ exponent: Int) -> Double {
  (0..<abs(exponent)).reduce(1.0) { result, _ in exponent < 0 ? result / 10 : result * 10 }
}

/// A noun with its number: one run, two runs.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The class of a tool's colour.
func colour(of tool: String) -> String {
  switch tool {
  case "migrate": "migrate"
  case "virsh": "virsh"
  default: "other"
  }
}

/// Times that end in a period of the scenario that a run belongs to.
extension BenchReport {
  func beatMs(of scenario: String) -> Double {
    let owner = scenarios.first { candidate in
      candidate.variants.contains { "\(candidate.name)/\($0.name)" == scenario }
    }
    return owner?.beatMs ?? Scenario.Defaults.beat
  }
}
