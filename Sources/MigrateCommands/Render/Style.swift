#if canImport(Glibc)
  import Glibc
#endif

/// Whether and how text may be dressed for the terminal.
struct Style: Sendable {
  enum Colour: Int, Sendable {
    case faint = 2
    case red = 31
    case green = 32
    case yellow = 33
  }

  var isColoured: Bool

  /// Colour only on a terminal, and not when the user asked for none (https://no-color.org).
  init(noColor: Bool, environment: [String: String], isTerminal: Bool = isatty(STDOUT_FILENO) == 1) {
    isColoured = isTerminal && !noColor && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  init(isColoured: Bool) { self.isColoured = isColoured }

  func paint(_ text: String, _ colour: Colour) -> String {
    isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}
