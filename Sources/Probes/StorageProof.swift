import MigrationModel

/// Shows whether one path is one storage on two hosts.
///
/// For a file, a nonce file appears beside the image on the source and is looked for beside it on the destination: equal
/// sizes, times and file-system ids also hold for a clone, a nonce does not. For a block device, what it says of its own
/// identity is compared. The nonce is removed before the answer is given, and by the source shell's exit trap whatever
/// dies in between.
struct StorageProof: Sendable {
  let path: String
  /// Unpredictable letters and digits: the nonce and its file's name.
  let nonce: String

  /// Beside the image itself, all links followed, because it is the image's storage that is in question.
  private var nonceFile: String {
    "\"$(dirname -- \"$(readlink -f -- \(path.shellQuoted))\")\"/.migrate-\(nonce)"
  }

  var write: Shell.Section {
    Shell.Section(
      name: "nonce file beside \(path)",
      script: """
        [ -f \(path.shellQuoted) ] || { echo "is no regular file"; exit 1; }
        set -C; printf %s \(nonce) >\(nonceFile)
        """)
  }

  /// No output: there is no such file; a directory that cannot be looked into is a failure.
  var read: Shell.Section {
    Shell.Section(
      name: "nonce file beside \(path)",
      script: """
        readlink -f -- \(path.shellQuoted) >/dev/null || { echo "cannot be looked for: the path cannot be followed"; exit 1; }
        if text=$(head -c 256 -- \(nonceFile) 2>&1); then printf %s "$text"; exit; fi
        case $text in *": No such file or directory") exit 0 ;; esac
        printf '%s\\n' "$text"; exit 1
        """)
  }

  var removal: String { "rm -f -- \(nonceFile)" }
  var remove: Shell.Section { Shell.Section(name: "remove the nonce beside \(path)", script: removal) }

  /// What the two sides' answers mean. On the source "wrote it" has no text.
  func judge(written: Fact<String>, read: Fact<String>) -> Fact<StorageIdentity> {
    switch (written, read) {
    case (.gap(let gap), _), (_, .gap(let gap)): .gap(gap)
    case (.known, .known(nonce)):
      .known(.same(proof: "a nonce file written on the source was read on the destination"))
    case (.known, .known(let text)):
      .known(
        .different(
          source: "holds the nonce file just written",
          destination: text.isEmpty ? "does not see it" : "shows another content under its name"))
    }
  }

  /// The first identity that the kernel knows of a block device: device-mapper UUID, then WWID; of a partition the
  /// disk's, with its number.
  var blockIdentity: Shell.Section {
    Shell.Section(
      name: "identity of block device \(path)",
      script: """
        number=$(stat -L -c '%t:%T' -- \(path.shellQuoted)) || exit
        cd "/sys/dev/block/$((0x${number%:*})):$((0x${number#*:}))" || exit
        for file in dm/uuid wwid device/wwid ../wwid ../device/wwid; do
          [ -s "$file" ] || continue
          [ -s partition ] && printf 'partition %s, ' "$(cat partition)"
          printf '%s ' "$file"; cat "$file"; exit 0
        done
        echo "has neither a device-mapper UUID nor a WWID"; exit 1
        """)
  }

  func judge(blockOnSource: Fact<String>, blockOnDestination: Fact<String>) -> Fact<StorageIdentity> {
    switch (blockOnSource, blockOnDestination) {
    case (.gap(let gap), _), (_, .gap(let gap)): .gap(gap)
    case (.known(let source), .known(let destination)):
      .known(
        source == destination
          ? .same(proof: "both devices say \(firstLine(source))")
          : .different(source: firstLine(source), destination: firstLine(destination)))
    }
  }
}

/// The first line of what a command said.
func firstLine(_ text: String) -> String {
  text.split(separator: "\n").first.map(String.init) ?? "failed without a word"
}
