import MigrationModel

/// The settings of qemu.conf that rules ask for. The file also holds passwords: what is not on the list does not travel.
extension HostQuestions {
  static let qemuConfKeys = [
    "default_tls_x509_cert_dir", "default_tls_x509_verify", "dynamic_ownership", "group", "hugetlbfs_mount",
    "lock_manager", "migrate_tls_force", "migrate_tls_x509_cert_dir", "migrate_tls_x509_verify", "migration_address",
    "migration_host", "migration_port_max", "migration_port_min", "remember_owner", "remote_display_port_max",
    "remote_display_port_min", "security_driver", "spice_listen", "user", "vnc_listen",
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
      exec sed -nE \(qemuConfFilter.shellQuoted) qemu.conf
      """)

  /// `virConfParseStatement` (util/virconf.c): NAME = "text" | 'text' | number | [list over lines], ended by a newline or
  /// ";". What follows a ";" is only refused, not read.
  private static let qemuConfFilter: String = {
    let start = "^[[:blank:]]*(\(qemuConfKeys.joined(separator: "|")))[[:blank:]]*="
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
  }()
}

extension Parse {
  /// Settings as `HostQuestions.qemuConf` prints them: without quotes, a list's elements parted by commas. Of a key set
  /// twice the first stands (`virConfGetValue`, util/virconf.c).
  static func qemuConf(_ text: String) -> [String: String]? {
    var settings: [String: String] = [:]
    for line in lines(text) {
      guard let (key, written) = pair(line, by: "="), HostQuestions.qemuConfKeys.contains(String(key)),
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
