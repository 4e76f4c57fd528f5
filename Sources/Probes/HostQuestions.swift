import MigrationModel

/// What is asked of a host whatever the guest: one batch, needing only POSIX sh, /proc, /sys and coreutils; the rest is
/// optional, and an absence is a gap or, where it is an answer, known(nil).
///
/// Each section stands beside its parser in Host/. What a shell can read by itself it reads by itself: on a host a process
/// costs more than all the rest of a section.
enum HostQuestions {
  static let mounts = Shell.Section(name: "/proc/self/mountinfo", script: "exec cat /proc/self/mountinfo")

  static let nodeName = Shell.Section(
    name: "/proc/sys/kernel/hostname", script: "read -r name </proc/sys/kernel/hostname && printf '%s\\n' \"$name\"")

  /// The time service last: some hosts have to start a process to ask it.
  static let all = [
    nodeName, cpu, kernel, nested, memory, hugePages, hugePageSize, numaNodes, cpusOnline, load, links, addresses,
    portsInUse,
    mounts, qemuConf, lockConf,
    secrets, daemonLimits, sshd, swtpm, imageTool, clockSync,
  ]
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
