import Testing

@testable import BenchModel

/// What is wrong with the tags and entities of a page; nil when nothing is.
func flaw(of page: String) -> String? {
  var open: [Substring] = []
  var rest = page[...]
  while let start = rest.firstIndex(of: "<") {
    if let flaw = textFlaw(of: rest[..<start]) { return flaw }
    guard let end = rest[start...].firstIndex(of: ">") else { return "a tag has no end" }
    let inside = rest[rest.index(after: start)..<end]
    rest = rest[rest.index(after: end)...]
    if inside == "!DOCTYPE html" { continue }
    if inside.contains("<") { return "a tag in a tag: \(inside)" }
    if !inside.count(where: { $0 == "\"" }).isMultiple(of: 2) { return "an open quote: \(inside)" }
    if let flaw = textFlaw(of: inside) { return flaw }
    if inside.hasPrefix("/") {
      guard let last = open.popLast(), last == inside.dropFirst() else { return "closes what is not open: \(inside)" }
    } else if let name = inside.split(whereSeparator: { $0 == " " || $0 == "/" }).first {
      if !inside.hasSuffix("/") && name != "meta" { open.append(name) }
    }
  }
  return open.isEmpty ? nil : "not closed: \(open)"
}

private func textFlaw(of text: Substring) -> String? {
  for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
    let known = ["amp;", "lt;", "gt;", "quot;", "#39;"].contains { part.hasPrefix($0) }
    if !known { return "an & of no entity: \(part.prefix(20))" }
  }
  return text.contains(">") && !text.contains("{") ? "a > in a text: \(text)" : nil
}

@Suite struct FlawTests {
  /// The check itself.
  @Test(arguments: ["<p>", "<p></b>", "</p>", "<a b=\"></a>", "x & y<p></p>", "<p", "<svg><path/></p>"])
  func isFound(_ page: String) { #expect(flaw(of: page) != nil) }

  @Test func isNotFoundWhereThereIsNone() {
    #expect(flaw(of: "<!DOCTYPE html>\n<p class=\"x\">a &lt; b<meta charset=\"y\"><path d=\"M0 0\"/></p>") == nil)
  }
}

@Suite struct PageTests {
  private static let page = reportPage(SampleSession.whole(repeats: 2, beats: 300))

