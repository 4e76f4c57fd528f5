/// The report as one page of HTML that needs nothing else: no network, no script, no other file.
public func reportPage(_ report: BenchReport) -> String {
  let sections = [
    heading(report), environmentLines(report), reading(report.environment),
    section("figures", "Downtime and cost", mainTable(report)),
    section("distributions", "Distributions", distributions(report)),
    section("tools", "migrate against virsh", forest(report.ratios)),
    section("controls", "Controls", controlSection(report.controls)),
    section("runs", "Runs", runSection(report)),
  ]
  let head =
    #"<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">"#
    + tag("title", "migrate bench \(escaped(report.environment.date))") + tag("style", pageStyle)
  return "<!DOCTYPE html>\n"
    + tag("html", ["lang": "en"], tag("head", head) + tag("body", sections.joined(separator: "\n")))
    + "\n"
}

/// An element without attributes.
func tag(_ name: String, _ content: String) -> String { tag(name, [:], content) }

func paragraph(_ text: String) -> String { tag("p", escaped(text)) }

func note(_ text: String) -> String { tag("p", ["class": "note"], escaped(text)) }

private func section(_ id: String, _ title: String, _ content: String) -> String {
  tag("section", ["id": id], tag("h2", escaped(title)) + content)
}

/// The verdict, and on top of all else what is wrong.
private func heading(_ report: BenchReport) -> String {
  let count = report.problems.count
  let verdict = report.ok ? "ok" : count == 0 ? "not ok" : "not ok: \(counted(count, "problem"))"
  let title = tag(
    "h1",
    "migrate bench " + tag("span", ["class": "verdict \(report.ok ? "good" : "bad")"], escaped(verdict)))
  guard !report.ok else { return tag("header", title) }
  let lines = report.problems.map { tag("li", escaped($0)) }.joined()
  let box =
    tag("strong", "Do not trust these figures before each of these lines is understood.")
    + (lines.isEmpty ? "" : tag("ul", lines))
  return tag("header", title + tag("div", ["class": "problems", "role": "alert"], box))
}

private func environmentLines(_ report: BenchReport) -> String {
  let environment = report.environment
  let load = [environment.loadBefore, environment.loadAfter].map { decimal($0, 2) }.joined(separator: " → ")
  let values: [(String, String?)] = [
    ("begun", environment.date), ("where", environment.site), ("migrate", environment.migrate),
    ("libvirt", environment.libvirt), ("QEMU", environment.qemu), ("guests", environment.accelerator),
    ("kernel", environment.kernel), ("CPU", environment.cpu), ("CPUs", environment.cpus.map(String.init)),
    ("load before → after", load), ("seed", "\(environment.seed)"), ("stamping thread", environment.collector),
  ]
  let line = values.map { name, value in
    tag("span", tag("b", escaped(name)) + " " + escaped(value.flatMap { $0.isEmpty ? nil : $0 } ?? missing))
  }
  return tag("p", ["class": "env"], line.joined(separator: " ")) + scenarioList(report.scenarios)
}

private func scenarioList(_ scenarios: [Scenario]) -> String {
  guard !scenarios.isEmpty else { return "" }
  let lines = scenarios.map { scenario in
    tag("dt", escaped(scenario.name)) + tag("dd", escaped(described(scenario)))
  }
  return tag("details", tag("summary", "Scenarios (\(scenarios.count))") + tag("dl", lines.joined()))
}

private func described(_ scenario: Scenario) -> String {
  let guest = scenario.guest
  let rate: String? =
    switch guest?.rateMibS {
    case .mebibytesPerSecond(let number): "\(number) MiB/s changed"
    case .max: "changed as fast as the CPU lets it"
    case nil: nil
    }
  let parts: [String?] = [
    scenario.about, "\(guest?.memoryMib ?? Scenario.Defaults.memory) MiB", counted(guest?.vcpus ?? 1, "vCPU"),
    "\(guest?.keptMib ?? Scenario.Defaults.kept) MiB kept and checked", rate, guest?.pattern,
    scenario.linkMibS.map { "link of \($0) MiB/s" },
    "a beat every \(decimal(scenario.beatMs ?? Scenario.Defaults.beat, 1)) ms",
    "variants " + scenario.variants.map(\.name).joined(separator: ", "),
  ]
  return parts.compactMap { $0 }.joined(separator: "; ")
}

/// Which figure counts, and why there are others.
private func reading(_ environment: BenchReport.Environment) -> String {
  var lines = [
    """
    The headline is the heartbeat: from the last beat of the guest that came through the source to the first through \
    the destination, less the period. The longest silence may lie elsewhere: QEMU also holds a guest up when the first \
    pass begins, and CPUs may be short. Stalled is all of it. The guest \
    sends its beats over virtio-serial, and one clock outside of it stamps them for both hosts. So it counts everything \
    that keeps the guest from running, and no clock of a host or of the guest can falsify it.
    """,
    """
    The other figures see less, or something else. QEMU: from its own STOP on the source to its RESUME on the \
    destination. Event: libvirt's events as a client hears them, later than they happened. Reported: what libvirt says \
    of itself, from the clocks of two hosts; corrected is the same less the distance of those clocks. Network: the \
    time around the handover without an answer of the guest over its network, less the interval of asking; that includes \
    the switches that learn where the guest is, and it can be longer than the guest was away. Medians are over completed \
    runs of which there is nothing to complain; the range in parentheses is the 95 % interval of the median, by bootstrap.
    """,
  ]
  if environment.accelerator != "kvm" {
    lines.append(
      """
      Caveat: the guests ran under \(environment.accelerator.uppercased()), not KVM (\(environment.site)). An emulated \
      guest is slower, and shares the CPUs with what measures it. Compare rows of this page with each other and with \
      pages of the same machine; do not take the milliseconds as those of a production host.
      """)
  }
  return tag("div", ["class": "reading"], lines.map(paragraph).joined())
}
