import MigrationModel

/// One update of a move as one line of text.
enum UpdateText {
  /// After a result, what a person runs next has lines of its own.
  /// - Parameter isUnchecked: the move went without preflight, which its result says.
  static func line(_ update: MigrationUpdate, isUnchecked: Bool = false) -> String {
    var remedy: [String] = []
    if case .result(let result) = update.content { remedy = result.error?.remedy ?? [] }
    return
      ([text(update).printable + (isUnchecked ? "; without preflight" : "")] + remedy.map { "  → \($0.printable)" })
      .joined(separator: "\n")
  }

  private static func text(_ update: MigrationUpdate) -> String {
    switch update.content {
    case .phase(let phase, let detail):
      "\(stamp(update))  \(phase.rawValue)\(detail.isEmpty ? "" : ": \(detail)")"
    case .progress(let sample, let percent): "\(stamp(update))  \(progress(sample, percent))"
    case .guest(let side, let event, let detail):
      "\(stamp(update))  guest on the \(side.rawValue): \(event)\(detail.isEmpty ? "" : " (\(detail))")"
    case .decision(let decision): "\(stamp(update))  \(decision.action.rawValue): \(decision.because)"
    case .result(let result): "\(update.domain): \(self.result(result))"
    }
  }

  static func progress(_ sample: ProgressSample, _ percent: Double?) -> String {
    let memory = sample.memory
    let parts = [
      percent.map { "\(decimals($0, 1)) %" },
      memory.remaining.map { "\($0) left" },
      memory.bandwidth.map { "\(ByteCount.bytes($0))/s" },
      memory.dirtyRate.map { "dirtied at \(ByteCount.bytes($0))/s" },
      memory.iteration.map { "pass \($0)" },
      sample.throttlePercent.map { "throttled by \($0) %" },
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  static func result(_ result: MigrationResult) -> String {
    let place = result.runningOn.map { ", running on \($0)" } ?? ""
    let figures = [
      result.downtime.reported.map { "downtime reported \(milliseconds($0))" },
      result.downtime.corrected.map { "corrected for the clocks \(milliseconds($0))" },
      result.downtime.event.map { "by events \(milliseconds($0))" },
    ].compactMap { $0 }
    let downtime = figures.isEmpty ? "" : "; " + figures.joined(separator: ", ")
    let error = result.error.map { "; \($0.message)" } ?? ""
    return "\(result.outcome.rawValue) after \(decimals(result.elapsed / .seconds(1), 2)) s\(place)\(downtime)\(error)"
  }

  private static func stamp(_ update: MigrationUpdate) -> String {
    "\(update.domain)  \(decimals(update.time / .seconds(1), 2)) s"
  }

  static func milliseconds(_ duration: Duration) -> String { "\(decimals(duration / .milliseconds(1), 0)) ms" }

  /// A number with a fixed count of decimals.
  static func decimals(_ value: Double, _ count: Int) -> String {
    let scale = count == 0 ? 1 : Int((1...count).reduce(1) { factor, _ in factor * 10 })
    let scaled = Int((value * Double(scale)).rounded())
    let sign = scaled < 0 ? "-" : ""
    let digits = String(scaled.magnitude)
    guard count > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, count + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(count)).\(padded.suffix(count))"
  }
}
