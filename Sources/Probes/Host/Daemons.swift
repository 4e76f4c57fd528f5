import MigrationModel

/// What runs beside the guests: libvirt's daemon, sshd, and the secrets and helpers that guests need.
extension HostQuestions {
  /// The daemon that starts QEMU, by the pid file that it locks (`virPidFileConstructPath`), and only while the process
  /// carries its name. Prints the two lines of its limits and its status.
  static let daemonLimits = Shell.Section(
    name: "limits of virtqemud or libvirtd",
    script: """
      for name in virtqemud libvirtd; do
        { read -r pid || [ -n "$pid" ]; } 2>/dev/null <"/run/$name.pid" || continue
        case $pid in '' | *[!0-9]*) continue ;; esac
        { read -r comm <"/proc/$pid/comm"; } 2>/dev/null && [ "$comm" = "$name" ] || continue
        while read -r line; do
          case $line in "Max locked memory"*) printf '%s\\n' "$line" ;; esac
        done <"/proc/$pid/limits"
        while read -r line; do
          case $line in CapEff:*) printf '%s\\n' "$line" ;; esac
        done <"/proc/$pid/status"
        exit
      done
      echo "neither /run/virtqemud.pid nor /run/libvirtd.pid names a running daemon"; exit 1
      """)

  /// The shell's ancestors up to the sshd that listens, which tells its limits in its own title (`setproctitle`, sshd.c,
  /// since OpenSSH 8.2): "0 of 10-100". No output: no sshd is among them.
  static let sshd = Shell.Section(
    name: "title of the listening sshd",
    script: """
      pid=$PPID; seen=
      while [ "${pid:-0}" -gt 0 ]; do
        { read -r name <"/proc/$pid/comm"; } 2>/dev/null || { echo "process $pid cannot be seen"; exit 1; }
        case $name in sshd*)
          seen=1; title=
          IFS= read -r title <"/proc/$pid/cmdline"
          case $title in "sshd: "*"[listener] "*" startups"*)
            title=${title##*\\[listener\\] }
            printf '%s\\n' "${title%% startups*}"; exit 0 ;;
          esac ;;
        esac
        parent=0
        while read -r key value; do
          [ "$key" = PPid: ] && { parent=$value; break; }
        done <"/proc/$pid/status"
        pid=$parent
      done
      [ -z "$seen" ] || { echo "no sshd above this shell tells its MaxStartups"; exit 1; }
      """)

  /// Names of the files, never their contents (`virSecretObjListAdd`, conf/virsecretobj.c): UUID.xml is a secret's
  /// definition, and what else carries its UUID is its value.
  static let secrets = Shell.Section(
    name: "/etc/libvirt/secrets",
    script: """
      cd /etc/libvirt || exit
      [ -d secrets ] || exit 0
      cd secrets || exit
      [ -r . ] || { echo "may not be listed"; exit 1; }
      for file in *; do
        if [ -f "$file" ]; then printf '%s\\n' "$file"; fi
      done
      """)

  /// No output: it is not installed.
  static let imageTool = Shell.Section(
    name: "qemu-img --version", script: "command -v qemu-img >/dev/null || exit 0; exec qemu-img --version")

  /// No output: it is not installed.
  static let swtpm = Shell.Section(
    name: "swtpm --version", script: "command -v swtpm >/dev/null || exit 0; exec swtpm --version")
}

extension Parse {
  /// "Max locked memory  SOFT  HARD  bytes" of /proc/PID/limits and "CapEff:" of /proc/PID/status, of which bit 24 is
  /// CAP_SYS_RESOURCE (linux/capability.h).
  static func daemonLimits(_ text: String) -> DaemonLimits? {
    let lines = lines(text).map { words($0) }
    guard lines.count == 2, lines[0].count == 6, lines[0][..<3] == ["Max", "locked", "memory"], lines[1].count == 2,
      lines[1][0] == "CapEff:", let capabilities = UInt64(lines[1][1], radix: 16)
    else { return nil }
    let soft = lines[0][3]
    let limit = UInt64(soft).map(ByteCount.bytes)
    guard limit != nil || soft == "unlimited" else { return nil }
    return DaemonLimits(lockedMemory: limit, canRaise: capabilities >> 24 & 1 == 1)
  }

  /// "N of BEGIN-FULL", as the title of a listening sshd ends.
  static func sshdLimits(_ text: String) -> SSHDLimits? {
    let words = words(text[...], atMost: 4)
    guard words.count == 3, count(words[0]) != nil, words[1] == "of",
      let (begin, full) = pair(words[2], by: "-"), let begin = count(begin), let full = count(full), begin <= full
    else { return nil }
    return SSHDLimits(begin: begin, full: full)
  }

  /// Whether each defined secret has a value, by UUID; one that only the daemon's memory holds is not among them.
  static func secretValues(_ text: String) -> [String: Bool] {
    var values: [String: Bool] = [:]
    for file in lines(text) {
      guard let (uuid, ending) = pair(file, by: "."), isUUID(uuid) else { continue }
      values[uuid.lowercased(), default: false] = values[uuid.lowercased()] == true || ending != "xml"
    }
    return values
  }

  private static func isUUID(_ text: Substring) -> Bool {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy { isHexadecimal($0) }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}
