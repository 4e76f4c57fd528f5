import ArgumentParser
import Journal
import MigrationModel

/// `migrate watch DOMAIN`: shows another process's move, and changes its limits.
struct WatchVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Follow a move that runs to its result, or change its limits.")

  @Argument(help: "The guest that is being moved: its name or UUID.")
  var domain: String

  @Option(
    help: ArgumentHelp(
      "Change a limit: bandwidth=MIB, postcopy-bandwidth=MIB or max-downtime=MS (repeatable).", valueName: "limit"))
  var set: [MoveSetting] = []

  @Flag(help: "With --set: follow the move afterwards.")
  var follow = false

  @OptionGroup var journal: JournalOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    if follow && set.isEmpty { throw ValidationError("--follow goes with --set; without it a move is followed anyway") }
  }

  func run() async throws {
    try await status().exit()
  }

  private func status() async throws -> ExitStatus {
    let opened = set.isEmpty ? try await self.journal.openReadOnly() : try await self.journal.openForWishes()
    guard let journal = opened else { throw MoveFollower.noMove(of: domain) }
    let move = try await MoveFollower.openMove(of: domain, in: journal)
    let follower = MoveFollower(move, in: journal, file: self.journal.journal)
    let writer = UpdateWriter(output, style: output.style)
    if !set.isEmpty, move.result == nil, move.owner.isAlive {
      let answers = try await follower.ask(set.map(Wish.set))
      for (setting, answer) in zip(set, answers) { tell("\(move.domain): \(setting.text)", answer) }
      let isAccepted = answers.allSatisfy { $0?.isAccepted == true }
      if !follow && answers.allSatisfy({ $0 != nil }) { return isAccepted ? .done : .failed }
    }
    let result = try await follower.follow(to: writer)
    writer.finish()
    let status = ExitStatus(result.outcome)
    // A limit that nobody took was not set, however well the move ended.
    return set.isEmpty || follow || status != .done ? status : .failed
  }

  private func tell(_ wish: String, _ answer: Answer?) {
    let text = answer.map { "\($0.isAccepted ? "accepted" : "refused"): \($0.text)" } ?? "the move was over before"
    if output.output == .text {
      print("\(wish): \(text)".printable)
    } else {
      complain(CommandFailure(status: .done, message: "\(wish): \(text)"))
    }
  }
}

extension MoveSetting: ExpressibleByArgument {
  public init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let value = UInt64(parts[1]) else { return nil }
    switch parts[0] {
    case "bandwidth": self = .bandwidth(value)
    case "postcopy-bandwidth": self = .postcopyBandwidth(value)
    case "max-downtime": self = .maxDowntime(value)
    default: return nil
    }
  }

  /// As it is given on the command line.
  var text: String {
    switch self {
    case .bandwidth(let value): "bandwidth=\(value)"
    case .postcopyBandwidth(let value): "postcopy-bandwidth=\(value)"
    case .maxDowntime(let value): "max-downtime=\(value)"
    }
  }
}
