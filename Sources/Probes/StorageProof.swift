import MigrationModel

/// A file that shows whether directories of two hosts are one.
///
/// It appears in the images' own directory on the source and is looked for in the directory that the same path leads to
/// on the destination: equal sizes, times and file-system ids also hold for a clone, a nonce does not. It is removed
/// before the answers are given, and by the source shell's exit trap whatever dies in between.
struct NonceFile: Sendable, Hashable {
  /// The directory on the source, links resolved.
  var directory: String
  /// Unpredictable letters and digits: the content and the name.
  var nonce: String

  func path(in directory: String) -> String { "\(directory == "/" ? "" : directory)/.migrate-\(nonce)" }

  /// One for each directory that holds a regular file of `paths`.
  static func covering(_ paths: some Sequence<String>, _ look: Look) -> [String: NonceFile] {
    let directories = paths.compactMap { path -> String? in
      guard case .known(.some(let file)) = look.files.files[path], file.kind == "regular" else { return nil }
      return look.files.resolved[path].map(MigrationModel.directory)
    }
    return Dictionary(
      uniqueKeysWithValues: Set(directories).map { ($0, NonceFile(directory: $0, nonce: randomHex())) })
  }

  var write: Shell.Section {
    Shell.Section(
      name: "nonce file in \(directory)",
      script: "set -C; printf %s \(nonce) >\(path(in: directory).shellQuoted)")
  }

  var removal: String { "rm -f -- \(path(in: directory).shellQuoted)" }

  /// Prints what the file holds; nothing when there is no such file, while a directory that cannot be looked into is a
  /// failure.
  func read(in directory: String) -> Shell.Section {
    Shell.Section(
      name: "nonce \(nonce) in \(directory)",
      script: """
        file=\(path(in: directory).shellQuoted)
        if [ -e "$file" ]; then head -c 256 -- "$file"; exit; fi
        [ -x \(directory.shellQuoted) ] || { echo "cannot look into the directory"; exit 1; }
        """)
  }

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
}

/// The first identity that the kernel knows of a block device: device-mapper UUID, then WWID; of a partition the
/// disk's, with its number.
enum BlockIdentity {
  static func section(_ path: String) -> Shell.Section {
    Shell.Section(
      name: "identity of block device \(path)",
      script: """
        number=$(stat -L -c '%t:%T' -- \(path.shellQuoted)) || exit
        cd "/sys/dev/block/$((0x${number%:*})):$((0x${number#*:}))" || exit
        for file in dm/uuid wwid device/wwid ../wwid ../device/wwid; do
          # To stat(2) an attribute is never empty: whether it says anything shows when it is read.
          identity=$(cat "$file" 2>/dev/null) && [ -n "$identity" ] || continue
          # Made of vendor, model and serial number, which emulated disks share.
          case $identity in t10.*) continue ;; esac
          number=$(cat partition 2>/dev/null) && printf 'partition %s, ' "$number"
          printf '%s %s\\n' "$file" "$identity"; exit 0
        done
        echo "has neither a device-mapper UUID nor a WWID"; exit 1
        """)
  }

  static func judge(source: Fact<String>, destination: Fact<String>) -> Fact<StorageIdentity> {
    switch (source, destination) {
    case (.gap(let gap), _), (_, .gap(let gap)): .gap(gap)
    case (.known(let source), .known(let destination)):
      .known(
        source == destination
          ? .same(proof: "both devices say \(firstLine(source))")
          : .different(source: firstLine(source), destination: firstLine(destination)))
    }
  }
}

/// Whether each path leads to the same storage on two hosts: files by a nonce in their directory, block devices by what
/// the kernel knows of their identity.
struct StorageProof: Sendable {
  let paths: Set<String>
  let source: Look
  let destination: Look
  /// By directory of the source; nil when none may be written.
  let nonces: [String: NonceFile]?

  private enum Means {
    case nonce(NonceFile, directory: String)
    case block
    case none(Gap)
  }

  var onSource: [Shell.Section] {
    paths.compactMap { path in
      switch means(path) {
      case .nonce(let nonce, _): nonce.write
      case .block: BlockIdentity.section(path)
      case .none: nil
      }
    }
  }

  var onDestination: [Shell.Section] {
    paths.compactMap { path in
      switch means(path) {
      case .nonce(let nonce, let directory): nonce.read(in: directory)
      case .block: BlockIdentity.section(path)
      case .none: nil
      }
    }
  }

  func judge(_ here: HostShell.Answers, _ there: HostShell.Answers) -> [String: Fact<StorageIdentity>] {
    Dictionary(uniqueKeysWithValues: paths.map { ($0, judge($0, here, there)) })
  }

  private func judge(_ path: String, _ here: HostShell.Answers, _ there: HostShell.Answers) -> Fact<StorageIdentity> {
    switch means(path) {
    case .none(let gap): return .gap(gap)
    case .block:
      let section = BlockIdentity.section(path)
      return BlockIdentity.judge(source: here[section], destination: there[section])
    case .nonce(let nonce, let directory):
      let verdict = nonce.judge(written: here[nonce.write], read: there[nonce.read(in: directory)])
      guard case .known(.same) = verdict, let one = source.files.resolved[path],
        let other = destination.files.resolved[path], one.split(separator: "/").last != other.split(separator: "/").last
      else { return verdict }
      return .known(.different(source: "leads to \(one)", destination: "leads to \(other)"))
    }
  }

  private func means(_ path: String) -> Means {
    func none(_ reason: String) -> Means { .none(Gap(source: "nonce file beside \(path)", reason: reason)) }
    guard case .known(.some(let file)) = source.files.files[path], let one = source.files.resolved[path] else {
      return .none(Gap(source: "stat \(path) on the source", reason: "there is no file to compare"))
    }
    guard let other = destination.files.resolved[path] else {
      return .none(Gap(source: "stat \(path) on the destination", reason: "there is no file to compare"))
    }
    if file.kind == "block" { return .block }
    guard file.kind == "regular" else { return none("it is no regular file") }
    guard let nonces else { return none("--no-write-probes forbids to write it") }
    // What is mounted over the very file is not told by its directory.
    if source.isMountPoint(one) || destination.isMountPoint(other) { return none("something is mounted on the file") }
    return nonces[directory(of: one)].map { .nonce($0, directory: directory(of: other)) } ?? none("it was not written")
  }
}

extension Look {
  fileprivate func isMountPoint(_ path: String) -> Bool { mounts.value?.contains { $0.point == path } ?? false }
}

/// The first line of what a command said.
func firstLine(_ text: String) -> String {
  text.split(separator: "\n").first.map(String.init) ?? "failed without a word"
}
