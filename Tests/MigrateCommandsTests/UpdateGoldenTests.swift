import MigrationModel
import Synchronization
import Testing

@testable import MigrateCommands

/// What a writer printed.
final class Printed: Sendable {
  private let parts = Mutex<[String]>([])
  var text: String { parts.withLock { $0.joined() } }
  func add(_ text: String) { parts.withLock { $0.append(text) } }
}

@Suite struct UpdateGoldenTests {
  private func print(
    _ options: [String], _ updates: [MigrationUpdate.Content] = Sample.moves, isColoured: Bool = false,
    columns: Int? = nil
  ) throws -> String {
    let printed = Printed()
    let writer = UpdateWriter(
      try OutputOptions.parse(options), style: Style(isColoured: isColoured), columns: { columns }, print: printed.add)
    for (index, update) in updates.enumerated() {
      writer.write(update, at: .microseconds(1_000_500 * index), domain: "web")
    }
    writer.finish()
    return printed.text
  }

  @Test func everyTypeOfLineAsJSONLines() throws {
    try expectGolden(print(["--output", "jsonl"]), "events.jsonl")
    let results = [Sample.cancelled, MigrationResult(outcome: .needsAttention)].map(MigrationUpdate.Content.result)
    try expectGolden(print(["--output", "jsonl"], results), "results.jsonl")
  }

  @Test func oneResultIsADocument() throws {
    try expectGolden(print(["--output", "json"]), "result.json")
  }

  @Test func linesForAFile() throws {
    try expectGolden(print([]), "events.txt")
    try expectGolden(print(["--verbose"]), "events-verbose.txt")
    try expectGolden(print(["--quiet"]), "events-quiet.txt")
  }

  @Test func aTerminalShowsOneLineThatIsRewrittenAndNeverWraps() throws {
    let seen = try print([], isColoured: true, columns: 30).replacing("\u{1B}", with: "ESC").replacing("\r", with: "CR")
    try expectGolden(seen, "events-terminal.txt")
  }

  @Test func aTerminalHasALineForEachGuestThatMoves() throws {
    let printed = Printed()
    let writer = UpdateWriter(
      try OutputOptions.parse([]), style: Style(isColoured: true), columns: { 20 }, print: printed.add)
    for domain in ["a", "b", "a"] { writer.write(.progress(Sample.progress, percent: 1), at: .zero, domain: domain) }
    writer.write(.result(Sample.cancelled), at: .zero, domain: "a")
    let lines = printed.text.replacing("\u{1B}", with: "ESC").replacing("\r", with: "").split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("ESC[1AESC[J") } == 1, "b comes below a: \(lines)")
    #expect(lines.count { $0.hasPrefix("ESC[2AESC[J") } == 2, "both are drawn anew: \(lines)")
    #expect(lines.suffix(2).map { $0.contains("cancelled") } == [true, false], "a's result stays above b's line")
  }

  /// Each guest's first pass is told, also after another's pass of the same number.
  @Test func passesAreCountedForEachMove() throws {
    let move: [MigrationUpdate.Content] = [.progress(Sample.progress, percent: 1), .result(Sample.cancelled)]
    #expect(try print([], move + move).split(separator: "\n").count == 4)
  }

  @Test func whatHasNoJSONLeavesNoEmptyLine() throws {
    #expect(try print(["--output", "jsonl"], [.progress(ProgressSample(), percent: .nan)]) == "")
  }

  @Test(arguments: [
    (0.0, 1, "0.0"), (1.25, 1, "1.3"), (99.96, 1, "100.0"), (-0.004, 2, "0.00"), (-1.5, 2, "-1.50"), (7.4, 0, "7"),
    (0.05, 2, "0.05"), (12345.678, 3, "12345.678"),
  ])
  func decimals(value: Double, count: Int, text: String) { #expect(UpdateText.decimals(value, count) == text) }

  @Test func aPercentageIsShownWhereItIsKnown() {
    #expect(UpdateText.progress(ProgressSample(), nil) == "")
    #expect(UpdateText.progress(ProgressSample(), 99.96) == "100.0 %")
  }
}

@Suite struct StyleTests {
  @Test(arguments: [
    (false, [:], true, true), (false, [:], false, false), (true, [:], true, false),
    (false, ["NO_COLOR": "1"], true, false), (false, ["NO_COLOR": ""], true, true),
    (false, ["TERM": "dumb"], true, false), (false, ["TERM": "xterm"], true, true),
  ])
  func colourIsForTerminalsThatWantIt(
    noColor: Bool, environment: [String: String], isTerminal: Bool, isColoured: Bool
  ) {
    #expect(Style(noColor: noColor, environment: environment, isTerminal: isTerminal).isColoured == isColoured)
  }
}