  @Test func isWellFormed() { #expect(flaw(of: Self.page) == nil) }

  @Test func needsNoNetwork() {
    let bare = Self.page.replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
    for forbidden in ["http:", "https:", "//", "<script", "<link", "<img", "@import", "url("] {
      #expect(!bare.contains(forbidden), "\(forbidden)")
    }
  }

  @Test func holdsEachSectionInItsOrder() throws {
    var rest = Self.page[...]
    for mark in [
      "<h1>", "2026-01-02T03:04:05Z", "class=\"reading\"", "id=\"figures\"", "id=\"distributions\"", "id=\"tools\"",
      "id=\"controls\"", "id=\"runs\"",
    ] {
      let place = try #require(rest.firstRange(of: mark), "\(mark)")
      rest = rest[place.upperBound...]
    }
  }

  @Test func anEmptyReportIsAPageToo() {
    var empty = BenchReport(
      environment: .init(date: "", migrate: "", accelerator: "kvm", site: "", seed: 0, collector: ""), scenarios: [])
    let page = reportPage(empty)
    #expect(flaw(of: page) == nil)
    #expect(page.contains("No move was made.") && page.contains("No control was made"))
    #expect(!page.contains("Caveat"))
    empty.environment.accelerator = "tcg"
    #expect(reportPage(empty).contains("Caveat: the guests ran under TCG"))
  }

  @Test func problemsStandOnTop() throws {
    let good = reportPage(report([]))
    #expect(good.contains("verdict good\">ok<") && !good.contains("class=\"problems\""))
    let bad = reportPage(report([], problems: ["the first", "a < b"]))
    #expect(bad.contains("verdict bad\">not ok: 2 problems<"))
    let box = try #require(bad.firstRange(of: "class=\"problems\""))
    let figures = try #require(bad.firstRange(of: "class=\"env\""))
    #expect(box.lowerBound < figures.lowerBound)
    #expect(bad.contains("<li>the first</li><li>a &lt; b</li>"))
  }

  /// Every text of a report, as someone would write it who wants to break out.
  @Test func hostileTextsStayTexts() {
    let evil = "<script>alert(1)</script>\"' onload=\"x\" & ]]>\u{0}"
    var run = SampleSession(seed: 1).hostile(evil)
    run.timeline?.phases.append(.init(tMs: 1, what: evil))
    run.timeline?.events.append(.init(tMs: 2, what: evil))
    run.timeline?.events.append(.init(tMs: 2, what: "\(evil): pass <b>"))
    var failed = Run.sample(evil, evil, 2, outcome: evil)
    failed.error = evil
    var scenario = Scenario.sample(evil, evil)
    (scenario.about, scenario.guest) = (evil, .init(pattern: evil))
    var control = Control(kind: .none, scenario: evil, beatMs: 2, beats: 1, lost: 0)
    control.maxMs = 1
    var whole = report([run, failed], controls: [control], problems: [evil], scenarios: [scenario])
    whole.ratios = [RatioRow(scenario: evil, metric: .total, ratio: 1, ci95: Interval(low: 1, high: 1), n: 1)]
    whole.environment = .init(
      date: evil, migrate: evil, libvirt: evil, qemu: evil, kernel: evil, cpu: evil, accelerator: evil, site: evil,
      seed: 1, collector: evil)
    let page = reportPage(whole)
    #expect(flaw(of: page) == nil)
    #expect(
      !page.contains("<script") && !page.contains("\" onload") && !page.contains("\u{0}") && !page.contains("<b>\""))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=&quot;x&quot; &amp; ]]&gt;\u{FFFD}"))
  }

  @Test func missingFiguresAreDashesAndNotZero() {
    let page = reportPage(report([.sample(total: 1234)]))
    #expect(
      page.contains(
        "<td class=\"edge headline\">–</td><td class=\"\">–</td><td class=\"\">–</td><td class=\"\">0 of 1</td>"))
    #expect(page.contains(">1234</td>"))
    #expect(!page.contains(">0.00</td>"))
  }

  @Test func aRunThatFailedIsListedWithItsCause() {
    var failed = Run.sample(outcome: "failed")
    failed.error = "the host was on fire"
    let page = reportPage(report([failed]))
    #expect(page.contains("repeat 1, failed: the host was on fire") && page.contains("1 failed</summary>"))
    #expect(page.contains("No run was completed."))
  }

  @Test func aLargeReportStaysSmall() {
    var report = SampleSession.whole(repeats: 10, beats: 2000)
    #expect(report.runs.count >= 110)
    // No two pixels alike: nothing can be joined.
    var generator = SeededGenerator(seed: 2)
    for index in report.runs.indices {
      report.runs[index].timeline?.beatGapsUs = (0..<2000).map { _ in 500 << Int(generator.next(upperBound: UInt64(7)))
      }
      report.runs[index].timeline?.answerGapsUs = (0..<2000).map { _ in
        300 << Int(generator.next(upperBound: UInt64(7)))
      }
    }
    let page = reportPage(report)
    #expect(page.utf8.count < 2_000_000)
    #expect(page.contains("the best, the median and the worst run"))
    #expect(flaw(of: page) == nil)
  }
}

extension SampleSession {
  fileprivate consuming func hostile(_ name: String) -> Run { run(name, name, 1, beats: 50, pause: 20) }
}

@Suite struct RunChoiceTests {
  private static func run(_ number: Int, _ heartbeat: Double?, _ outcome: String = "completed") -> Run {
    var run = Run.sample("s", "migrate", number, heartbeat: heartbeat, outcome: outcome)
    run.timeline = Run.Timeline()
    return run
  }

  @Test func isTheBestTheMedianAndTheWorst() {
    let runs = [
      Self.run(1, 30), Self.run(2, 10), Self.run(3, 50), Self.run(4, 20), Self.run(5, 40), Self.run(6, 5, "failed"),
    ]
    #expect(telling(runs).map { "\($0.0.repeat) \($0.1)" } == ["2 best", "1 median", "3 worst"])
  }

  @Test func isEachRunOnce() {
    #expect(telling([Self.run(1, 30)]).map { "\($0.0.repeat) \($0.1)" } == ["1 best and median and worst"])
    #expect(
      telling([Self.run(1, 30), Self.run(2, 10)]).map { "\($0.0.repeat) \($0.1)" } == ["2 best and median", "1 worst"])
  }

  @Test func isTheFirstWhereNoneWasCompleted() {
    #expect(telling([Self.run(3, 9, "failed"), Self.run(4, nil, "failed")]).map(\.0.repeat) == [3])
    #expect(telling([.sample(heartbeat: 1)]).isEmpty)
  }
}
