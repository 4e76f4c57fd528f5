import ArgumentParser

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// `migrate [run] DOMAIN... DEST`: preflight, then the move.
struct RunVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Check, then move the guests (the default verb).")

  @Flag(help: "Preflight only; change nothing on either host.")
  var check = false

  @Flag(help: "Move without preflight; the result says so.")
  var skipCheck = false

  @Flag(help: "Write nothing into the journal: nobody can follow, cancel or recover the move by it.")
  var noJournal = false

  @OptionGroup var arguments: MoveArguments
  @OptionGroup(title: "Journal") var journal: JournalOptions
  @OptionGroup(title: "Facts, with --check") var facts: FactsOptions

  func validate() throws {
    if check && skipCheck { throw ValidationError("--check and --skip-check exclude each other") }
    if !check && !facts.isEmpty {
      throw ValidationError("facts are saved, replayed and compared by a check: add --check")
    }
  }

  func run() async throws {
    if check { return try await runCheck(arguments, facts) }
    let start = ContinuousClock.now
    // A reader that goes away, such as `head`, must not end a move half-way.
    signal(SIGPIPE, SIG_IGN)
    let writer = UpdateWriter(arguments.output, style: arguments.output.style)
    let interrupts = await Interrupts.trap()
    let status = try await MoveRun(
      arguments, isUnchecked: skipCheck, interrupts, since: start, to: writer, journalFile: journal.journal
    ) {
      noJournal ? nil : try await journal.open()
    }.run()
    try status.exit()
  }
}
