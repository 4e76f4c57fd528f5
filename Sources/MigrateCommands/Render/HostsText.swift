import MigrationModel

/// Hosts, and the ways between them, for a terminal.
struct HostsText {
  var style: Style
  var isVerbose: Bool

  /// A table of verdicts, then the reasons way by way, then the CPU that would fit all.
  func matrix(_ matrix: Matrix) -> String {
    let blocks = [table(matrix), unusable(matrix.unusable)] + matrix.directions.map(reasons) + [baseline(matrix)]
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// A line for each host, and one for each guest below it.
  func inventory(_ survey: Survey) -> String {
    let lines = survey.hosts.flatMap { host -> [String] in
      let threads = host.cpusOnline.value.map { "\($0.count) CPUs" }
      let memory = host.memory.value.map { "\($0.available) of \($0.total) available" }
      let facts = [threads, memory, plural(host.guests.count, "guest")].compactMap(\.self).joined(separator: ", ")
      let guests = host.guests.map { "  \($0.name)  \($0.state.rawValue), \($0.vcpus) vCPUs, \($0.memory)".printable }
      return ["\(host.name)  \(facts)".printable] + guests
    }
    return (lines + unusable(survey.unusable)).joined(separator: "\n")
  }

  private func table(_ matrix: Matrix) -> [String] {
    let names = matrix.hosts.map(\.name.printable)
    let cells = matrix.hosts.map { source in
      matrix.hosts.map { destination in
        matrix.directions.first { $0.source == source.name && $0.destination == destination.name }.map(cell) ?? (
          "·", nil
        )
      }
    }
    let head = [["from \\ to"] + names]
    let rows = zip(names, cells).map { name, row in [name] + row.map(\.0) }
    let widths = (0...names.count).map { column in (head + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ texts: [String], _ colours: [Style.Colour?]) -> String {
      zip(zip(texts, widths), colours).map { cell, colour in
        let padded = cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
        return colour.map { style.paint(padded, $0) } ?? padded
      }.joined(separator: "  ")
    }
    return [line(head[0], Array(repeating: .faint, count: widths.count))]
      + zip(rows, cells).map { line($0, [nil] + $1.map(\.1)) }
  }

  /// "2 of 3 guests", or the hosts' own verdict where there are no guests.
  private func cell(_ direction: Matrix.Direction) -> (String, Style.Colour?) {
    let verdict = direction.verdict
    let text =
      direction.guests.isEmpty
      ? verdict.headline.lowercased() : "\(direction.movable) of \(plural(direction.guests.count, "guest"))"
    return (text, verdict.colour)
  }

  private func unusable(_ hosts: [String: String]) -> [String] {
    hosts.sorted { $0.key < $1.key }.map { name, reason in
      "\(style.paint("DOWN", .red))  \((reason.hasPrefix("\(name):") ? reason : "\(name): \(reason)").printable)"
    }
  }

  private func reasons(_ direction: Matrix.Direction) -> [String] {
    let check = CheckText(style: style, isVerbose: isVerbose)
    let verdict = style.paint(direction.verdict.headline, direction.verdict.colour)
    let guests = direction.guests.flatMap { guest -> [String] in
      let own = guest.findings(beyond: direction.hosts)
      return own.isEmpty ? [] : ["  \(guest.name.printable):"] + check.body(own).map { "  \($0)" }
    }
    let lines = check.body(direction.hosts.findings) + guests
    guard isVerbose || !lines.isEmpty else { return [] }
    return ["\(verdict)  \("\(direction.source) → \(direction.destination)".printable)"] + lines
  }

  private func baseline(_ matrix: Matrix) -> [String] {
    guard matrix.hosts.count > 1 else { return [] }
    switch matrix.baseline {
    case .gap(let gap): return ["no CPU for all hosts is known (\("\(gap)".printable))"]
    case .known(let cpu):
      let features = cpu.features.isEmpty ? "" : " with \(cpu.features.joined(separator: ", "))"
      let restarts =
        matrix.restarts.isEmpty
        ? "no guest has to be restarted for it"
        : "to be restarted with it: \(matrix.restarts.map(\.printable).joined(separator: ", "))"
      return ["CPU for all hosts: \(cpu.model)\(features)".printable, "  \(restarts)"]
    }
  }
}

/// "1 guest", "2 guests".
func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
