import MigrationModel

/// What is asked of a host whatever the guest: one batch, needing only POSIX sh, /proc and /sys; the rest is optional,
/// and an absence is a gap.
enum HostQuestions {
  static let cpu = Shell.Section(name: "/proc/cpuinfo", script: "sed '/^$/q' /proc/cpuinfo")
  static let memory = Shell.Section(name: "/proc/meminfo", script: "cat /proc/meminfo")
  static let links = Shell.Section(
    name: "/sys/class/net",
    script: """
      cd /sys/class/net || exit
      for link in *; do
        [ -e "$link/flags" ] || continue
        bridge=0; [ -d "$link/bridge" ] && bridge=1
        printf '%s %s %s %s\\n' "$bridge" "$(cat "$link/flags")" "$(cat "$link/mtu")" "$link"
      done
      """)
  static let addresses = Shell.Section(name: "ip -o address", script: "ip -o address show")
  static let mounts = Shell.Section(name: "/proc/self/mountinfo", script: "cat /proc/self/mountinfo")
  static let qemuConf = Shell.Section(
    name: "/etc/libvirt/qemu.conf",
    script: "[ -e /etc/libvirt/qemu.conf ] || exit 0; cat /etc/libvirt/qemu.conf")
  static let clockSync = Shell.Section(
    name: "chronyc, timedatectl, ntpq",
    script: """
      if command -v chronyc >/dev/null && out=$(chronyc -c tracking 2>&1); then echo chrony; echo "$out"
      elif command -v timedatectl >/dev/null && out=$(timedatectl show -p NTP -p NTPSynchronized 2>&1); then
        echo timesyncd; echo "$out"; timedatectl show-timesync -p ServerName -p NTPMessage 2>/dev/null; exit 0
      elif command -v ntpq >/dev/null && out=$(ntpq -c rv 2>&1); then echo ntpd; echo "$out"
      else echo "none of them answers"; exit 1; fi
      """)

  static let all = [cpu, memory, links, addresses, mounts, qemuConf, clockSync]
}

/// What is asked of a host because of one guest or of the other host. Names and paths travel quoted.
enum GuestQuestions {
  static func version(ofEmulator path: String) -> Shell.Section {
    Shell.Section(name: "\(path) --version", script: "exec \(path.shellQuoted) --version")
  }

  /// What a guest would see of an image, which QEMU on another host may have open.
  static func image(_ path: String) -> Shell.Section {
    Shell.Section(name: "qemu-img info \(path)", script: "qemu-img info -U --output=json -- \(path.shellQuoted)")
  }

  /// Bytes that an unprivileged user may still write in a directory.
  static func space(in directory: String) -> Shell.Section {
    Shell.Section(name: "df \(directory)", script: "df -P -k -- \(directory.shellQuoted)")
  }

  static let clock = Shell.Section(name: "date +%s.%N", script: "date +%s.%N")
}
