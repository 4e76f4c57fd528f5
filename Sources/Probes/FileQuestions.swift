import MigrationModel

/// What stands at some paths of one host, all links followed.
struct FileAnswers: Sendable {
  /// known(nil): there is nothing.
  var files: [String: Fact<FileIdentity?>] = [:]
  /// The path with all links resolved, of what is there.
  var resolved: [String: String] = [:]
}

/// Looks at any number of paths with two programs, not two for each: `stat` and `readlink`.
///
/// Records are fields that end with NUL, which no path holds: "missing", "hidden" and why, "sectors" of a block device,
/// or "file" with kind, size and inode; then "resolved" and the real paths of the files in the same order.
struct FileQuestions: Sendable {
  let paths: [String]

  init(_ paths: some Collection<String>) { self.paths = Set(paths).sorted() }

  /// So many paths at once that the list stays well below what the kernel takes as arguments.
  private static let batch = 500

  var sections: [Shell.Section] {
    stride(from: 0, to: paths.count, by: Self.batch).map { start in
      section(paths[start..<min(start + Self.batch, paths.count)], number: start / Self.batch)
    }
  }

  /// What merely cannot be seen, as in a directory of somebody else's, is told from what is not there.
  private func section(_ paths: ArraySlice<String>, number: Int) -> Shell.Section {
    Shell.Section(
      name: "stat of \(paths.count) paths (\(number))",
      script: """
        set -- \(paths.map(\.shellQuoted).joined(separator: " "))
        count=$#
        for path; do
          if [ -e "$path" ]; then
            set -- "$@" "$path"
            [ -b "$path" ] || continue
            number=$(stat -L -c %t:%T -- "$path")
            read -r sectors <"/sys/dev/block/$((0x${number%:*})):$((0x${number#*:}))/size" &&
              printf 'sectors\\0%s\\0%s\\0' "$path" "$sectors"
            continue
          fi
          if [ -L "$path" ]; then printf 'hidden\\0%s\\0is a link that leads nowhere\\0' "$path"; continue; fi
          error=$(stat -L -c %F -- "$path" 2>&1)
          case $error in
            *": No such file or directory" | *": Not a directory") printf 'missing\\0%s\\0' "$path" ;;
            *) printf 'hidden\\0%s\\0%s\\0' "$path" "$error" ;;
          esac
        done
        shift $count
        [ $# -gt 0 ] || exit 0
        stat -L --printf 'file\\0%n\\0%F|%s|%i\\0' -- "$@" || exit
        printf 'resolved\\0'
        readlink -f -z -- "$@"
        """)
  }

  func read(_ answers: HostShell.Answers, mounts: Fact<[Mount]>) -> FileAnswers {
    var read = FileAnswers()
    for (number, section) in sections.enumerated() {
      let asked = paths[(number * Self.batch)..<min((number + 1) * Self.batch, paths.count)]
      let records = answers[section].map { FileRecords($0) }
      for path in asked {
        read.files[path] = identity(of: path, records, mounts)
        if case .known(let records) = records { read.resolved[path] = records.resolved[path] }
      }
    }
    return read
  }

  private func identity(
    of path: String, _ records: Fact<FileRecords>, _ mounts: Fact<[Mount]>
  ) -> Fact<FileIdentity?> {
    switch (records, mounts) {
    case (.gap(let gap), _), (.known, .gap(let gap)): return .gap(Gap(source: "stat \(path)", reason: gap.reason))
    case (.known(let records), .known(let mounts)):
      if records.missing.contains(path) { return .known(nil) }
      if let reason = records.hidden[path] { return .gap(Gap(source: "stat \(path)", reason: firstLine(reason))) }
      guard let line = records.found[path], let resolved = records.resolved[path],
        var file = Parse.file(line, at: resolved, mounts: mounts)
      else { return .gap(Gap(source: "stat \(path)", reason: "printed what cannot be read")) }
      // To stat(2) a device has no size; the kernel counts it in units of 512 bytes, whatever its sectors are.
      if file.kind == "block" {
        file.size = .bytes((records.sectors[path] ?? 0).multipliedReportingOverflow(by: 512).0)
      }
      return .known(file)
    }
  }
}

/// The records that the section prints. What is malformed ends the reading: the paths after it are not in it.
struct FileRecords: Codable, Sendable, Equatable {
  var missing: Set<String> = []
  var hidden: [String: String] = [:]
  /// "regular file|1024|99" by path.
  var found: [String: String] = [:]
  var resolved: [String: String] = [:]
  /// Of block devices.
  var sectors: [String: UInt64] = [:]

  init(_ text: String) {
    var fields = text.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)[...]
    var order: [String] = []
    while let kind = fields.popFirst() {
      switch kind {
      case "missing": if let path = fields.popFirst() { missing.insert(path) }
      case "hidden": if let path = fields.popFirst(), let why = fields.popFirst() { hidden[path] = why }
      case "sectors":
        if let path = fields.popFirst(), let count = fields.popFirst() { sectors[path] = UInt64(count) }
      case "file":
        guard let path = fields.popFirst(), let line = fields.popFirst() else { return }
        found[path] = line
        order.append(path)
      case "resolved":
        // Fewer answers than questions cannot be matched with them.
        if fields.count == order.count { resolved = Dictionary(zip(order, fields), uniquingKeysWith: { a, _ in a }) }
        return
      default: return
      }
    }
  }
}

extension Parse {
  /// "regular file|1024|99" of a file at `path`, all links resolved, against the mount table.
  static func file(_ line: String, at path: String, mounts: [Mount]) -> FileIdentity? {
    let fields = line.split(separator: "|")
    guard fields.count == 3, let size = UInt64(fields[1]), let inode = UInt64(fields[2]) else { return nil }
    let mount = Mount.holding(path, among: mounts)
    return FileIdentity(
      kind: fileKind(fields[0]), size: .bytes(size), fileSystem: mount?.type ?? "", mountSource: mount?.source ?? "",
      inode: inode)
  }

  private static func fileKind(_ name: Substring) -> String {
    switch name {
    case "regular file", "regular empty file": "regular"
    case "block special file": "block"
    case "directory": "directory"
    default: "other"
    }
  }
}
