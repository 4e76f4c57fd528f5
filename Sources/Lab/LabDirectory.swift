import FoundationEssentials

/// Fills a new lab's directory: keys, configuration of every host, the scripts of their first processes.
struct LabDirectory {
  let plan: LabPlan
  private var access: AccessFiles { AccessFiles(plan: plan) }

  func fill() async throws {
    try Files.makeDirectory(plan.sharedDirectory)
    try Files.makeDirectory(plan.switchDirectory)
    try Files.write(PackageResources.network_init_sh, to: "\(plan.switchDirectory)/init.sh")
    try await makeKey(access.identityPath, comment: "lab \(plan.name)")
    var publicKeys: [String: String] = [:]
    for host in plan.hosts {
      try fill(host)
      let path = "\(host.stateDirectory)/etc/ssh_host_key"
      try await makeKey(path, comment: host.name)
      publicKeys[host.name] = try Files.read("\(path).pub")
    }
    try await Certificates(plan: plan).fill()
    try access.writeKnownHosts(publicKeys)
    try writeAccess()
  }

  private func fill(_ host: LabHost) throws {
    let directory = host.stateDirectory
    for path in HostFiles.directories { try Files.makeDirectory("\(directory)/\(path)") }
    for path in ["root", "root/.ssh"] { try Files.makeDirectory("\(directory)/\(path)", mode: 0o700) }
    for (path, text) in HostFiles(plan: plan, host: host, uuid: UUID()).contents {
      try Files.write(text, to: "\(directory)/\(path)", mode: path == "etc/shadow" ? 0o600 : 0o644)
    }
    for (path, target) in HostFiles.links { try Files.link("\(directory)/\(path)", to: target) }
    try Files.write(PackageResources.host_init_sh, to: "\(directory)/init.sh")
    try CapabilitiesCache(plan: plan).seed(host)
  }

  /// What the outside needs to reach the hosts, and each host the others.
  private func writeAccess() throws {
    let identity = try Files.read(access.identityPath)
    let authorized = try Files.read("\(access.identityPath).pub")
    for host in plan.hosts {
      let directory = "\(host.stateDirectory)/root/.ssh"
      try Files.write(identity, to: "\(directory)/id_ed25519")
      try Files.write(authorized, to: "\(directory)/authorized_keys")
    }
    try Files.write(access.sshConfig, to: access.sshConfigPath)
    try Files.write(access.configuration, to: "\(plan.directory)/config.yaml")
  }

  private func makeKey(_ path: String, comment: String) async throws {
    try await executeOrThrow(
      ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], to: "make the key \(path)")
  }
}

/// QEMU's capabilities as libvirt keeps them: probing takes it seconds, so they outlive the labs.
struct CapabilitiesCache {
  let plan: LabPlan
  private var kept: String { "\(plan.cacheRoot)/capabilities" }
  static func directory(of host: LabHost) -> String { "\(host.stateDirectory)/cache/qemu/capabilities" }

  /// Gives a host that is not up yet what earlier labs kept; libvirt itself discards what does not fit its QEMU.
  func seed(_ host: LabHost) throws {
    try copy(from: kept, to: Self.directory(of: host))
  }

  /// Keeps what a host that is up has probed.
  func keep(from host: LabHost) throws {
    try copy(from: Self.directory(of: host), to: kept)
  }

  private func copy(from source: String, to target: String) throws {
    try Files.makeDirectory(target)
    for name in try Files.names(in: source) where name.hasSuffix(".xml") {
      let bytes = try Files.bytes("\(source)/\(name)")
      if (try? Files.bytes("\(target)/\(name)")) != bytes { try Files.write(bytes, to: "\(target)/\(name)") }
    }
  }
}
