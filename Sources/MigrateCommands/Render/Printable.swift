extension String {
  /// This text as part of one line on a terminal: what would move the cursor, colour or reorder is left out, because
  /// hosts and guests write some of it.
  var printable: String {
    let parts = unicodeScalars.map { scalar in
      switch scalar {
      case "\n", "\r", "\t", "\u{2028}", "\u{2029}": " "
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": "\u{FFFD}"
      default: scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
      }
    }
    return parts.joined()
  }
}
