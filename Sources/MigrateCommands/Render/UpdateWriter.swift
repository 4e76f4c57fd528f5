import MigrationModel
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
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
    /// One line that is rewritten, with phases and results kept above it.
    case terminal
    /// Phases, results, and each pass over the memory.
    case lines
    case resultsOnly
  }

  private struct State {
    var sequence = 0
    var iteration: UInt64?
    var isLineOpen = false
    var results: [EventLine] = []
  }

  private let form: Form
  private let isVerbose: Bool
  private let style: Style
  private let state = Mutex(State())

  init(_ options: OutputOptions) {
    let environment = ProcessInfo.processInfo.environment
    style = Style(noColor: options.noColor, environment: environment)
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
      case .jsonLines: emit((try? JSON.line(dressed(update, dress))) ?? "", "\n")
      case .document: if case .result = content { state.results.append(dressed(update, dress)) }
      case .terminal: terminal(update, &state)
      case .lines: plain(update, &state)
      case .resultsOnly: if case .result = content { emit(UpdateText.line(update), "\n") }
      }
    }
  }

  /// Says in text why preflight kept a move from starting; JSON carries it in the result.
  func explain(_ findings: [Finding], _ check: Check?) {
    guard form == .terminal || form == .lines || form == .resultsOnly, !findings.isEmpty else { return }
    let text = CheckText(style: style, isVerbose: isVerbose)
    emit(check.map(text.text) ?? findings.flatMap(text.lines(for:)).joined(separator: "\n"), "\n")
  }

  /// Writes what is written only at the end: one document for one result, an array for several.
  func finish() {
    guard form == .document else { return }
    let results = state.withLock(\.results)
    emit((try? results.count == 1 ? JSON.document(results[0]) : JSON.document(results)) ?? "", "\n")
  }

  private func dressed(_ update: MigrationUpdate, _ dress: (inout EventLine) -> Void) -> EventLine {
    var line = EventLine(update)
    dress(&line)
    return line
  }

  private func terminal(_ update: MigrationUpdate, _ state: inout State) {
    let clear = state.isLineOpen ? "\r\u{1B}[K" : ""
    switch update.content {
    case .progress:
      emit(clear, UpdateText.line(update))
      state.isLineOpen = true
    case .guest: break
    case .phase, .result:
      emit(clear, UpdateText.line(update) + "\n")
      state.isLineOpen = false
    }
  }

  private func plain(_ update: MigrationUpdate, _ state: inout State) {
    if case .progress(let sample, _) = update.content {
      guard isVerbose || sample.memory.iteration != state.iteration else { return }
      state.iteration = sample.memory.iteration
    }
    if case .guest = update.content, !isVerbose { return }
    emit(UpdateText.line(update), "\n")
  }

  /// A reader that has gone away must not end a move: a failed write is not an error here.
  private func emit(_ parts: String...) {
    for part in parts { fputs(part, stdout) }
    fflush(stdout)
  }
}
