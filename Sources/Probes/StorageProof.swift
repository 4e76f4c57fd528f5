import MigrationModel

/// Shows that one path is one storage on two hosts: a nonce file appears beside the image on the source and is looked
/// for on the destination. The file is removed before the answer is given, and by the shell's exit trap whatever dies.
enum StorageProof {
  /// Where the nonce of `path` is written; `id` is unpredictable letters and digits.
  static func nonceFile(for path: String, id: String) -> String {
    let directory = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    return "\(directory)/.migrate-\(id)"
  }

  static func write(_ file: String, _ nonce: String) -> Shell.Section {
    Shell.Section(
      name: "write \(file)", script: "set -C; printf %s \(shellQuoted(nonce)) >\(shellQuoted(file))")
  }

  /// No output: there is no such file.
  static func read(_ file: String) -> Shell.Section {
    Shell.Section(
      name: "read \(file)",
      script: "file=\(shellQuoted(file)); [ -e \"$file\" ] || exit 0; head -c 256 -- \"$file\"")
  }

  static func remove(_ file: String) -> Shell.Section {
    Shell.Section(name: "remove \(file)", script: "rm -f -- \(shellQuoted(file))")
  }

  /// What the two sides' answers mean.
  static func judge(nonce: String, path: String, written: Shell.Answer, read: Shell.Answer) -> Fact<StorageIdentity> {
    guard written.status == 0 else {
      return .gap(Gap(source: "nonce file beside \(path) on the source", reason: firstLine(written.text)))
    }
    guard read.status == 0 else {
      return .gap(Gap(source: "nonce file beside \(path) on the destination", reason: firstLine(read.text)))
    }
    return read.text == nonce
      ? .known(.same(proof: "a nonce written on the source was read on the destination"))
      : .known(
        .different(
          source: "holds the nonce file just written",
          destination: read.text.isEmpty ? "does not see it" : "shows another content under its name"))
  }
}

/// The first line of what a failed command said.
func firstLine(_ text: String) -> String {
  text.split(separator: "\n").first.map(String.init) ?? "failed without a word"
}
