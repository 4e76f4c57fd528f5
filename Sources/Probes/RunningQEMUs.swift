import MigrationModel

/// Asks the running QEMUs of some guests for their versions, through /proc, because a package upgrade replaces the file
/// but not the process.
///
/// Only processes that libvirt's own pid files name, and whose command line carries a guest's UUID, are looked at: one
/// found by its name could be anybody's, and its program is about to be run. The files are tried by content, since
/// libvirt 9.0.0 escapes a name's special characters in the file's name as in XML. Guests that run the same program
/// share one answer.
struct RunningQEMUs: Sendable {
  let uuids: [String]

  init(_ uuids: [String]) { self.uuids = uuids.sorted() }

  /// Lines "UUID DEVICE:INODE" for each guest, and "DEVICE:INODE = VERSION" for each program.
  var section: Shell.Section? {
    guard !uuids.isEmpty else { return nil }
    return Shell.Section(
      name: "version of the running QEMU",
      script: """
        cd /proc || exit
        set --
        for file in /run/libvirt/qemu/*.pid; do
          read -r pid <"$file" || [ -n "$pid" ] || continue
          case $pid in *[!0-9]* | '') ;; *) set -- "$@" "$pid/cmdline" ;; esac
        done 2>/dev/null
        [ $# -gt 0 ] || exit 0
        seen=
        grep -azoHxF \(uuids.map { "-e \($0.shellQuoted)" }.joined(separator: " ")) -- "$@" 2>/dev/null | tr '\\0' '\\n' |
        while IFS=: read -r file uuid; do
          pid=${file%/cmdline}
          program=$(stat -L -c %d:%i "$pid/exe") || continue
          printf '%s %s\\n' "$uuid" "$program"
          case " $seen " in *" $program "*) continue ;; esac
          seen="$seen $program"
          printf '%s = %s\\n' "$program" "$("$pid/exe" --version 2>&1)"
        done
        """)
  }

  /// The version of the QEMU that runs each guest.
  func read(_ answers: HostShell.Answers) -> [String: Fact<Version>] {
    guard let section else { return [:] }
    let versions = answers[section].map(Self.parse)
    return Dictionary(
      uniqueKeysWithValues: uuids.map { uuid in
        switch versions {
        case .gap(let gap): (uuid, .gap(gap))
        case .known(let versions):
          (
            uuid,
            versions[uuid].map { .known($0) }
              ?? .gap(Gap(source: section.name, reason: "no process of libvirt's carries the UUID \(uuid)"))
          )
        }
      })
  }

  static func parse(_ text: String) -> [String: Version] {
    var programs: [String: String] = [:]
    var versions: [String: Version] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2)
      if words.count == 3, words[1] == "=" {
        versions[String(words[0])] = Version(firstIn: String(words[2]))
      } else if words.count == 2 {
        programs[String(words[0])] = String(words[1])
      }
    }
    return programs.compactMapValues { versions[$0] }
  }
}
