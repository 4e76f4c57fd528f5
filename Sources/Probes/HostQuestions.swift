import MigrationModel

/// What is asked of a host whatever the guest: one batch, needing only POSIX sh, /proc, /sys and coreutils; the rest is
/// optional, and an absence is a gap or, where it is an answer, known(nil).
///
/// Each section stands beside its parser in Host/. What a shell can read by itself it reads by itself: on a host a process
/// costs more than all the rest of a section.
enum HostQuestions {
  static let mounts = Shell.Section(name: "/proc/self/mountinfo", script: "exec cat /proc/self/mountinfo")

  /// The time service last: some hosts have to start a process to ask it.
  static let all = [
    cpu, kernel, nested, memory, hugePages, numaNodes, cpusOnline, load, links, addresses, portsInUse, mounts, qemuConf,
    secrets, daemonLimits, sshd, swtpm, clockSync,
  ]
}

/// What is asked of a host because of one guest or of the other host. Names and paths travel quoted.
enum GuestQuestions {
  static func version(ofEmulator path: String) -> Shell.Section {
    Shell.Section(name: "\(path) --version", script: "exec \(path.shellQuoted) --version")
  }

  /// The running process is asked, through /proc, because a package upgrade replaces the file but not the process.
  ///
  /// Only processes that libvirt's own pid files name are looked at: one found by its name or arguments could be
  /// anybody's, and its program is about to be run. The files are tried by content, since libvirt 9.0.0 escapes a name's
  /// special characters in the file's name as in XML.
  static func version(ofRunning uuid: String) -> Shell.Section {
    Shell.Section(
      name: "version of the running QEMU",
      script: """
        for file in /run/libvirt/qemu/*.pid; do
          process=/proc/$(cat "$file")
          tr '\\0' '\\n' <"$process/cmdline" 2>/dev/null | grep -qxF -e \(uuid.shellQuoted) || continue
          exec "$process/exe" --version
        done
        echo "no process of libvirt's carries the UUID" \(uuid.shellQuoted); exit 1
        """)
  }

  /// One line: kind, size and inode, then the path with all links resolved. No output: there is no such file; one that
  /// merely cannot be seen, such as in a directory of somebody else's, is a failure.
  static func identity(of path: String) -> Shell.Section {
    Shell.Section(
      name: "stat \(path)",
      script: """
        path=\(path.shellQuoted)
        if identity=$(stat -L -c '%F|%s|%i' -- "$path" 2>&1); then printf '%s\\n' "$identity"; readlink -f -- "$path"; exit; fi
        [ -L "$path" ] && { echo "is a link that leads nowhere"; exit 1; }
        case $identity in *": No such file or directory" | *": Not a directory") exit 0 ;; esac
        printf '%s\\n' "$identity"; exit 1
        """)
  }

  static func resolve(_ name: String) -> Shell.Section {
    Shell.Section(
      name: "getent ahosts \(name)",
      script: """
        command -v getent >/dev/null || { echo "getent is missing"; exit 1; }
        getent ahosts -- \(name.shellQuoted) | sed 's/ .*//' | sort -u
        """)
  }

  static let clock = Shell.Section(name: "date +%s.%N", script: "date +%s.%N")
}
