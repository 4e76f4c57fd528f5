extension String {
  /// This text as one word of a POSIX shell command, bare when it needs no quotes: `it's` becomes `'it'\''s'`.
  ///
  /// Total: every text, also an empty one or one with newlines, comes back from the shell byte for byte. A leading dash
  /// is quoted too, but a command would still read such a word as an option: pass it as an option's value.
  public var shellQuoted: String {
    let scalars = unicodeScalars
    guard scalars.isEmpty || first == "-" || !scalars.allSatisfy(\.isSafeInShell) else { return self }
    // By scalars: as a Character, a quote that a combining mark follows is not a quote, but to the shell it is.
    var quoted = "'"
    for scalar in scalars {
      if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "'"
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
