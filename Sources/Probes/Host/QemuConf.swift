import MigrationModel

/// The settings of qemu.conf that rules ask for. The file also holds passwords: what is not on the list does not travel.
extension HostQuestions {
  static let qemuConfKeys = [
    "default_tls_x509_cert_dir", "default_tls_x509_verify", "dynamic_ownership", "group", "hugetlbfs_mount",
    "lock_manager", "migrate_tls_force", "migrate_tls_x509_cert_dir", "migrate_tls_x509_verify", "migration_address",
    "migration_host", "migration_port_max", "migration_port_min", "remember_owner", "remote_display_port_max",
    "remote_display_port_min", "security_driver", "security_require_confined", "shared_filesystems", "spice_listen",
    "user", "vnc_listen",
  ]

  /// Lines "key=value" in the file's order, comments gone and lists in one line; "key=?" where the value is not written
  /// as libvirt writes it. No output: there is no file, or it sets nothing.
  ///
  /// The directory is entered first: a file that may not be seen is not a file that is not there.
  static let qemuConf = Shell.Section(
    name: "/etc/libvirt/qemu.conf",
    script: """
      cd /etc/libvirt || exit
      [ -e qemu.conf ] || exit 0
      exec sed -nE \(filter(for: qemuConfKeys).shellQuoted) qemu.conf
      """)

  /// Where the lock managers keep their lock spaces (libvirt's qemu-lockd.conf, qemu-sanlock.conf).
  static let lockConfKeys = ["disk_lease_dir", "file_lockspace_dir", "lvm_lockspace_dir", "scsi_lockspace_dir"]

  /// As `qemuConf`, of both files: each key is only one manager's.
  static let lockConf = Shell.Section(
    name: "/etc/libvirt/qemu-lockd.conf, qemu-sanlock.conf",
    script: """
      cd /etc/libvirt || exit
      set --
      for file in qemu-lockd.conf qemu-sanlock.conf; do [ -e $file ] && set -- "$@" $file; done
      [ $# -gt 0 ] || exit 0
      exec sed -nE \(filter(for: lockConfKeys).shellQuoted) "$@"
      """)

  /// `virConfParseStatement` (util/virconf.c): NAME = "text" | 'text' | number | [list over lines], ended by a newline or
  /// ";". What follows a ";" is only refused, not read.
  private static func filter(for keys: [String]) -> String {
    let start = "^[[:blank:]]*(\(keys.joined(separator: "|")))[[:blank:]]*="
    return #"""
      /^[^#]*;\#(start.dropFirst())/{
      s/.*/?=?/p
      d
      }
      /\#(start)/{
      :list
      /=[[:blank:]]*\[[^]]*$/{
      $!{
      N
      b list
      }
      }
      s/\n/ /g
      t joined
      :joined
      s/\#(start)[[:blank:]]*""".*/\1=?/
      s/\#(start)[[:blank:]]*("[^"]*"|'[^']*'|[-+]?[0-9]+|\[[^]=]*\]).*/\1=\2/
      t print
      s/\#(start).*/\1=?/
      :print
      p
      }
      """#
  }
}

extension Parse {
  /// Settings as `HostQuestions.qemuConf` prints them: without quotes, a list's elements parted by commas. Of a key set
  /// twice the first stands (`virConfGetValue`, util/virconf.c).
  static func qemuConf(_ text: String) -> [String: String]? { settings(text, HostQuestions.qemuConfKeys) }

  static func lockConf(_ text: String) -> [String: String]? { settings(text, HostQuestions.lockConfKeys) }

  private static func settings(_ text: String, _ keys: [String]) -> [String: String]? {
    var settings: [String: String] = [:]
    for line in lines(text) {
      guard let (key, written) = pair(line, by: "="), keys.contains(String(key)),
        let value = listValue(written) ?? value(written)
      else { return nil }
      settings[String(key)] = settings[String(key)] ?? value
    }
    return settings
  }

  private static func listValue(_ written: Substring) -> String? {
    let bytes = written.utf8
    guard bytes.count >= 2, bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return nil }
    let inner = Substring(bytes.dropFirst().dropLast())
    let elements = fields(inner, by: ",").filter { !$0.isEmpty }.map(value)
    return elements.contains(nil) ? nil : elements.compactMap { $0 }.joined(separator: ",")
  }

  private static func value(_ written: Substring) -> String? {
    let bytes = written.utf8
    if let quote = bytes.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      let inner = bytes.dropFirst().dropLast()
      return bytes.count >= 2 && bytes.last == quote && !inner.contains(quote) ? String(Substring(inner)) : nil
    }
    return Int(written).map(String.init)
  }
}
