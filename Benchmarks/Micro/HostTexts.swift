/// What the shell of a large host prints to the questions about it: 200 network devices beside the loopback, 200 mounts,
/// 1,000 listening ports, 20 secrets.
struct HostTexts {
  let cpu = """
    processor\t: 0
    vendor_id\t: GenuineIntel
    cpu family\t: 6
    model\t\t: 85
    model name\t: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz
    stepping\t: 4
    microcode\t: 0x2006e05
    cpu MHz\t\t: 2095.076
    flags\t\t: \((0..<130).map { "flag\($0)" }.joined(separator: " "))
    bugs\t\t: cpu_meltdown spectre_v1 spectre_v2 spec_store_bypass l1tf mds
    address sizes\t: 46 bits physical, 48 bits virtual


    """
  let memory = "MemTotal:       3221225472 kB\nMemAvailable:   2147483648 kB\n"
  let hugePages = "0 1048576 64 64\n0 2048 4096 4096\n1 1048576 64 64\n1 2048 4096 4096\n"
  let links = HostTexts.linkLines
  let addresses = lines(20) { number in
    "\(number): br\(number)    inet 192.0.2.\(number + 1)/24 brd 192.0.2.255 scope global br\(number)\\"
      + "       valid_lft forever preferred_lft forever"
  }
  let ports = lines(1000) { String(5900 + $0, radix: 16, uppercase: true).padded(to: 4) }
  let mounts = HostTexts.mountLines
  let qemuConf = """
    user="libvirt-qemu"
    migration_host='kvm1.example'
    security_driver=[ "selinux",    "apparmor"  ]
    migration_port_min=49152

    """
  let daemonLimits = """
    Max locked memory         8388608              unlimited            bytes
    CapEff:	000001ffffffffff

    """
  let secrets = lines(20) { number in
    let uuid = "2f1b1c0e-6a5e-4d55-9e57-\(String(number).padded(to: 12))"
    return "\(uuid).base64\n\(uuid).xml"
  }
  let clockSync = """
    chrony
    C0000201,ntp.example,3,1700000000.123456789,-0.000012345,0.000001000,0.000020000,-12.345,0.001,0.050,0.020000000,\
    0.001500000,64.4,Normal

    """
  /// Two images of each of 1,000 guests.
  let paths = (0..<2000).map { "/srv/pool\($0 % 198)/guest-\($0 / 2)/disk\($0 % 2).qcow2" }

  /// Bridges with an uplink each, and the guests' taps.
  private static var linkLines: String {
    lines(20) { "link 0x1003 1500 0 1500 0 / br\($0)\nlink 0x1003 1500 - - 0 br\($0) eth0.\($0)" }
      + lines(160) { "link 0x1003 1500 - - 1 br\($0 % 20) vnet\($0)" } + "link 0x9 65536 - - 0 / lo\n"
      + lines(20) { "vlan \($0 + 1) eth0.\($0)" }
  }

  private static var mountLines: String {
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
      + "23 22 0:20 / /dev/hugepages rw,relatime shared:2 - hugetlbfs hugetlbfs rw,pagesize=2M\n"
      + lines(198) { "\($0 + 40) 22 0:\($0 + 40) / /srv/pool\($0) rw,relatime - nfs4 filer:/pool\($0) rw,vers=4.2" }
  }
}

private func lines(_ count: Int, _ line: (Int) -> String) -> String {
  (0..<count).map { "\(line($0))\n" }.joined()
}

extension String {
  fileprivate func padded(to width: Int) -> String { String(repeating: "0", count: max(0, width - count)) + self }
}
