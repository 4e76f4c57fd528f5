import MigrationModel
import Synchronization

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// Numbers the updates of a command and writes each to stdout at once. One writer for all its domains.
final class UpdateWriter: Sendable {
  /// How updates reach the reader.
  enum Form: Sendable {
    /// Every update is a line of JSON.
    case jsonLines
    /// One line that is rewritten, with phases and results kept above it.
    case terminal
    /// Phases, results, and each pass over the memory.
    case plainText(isVerbose: Bool)
    /// Nothing while it runs.
    case silent
  }

  private struct State {
    var sequence = 0
    var iteration: UInt64?
    var isLineOpen = false
  }

  private let form: Form
  private let state = Mutex(State())

  init(_ form: Form) { self.form = form }

  /// Writes one update. `dress` may add to its JSON line what only the command knows.
  func write(
    _ content: MigrationUpdate.Content, at time: Duration, domain: String, dress: (inout EventLine) -> Void = { _ in }
  ) {
    state.withLock { state in
      state.sequence += 1
      let update = MigrationUpdate(sequence: state.sequence, time: time, domain: domain, content: content)
      switch form {
      case .jsonLines:
        var line = EventLine(update)
        dress(&line)
        emit((try? JSON.line(line)) ?? "", "\n")
      case .terminal: terminal(update, &state)
      case .plainText(let isVerbose): plain(update, &state, isVerbose: isVerbose)
      case .silent: break
      }
    }
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

  private func plain(_ update: MigrationUpdate, _ state: inout State, isVerbose: Bool) {
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
