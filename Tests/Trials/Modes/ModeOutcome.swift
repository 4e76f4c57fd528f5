import Foundation

/// What one row showed.
public struct ModeOutcome: Sendable {
  public var row: ModeRow
  var exitCode: Int32 = -1
  var message = ""
  var downtime: [String: Double] = [:]
  /// What the tool decided, in its words.
  var decisions: [String] = []
  var state = ""
  var definedOn: [String] = []
  var isMemoryChecked = false
  var seconds = 0.0
  /// Empty when all is as it should be.
  public var complaints: [String] = []

  init(row: ModeRow) { self.row = row }

  mutating func note(_ said: Tool.Output) throws {
    exitCode = said.status
    message = said.complaints
    let lines = try said.events()
    decisions = lines.filter { $0["type"] as? String == "decision" }.compactMap {
      "\($0["action"] as? String ?? ""): \($0["because"] as? String ?? "")"
    }
    guard let result = lines.last(where: { $0["type"] as? String == "result" }) else { return }
    let findings = (result["findings"] as? [[String: any Sendable]] ?? []).filter { $0["override"] != nil }
    message =
      ([(result["error"] as? [String: any Sendable])?["message"] as? String ?? ""]
      + findings.map { "\($0["rule"] as? String ?? ""): \($0["message"] as? String ?? "")" }).joined(separator: " ")
    for (name, figure) in result["downtime"] as? [String: any Sendable] ?? [:] {
      downtime[name] = (figure as? NSNumber)?.doubleValue
    }
  }

  static let header = [
    "row", "options", "driven by", "reported, ms", "corrected, ms", "event, ms", "s", "in the end", "memory", "verdict",
  ]

  var cells: [String] {
    [
      row.name, row.arguments.joined(separator: " "), driver, figure("reported_ms"), figure("corrected_ms"),
      figure("event_ms"), "\((seconds * 10).rounded() / 10)", end, isMemoryChecked ? "intact" : "",
      complaints.isEmpty
        ? (row.refusal == nil ? "OK" : "refused, as it should: \(message)")
        : "WRONG: " + complaints.joined(separator: "; "),
    ]
  }

  public var text: String { MarkdownTable.line(cells) }

  private func figure(_ name: String) -> String { downtime[name].map { "\(Int($0.rounded()))" } ?? "" }

  private var end: String {
    guard !state.isEmpty else { return "" }
    return
      "\(state) on host2, \(definedOn.isEmpty ? "defined nowhere" : "defined on " + definedOn.joined(separator: ", "))"
  }

  /// Who runs the sequence of the move; what the tool decided, where it did.
  private var driver: String {
    if let decision = decisions.first(where: { $0.hasPrefix("mode: ") }) { return String(decision.dropFirst(6)) }
    let words = Set(row.arguments)
    return words.isDisjoint(with: ["p2p", "--p2p", "tunnelled"]) ? "the tool" : "the source's libvirtd"
  }
}
