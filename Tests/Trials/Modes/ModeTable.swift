import Lab

/// docs/modes.md: every row, tried.
public enum ModeTable {
  /// Tries the rows whose name contains `filter`, and says what came of each as soon as it is known.
  public static func run(
    _ filter: String, labName: String, telling: @escaping @Sendable (ModeOutcome) -> Void
  ) async throws -> [ModeOutcome] {
    try await run(ModeRow.all.filter { filter.isEmpty || $0.name.contains(filter) }, labName: labName, telling: telling)
  }

  static func run(
    _ rows: [ModeRow], labName: String, telling: @escaping @Sendable (ModeOutcome) -> Void = { _ in }
  ) async throws -> [ModeOutcome] {
    try await withLab(LabConfiguration(name: labName)) { lab in
      var outcomes: [ModeOutcome] = []
      for row in rows {
        let outcome = try await ModeTrial(row, in: lab).run()
        telling(outcome)
        outcomes.append(outcome)
      }
      return outcomes
    }
  }

  public static func page(_ outcomes: [ModeOutcome]) -> String {
    let wrong = outcomes.count { !$0.complaints.isEmpty }
    return """
      # Every mode, tried

      Written by `bash Tests/modes.sh`: each row moves a guest of its own from host1 to host2 of a lab (see
      [lab.md](lab.md)), as a user would, and then both hosts are looked at: where it is, in which state, and where it is
      defined. The guest keeps 24 MiB of its memory and changes 8 MiB a second of them; after the move all of them are
      checked. The hosts are one machine without KVM: durations show that something works, not how fast it would be.

      Downtime: as libvirt reports it; that less the difference of the two clocks; between the two events, as they were
      received.

      \(outcomes.count) rows, \(wrong) of them WRONG.

      \(MarkdownTable.text(header: ModeOutcome.header, rows: outcomes.map(\.cells)))
      """
  }
}
