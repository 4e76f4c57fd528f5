import Journal
import MigrationModel

/// The journal for a person: a line a move.
struct JournalText {
  var style: Style

  func status(_ moves: [RecordedMove], journal: String?) -> String {
    guard !moves.isEmpty else { return "no guest is being moved" }
    return moves.flatMap { lines($0, journal: journal) }.joined(separator: "\n")
  }

  private func lines(_ move: RecordedMove, journal: String?) -> [String] {
    let record = move.record
    let percent = record.percent.map { "\(UpdateText.decimals($0, 1)) %" }
    let progress = [record.phase?.rawValue, percent].compactMap { $0 }.joined(separator: " ")
    let parts = [
      progress.isEmpty ? nil : progress, "process \(record.owner.pid)", "since \(timestamp(record.startedAt))",
    ]
    let state = style.paint(move.state.rawValue, move.state == .running ? .green : .red)
    let line = "\(record.id)  \(way(record))  \(state)  \(parts.compactMap { $0 }.joined(separator: ", "))"
    let message = record.result?.error.map { "   \($0.message.printable)" }
    let recovery = move.recovery(journal: journal).map { "   run: \($0.printable)" }
    return [line, message, recovery].compactMap { $0 }
  }

  func history(_ records: [MoveRecord]) -> String {
    let lines = records.compactMap { record in
      record.result.map { result in
        "\(timestamp(record.startedAt))  \(way(record))  \(record.request.mode.rawValue)  "
          + UpdateText.result(result).printable
      }
    }
    return lines.isEmpty ? "no guest was moved" : lines.joined(separator: "\n")
  }

  private func way(_ record: MoveRecord) -> String {
    "\(record.domain): \(record.source.name) → \(record.destination.name)".printable
  }
}
