import MigrationModel
import Testing

@testable import MigrateCommands

@Suite struct CheckGoldenTests {
  private let text = CheckText(style: Style(isColoured: false), isVerbose: false)

  @Test(arguments: Sample.checks.indices) func everyVerdictAsTextAndAsJSON(index: Int) throws {
    let (name, check) = Sample.checks[index]
    try expectGolden(text.text(check) + "\n", "check-\(name).txt")
    try expectGolden(JSON.document([CheckDocument(check, elapsed: .microseconds(123_456))]), "check-\(name).json")
  }

  @Test func verboseShowsWhatPassed() throws {
    let verbose = CheckText(style: Style(isColoured: false), isVerbose: true)
    try expectGolden(verbose.text(Sample.check(.ready)) + "\n", "check-verbose.txt")
  }

  @Test func coloursMarkTheVerdictAndTheSeverities() throws {
    let coloured = CheckText(style: Style(isColoured: true), isVerbose: false)
    let visible = coloured.text(Sample.check(.blocked, [Sample.bridge])).replacing("\u{1B}", with: "ESC") + "\n"
    try expectGolden(visible, "check-colour.txt")
  }

  @Test func anErrorIsADocumentWithoutAVerdict() throws {
    let failure = CommandFailure(status: .failed, message: "kvm2: connection refused (libvirt error 38)", code: 38)
    let document = CheckDocument(
      domain: "web", source: Sample.source, destination: Sample.destination, failure: failure,
      elapsed: .milliseconds(12))
    try expectGolden(JSON.document([document]), "check-error.json")
  }

  @Test func severalDomainsAreAnArrayOrOneLineEach() throws {
    let document = CheckDocument(Sample.check(.ready), elapsed: .zero)
    try expectGolden(JSON.document([document, document]), "check-several.json")
    let line = JSON.line(document)
    #expect(line.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    #expect(line.hasSuffix("}\n"))
  }

  /// Host names, guests and remote commands are somebody else's words.
  @Test func nothingThatAHostSaysReachesTheTerminalAsACommand() {
    var finding = Sample.bridge
    finding.message = "br\u{1B}[2J\u{9B}31m\u{202E}x\r\nREADY"
    let lines = text.lines(for: finding)
    #expect(lines[0].contains("br\u{FFFD}[2J\u{FFFD}31m\u{FFFD}x  READY"))
    let spoken = UpdateText.line(
      MigrationUpdate(
        sequence: 1, time: .zero, domain: "a\nb", content: .guest(.source, event: "\u{7}", detail: "żółw 👩‍👩‍👧")))
    #expect(spoken == "a b  0.00 s  guest on the source: \u{FFFD} (żółw 👩‍👩‍👧)")
  }

  /// A host whose shell is gone: one reason, told once, with every rule that it keeps from an answer.
  @Test func whatIsUnknownForOneReasonIsToldOnce() throws {
    let unread = ["uri.resolves", "storage.present", "network.bridge", "clock.sync"].map { rule in
      Finding(
        rule: rule, severity: .unknown, subject: "x", source: "read", destination: "not read",
        message: "kvm2: x could not be read.", blocks: rule != "clock.sync", cause: "kvm2: connection refused")
    }
    let check = Sample.check(.blocked, [Sample.bridge] + unread + [Sample.clock])
    try expectGolden(text.text(check) + "\n", "check-folded.txt")
  }

  @Test func quietIsTheVerdictAlone() {
    let quiet = CheckText(style: Style(isColoured: false), isVerbose: false, isQuiet: true)
    let lines = quiet.text(Sample.check(.blocked, [Sample.bridge])).split(separator: "\n")
    #expect(lines == ["BLOCKED  web: kvm1 → kvm2  (1 blocker)"])
  }

  @Test func onlyWhatChangedIsReported() throws {
    var now = Sample.check(.blocked, [Sample.bridge, Sample.clock])
    let before = Sample.check(.inconclusive, [Sample.unread, Sample.clock])
    let change = Drift.Change(host: "kvm2", fact: "links br7 mtu", before: "1500", now: "absent")
    let drift = Drift(&now, since: before, changes: [change])
    try expectGolden(text.text(now, since: drift) + "\n", "check-since.txt")
    try expectGolden(JSON.document([CheckDocument(now, since: drift, elapsed: .milliseconds(12))]), "check-since.json")
    var same = before
    let none = Drift(&same, since: before, changes: [])
    #expect(text.text(same, since: none).hasSuffix("\n  nothing changed, 2 findings as before"))
  }
}
