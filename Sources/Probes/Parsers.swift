import MigrationModel

/// Pure functions from what a host printed to facts. nil: the text is not what it should be.
///
/// Each is linear in its text, which may be anything at all.
enum Parse {
  static func version(_ text: String) -> Version? { Version(firstIn: text) }

  /// Seconds with nine decimals since 1970, as `date +%s.%N` prints them; nil where date knows no %N, and for a year
  /// beyond 2106.
  static func nanoseconds(_ text: String) -> Int64? {
    let parts = trimmed(text[...]).split(separator: ".")
    guard parts.count == 2, parts[1].utf8.count == 9, let seconds = UInt32(parts[0]), let rest = UInt32(parts[1]) else {
      return nil
    }
    return Int64(seconds) * 1_000_000_000 + Int64(rest)
  }
}

/// A line of /proc/self/mountinfo (proc(5)): where a file system is mounted, its type and its source.
struct Mount: Equatable {
  var point: String
  var type: String
  var source: String

  static func table(_ text: String) -> [Mount] {
    Parse.lines(text).compactMap { line in
      let halves = Parse.fields(line, by: " ").split(separator: "-", maxSplits: 1)
      guard halves.count == 2, halves[0].count >= 5, halves[1].count >= 2 else { return nil }
      let head = Array(halves[0])
      let tail = Array(halves[1])
      return Mount(point: unescaped(head[4]), type: String(tail[0]), source: unescaped(tail[1]))
    }
  }

  /// The last mount on the longest mount point that holds `path`: later mounts cover earlier ones.
  static func holding(_ path: String, among mounts: [Mount]) -> Mount? {
    mounts.filter { $0.holds(path) }
      .reduce(nil) { best, mount in mount.point.utf8.count >= (best?.point.utf8.count ?? 0) ? mount : best }
  }

  /// By bytes: file names are no text.
  private func holds(_ path: String) -> Bool {
    guard path.utf8.starts(with: point.utf8) else { return false }
    let rest = path.utf8.dropFirst(point.utf8.count)
    return point == "/" || rest.isEmpty || rest.first == UInt8(ascii: "/")
  }

  /// The kernel writes space, tab, newline and backslash as three octal digits (`mangle_path`, fs/seq_file.c).
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
