import MigrationModel
import Synchronization

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// Numbers the updates of a command and writes each to stdout at once. One writer for all its domains.
final class UpdateWriter: Sendable {
  private enum Form: Sendable {
    /// Every update is a line of JSON, flushed at once.
    case jsonLines
    /// The results alone, as one JSON document at the end.
    case document
    /// A line for each guest that moves, rewritten in place, with phases and results kept above them.
    case terminal
    /// Phases, results, and each pass over the memory.
    case lines
    case resultsOnly
  }

  private struct State {
    var sequence = 0
    var iteration: UInt64?
    /// The guests that move, in the order in which they began, with their last progress.
    var live: [(domain: String, line: String)] = []
    var results: [EventLine] = []
  }

  private let form: Form
  private let isVerbose: Bool
  private let style: Style
  private let columns: @Sendable () -> Int?
  private let print: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - columns: the terminal's width at the moment; nil where there is none.
  ///   - print: takes text that is to be seen at once.
  init(
    _ options: OutputOptions, style: Style, columns: @escaping @Sendable () -> Int? = terminalColumns,
    print: @escaping @Sendable (String) -> Void = printAtOnce
  ) {
    self.style = style
    self.columns = columns
    self.print = print
    isVerbose = options.verbose
    form =
      switch options.output {
      case .jsonl: .jsonLines
      case .json: .document
      case .text where options.quiet: .resultsOnly
      case .text: style.isColoured ? .terminal : .lines
      }
  }

  /// Writes one update. `dress` may add to its JSON line what only the command knows.
  func write(
    _ content: MigrationUpdate.Content, at time: Duration, domain: String, dress: (inout EventLine) -> Void = { _ in }
  ) {
    state.withLock { state in
      state.sequence += 1
      let update = MigrationUpdate(sequence: state.sequence, time: time, domain: domain, content: content)
      switch form {
      case .jsonLines: print(JSON.line(dressed(update, dress)))
      case .document: if case .result = content { state.results.append(dressed(update, dress)) }
      case .terminal: terminal(update, text(update, dress), &state)
      case .lines: plain(update, text(update, dress), &state)
      case .resultsOnly: if case .result = content { print(text(update, dress) + "\n") }
      }
    }
  }

  /// Says in text what preflight found, to a reader who wants results only just where it kept a move from starting; JSON
  /// carries it in the result.
  func explain(_ findings: [Finding], _ check: Check?, isRefusal: Bool) {
    guard form == .terminal || form == .lines || (form == .resultsOnly && isRefusal), !findings.isEmpty else { return }
    let checkText = CheckText(style: style, isVerbose: isVerbose)
    let text = (check.map(checkText.text) ?? findings.flatMap(checkText.lines(for:)).joined(separator: "\n")) + "\n"
    state.withLock { redraw(over: $0.live.count, keeping: text, $0) }
  }

  /// Writes what is written only at the end: one document for one result, an array for several.
  func finish() {
    guard form == .document else { return }
    print(JSON.document(state.withLock(\.results)))
  }

  private func dressed(_ update: MigrationUpdate, _ dress: (inout EventLine) -> Void) -> EventLine {
    var line = EventLine(update)
    dress(&line)
    return line
  }

  private func text(_ update: MigrationUpdate, _ dress: (inout EventLine) -> Void) -> String {
    guard case .result = update.content else { return UpdateText.line(update) }
    return UpdateText.line(update, isUnchecked: dressed(update, dress).preflight != nil)
  }

  private func terminal(_ update: MigrationUpdate, _ text: String, _ state: inout State) {
    let before = state.live.count
    let index = state.live.firstIndex { $0.domain == update.domain }
    switch update.content {
    case .guest: return
    case .progress:
      let line = fitted(text)
      if let index { state.live[index].line = line } else { state.live.append((update.domain, line)) }
      redraw(over: before, state)
    case .phase, .decision: redraw(over: before, keeping: text + "\n", state)
    case .result:
      if let index { state.live.remove(at: index) }
      redraw(over: before, keeping: text + "\n", state)
    }
  }

  /// Goes back over the live lines, writes what is to stay above them, and then those that there are now.
  private func redraw(over count: Int, keeping text: String = "", _ state: State) {
    let back = count == 0 ? "" : "\u{1B}[\(count)A\r\u{1B}[J"
    print(back + text + state.live.map { $0.line + "\n" }.joined())
  }

  /// The part that fits on one line: a carriage return goes back over one line only.
  private func fitted(_ line: String) -> String { columns().map { String(line.prefix($0)) } ?? line }

  private func plain(_ update: MigrationUpdate, _ text: String, _ state: inout State) {
    switch update.content {
    case .progress(let sample, _):
      guard isVerbose || sample.memory.iteration != state.iteration else { return }
      state.iteration = sample.memory.iteration
    case .guest: guard isVerbose else { return }
    case .result: state.iteration = nil
    case .phase, .decision: break
    }
    print(text + "\n")
  }
}

/// A reader that has gone away must not end a move: a failed write is not an error here.
@Sendable func printAtOnce(_ text: String) {
  fputs(text, stdout)
  fflush(stdout)
}

/// What the terminal on stdout says of itself (TIOCGWINSZ); nil where it does not, or stdout is none.
@Sendable private func terminalColumns() -> Int? {
  var size = winsize()
  guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}
