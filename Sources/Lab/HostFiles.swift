import FoundationEssentials

/// The files that a host is made from: pure text, by path within the host's directory.
struct HostFiles {
  let plan: LabPlan
  let host: LabHost
  let uuid: UUID

  var contents: [String: String] {
    [
      "etc/hosts": hosts,
      "etc/hostname": "\(host.name)\n",
      "etc/machine-id": HostIdentity(uuid: uuid).machineID + "\n",
      "etc/shadow": "root:*:19000:0:99999:7:::\n",
      "etc/no-kvm": "",
      "etc/sshd_config": Self.sshd(of: host),
      "etc/chrony.conf": Self.chrony,
      "etc/libvirt/libvirtd.conf": Self.libvirtd(address: host.address, uuid: uuid),
      "etc/libvirt/qemu.conf": Self.qemu(of: host),
      "etc/libvirt/qemu/networks/guests.xml": Self.network,
      "etc/libvirt/storage/shared.xml": Self.pool("shared", path: LabPlan.sharedPath),
    ]
  }

  /// Directories that must be there although nothing is in them yet.
  static let directories = [
    "root/.ssh", "cache", "log/qemu", "lib/shared", "lib/images",
    "etc/libvirt/qemu/networks/autostart", "etc/libvirt/storage/autostart",
  ]

  /// Links that tell libvirtd what to start by itself: path within the host's directory to the target in the host.
  static let links = [
    "etc/libvirt/qemu/networks/autostart/guests.xml": "/etc/libvirt/qemu/networks/guests.xml",
    "etc/libvirt/storage/autostart/shared.xml": "/etc/libvirt/storage/shared.xml",
  ]

  /// Guests may do anything to such a daemon's host; it listens inside the lab only.
  static func libvirtd(address: String, uuid: UUID) -> String {
    """
    listen_tls = 1
    listen_tcp = 1
    listen_addr = "\(address)"
    auth_tcp = "none"
    auth_tls = "none"
    ca_file = "\(Certificates.hostPath)/ca-cert.pem"
    cert_file = "\(Certificates.hostPath)/server-cert.pem"
    key_file = "\(Certificates.hostPath)/server-key.pem"
    auth_unix_ro = "none"
    auth_unix_rw = "none"
    log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
    host_uuid = "\(uuid.uuidString.lowercased())"

    """
  }

  private var hosts: String {
    "127.0.0.1 localhost\n" + plan.hosts.map { "\($0.address) \($0.name)\n" }.joined()
  }

  /// Changed settings replace the lab's own of the same name; nil removes one.
  static func qemu(of host: LabHost, changing settings: [String: String?] = [:]) -> String {
    let own: [String: String?] = [
      "user": "\"root\"", "group": "\"root\"", "security_driver": "\"none\"", "remember_owner": "0",
      "cgroup_controllers": "[ ]", "namespaces": "[ ]", "migration_host": "\"\(host.address)\"",
      "default_tls_x509_cert_dir": "\"\(Certificates.hostPath)\"",
    ]
    return own.merging(settings) { _, new in new }.sorted { $0.key < $1.key }
      .compactMap { key, value in value.map { "\(key) = \($0)\n" } }.joined()
  }

  /// Changed settings replace the lab's own of the same name. No PAM: what the machine does at a login is no part of a
  /// lab.
  static func sshd(of host: LabHost, changing settings: [String: String] = [:]) -> String {
    let own = [
      "ListenAddress": host.address, "HostKey": "\(host.stateDirectory)/etc/ssh_host_key", "LogLevel": "VERBOSE",
      "UsePAM": "no", "UseDNS": "no", "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no",
      "PermitRootLogin": "prohibit-password", "PrintMotd": "no", "MaxStartups": "100",
      "Subsystem": "sftp internal-sftp",
    ]
    return own.merging(settings) { _, new in new }.sorted { $0.key < $1.key }.map { "\($0) \($1)\n" }.joined()
  }

  /// The machine's own clock is the reference, and nobody is asked or told the time.
  private static let chrony = """
    local stratum 8
    port 0
    pidfile /run/chronyd.pid

    """

  private static let network = """
    <network>
      <name>guests</name>
      <uuid>5c3b1c0e-6a5e-4d55-9e57-0f3f2a6d1a01</uuid>
      <forward mode='bridge'/>
      <bridge name='br0'/>
    </network>

    """

  private static func pool(_ name: String, path: String) -> String {
    """
    <pool type='dir'>
      <name>\(name)</name>
      <uuid>5c3b1c0e-6a5e-4d55-9e57-0f3f2a6d1a02</uuid>
      <source/>
      <target><path>\(path)</path></target>
    </pool>

    """
  }
}

/// Who a host is: its UUID is its machine id, written differently.
struct HostIdentity {
  let uuid: UUID

  init(uuid: UUID) { self.uuid = uuid }

  /// Throws `LabError` of code `fileFailed` when the host's file does not say.
  init(of host: LabHost) throws {
    let path = "\(host.stateDirectory)/etc/machine-id"
    let digits = Array(try Files.read(path).trimmed)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map {
      String(digits[min($0.lowerBound, digits.count)..<min($0.upperBound, digits.count)])
    }
    guard let uuid = UUID(uuidString: parts.joined(separator: "-")) else {
      throw LabError(.fileFailed, "read \(path)", host: host.name, "it holds no machine id")
    }
    self.uuid = uuid
  }

  var machineID: String { uuid.uuidString.lowercased().filter { $0 != "-" } }
}

/// The files by which the outside reaches a lab's hosts.
struct AccessFiles {
  let plan: LabPlan

  var sshConfigPath: String { "\(plan.directory)/ssh_config" }
  var knownHostsPath: String { "\(plan.directory)/known_hosts" }
  var identityPath: String { "\(plan.directory)/id_ed25519" }

  var sshConfig: String { plan.hosts.map(sshConfig).joined(separator: "\n") }

  /// `publicKeys` by host name, as ssh-keygen writes them: "ssh-ed25519 AAAA... comment".
  func knownHosts(_ publicKeys: [String: String]) -> String {
    plan.hosts.map { host in
      let key = (publicKeys[host.name] ?? "").split(separator: " ").prefix(2).joined(separator: " ")
      return "\(host.name),\(host.address) \(key)\n"
    }.joined()
  }

  /// Tells the outside and every host who the hosts are.
  func writeKnownHosts(_ publicKeys: [String: String]) throws {
    let text = knownHosts(publicKeys)
    try Files.write(text, to: knownHostsPath)
    for host in plan.hosts { try Files.write(text, to: "\(host.stateDirectory)/root/.ssh/known_hosts") }
  }

  /// What `migrate --config` reads.
  var configuration: String {
    "ssh_config: \"\(sshConfigPath)\"\nhosts:\n"
      + plan.hosts.map { host in
        """
          - name: \(host.name)
            uri: \(host.uri)
            ssh: \(host.name)
            migration_address: \(host.address)

        """
      }.joined()
  }

  private func sshConfig(_ host: LabHost) -> String {
    """
    Host \(host.name) \(host.address)
      HostName \(host.address)
      Port 22
      User root
      IdentityFile "\(identityPath)"
      IdentitiesOnly yes
      IdentityAgent none
      UserKnownHostsFile "\(knownHostsPath)"
      GlobalKnownHostsFile /dev/null
      StrictHostKeyChecking yes

    """
  }
}
