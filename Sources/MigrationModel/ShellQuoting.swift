extension String {
  /// This text as one word of a POSIX shell command, bare when it needs no quotes: `it's` becomes `'it'\''s'`.
  ///
  /// Total: every text, also an empty one or one with newlines, comes back from the shell byte for byte. A leading dash
  /// is quoted too, but a command would still read such a word as an option: pass it as an option's value.
  public var shellQuoted: String {
    if !isEmpty, first != "-", unicodeScalars.allSatisfy(\.isSafeInShell) { return self }
    // Scalars, not characters: a quote with a combining mark is another character, but the shell still sees the quote.
    let quoted = unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined()
    return "'\(quoted)'"
  }
}

extension Unicode.Scalar {
  /// Letters, digits and punctuation of ASCII that no shell gives a meaning to, wherever they stand in a word.
  fileprivate var isSafeInShell: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/", ":", "@", "%", "+", ",": true
    default: false
    }
  }
}
