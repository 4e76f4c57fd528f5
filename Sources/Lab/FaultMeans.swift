import FoundationEssentials

/// How faults are made, one means each.
extension Lab {
  func setLink(_ device: String, _ settings: [String], on host: LabHost) async throws {
    try await require(on: host, ["ip", "link", "set", device] + settings, to: "change the device \(device)")
  }

  func route(_ words: [String], on host: LabHost) async throws {
    try await require(on: host, ["ip", "route"] + words, to: "change the way to \(words.last ?? "nowhere")")
  }

  func chronyc(_ words: [String], on host: LabHost) async throws {
    try await require(on: host, ["chronyc"] + words, to: "tell chronyd")
  }

  /// virGetHostname asks the kernel at every call.
  func setName(_ name: String, on host: LabHost) async throws {
    try await require(on: host, ["tee", "/proc/sys/kernel/hostname"], input: name, to: "name the host \(name)")
  }

  func cover(_ path: String, with other: String, on host: LabHost) async throws {
    try await require(on: host, ["mount", "--bind", "--", other, path], to: "shadow \(path)")
  }

  /// The host sees its own directory at the same place as the outside does.
  func cover(_ path: String, saying text: String, on host: LabHost) async throws {
    let directory = "\(host.stateDirectory)/faults"
    try Files.makeDirectory(directory)
    // Never the file that another fault has put there: what is replaced can no longer be covered.
    let file = "\(directory)/\(UUID().uuidString)"
    try Files.write(text, to: file, mode: 0o755)
    try await cover(path, with: file, on: host)
  }

  func setQEMU(_ settings: [String: String?], on host: LabHost) async throws {
    let text = HostFiles.qemu(of: host, changing: settings)
    try Files.write(text, to: "\(host.stateDirectory)/etc/libvirt/qemu.conf", mode: 0o644)
    try await restartLibvirtd(on: host)
  }

  /// libvirt reads its file when it starts and believes it as long as QEMU's own file has not changed.
  func rewriteCapabilities(_ texts: [String: String], on host: LabHost) async throws {
    try await virsh(on: host, ["domcapabilities", "--virttype", "qemu"]).check("probe QEMU", host: host.name)
    let directory = CapabilitiesCache.directory(of: host)
    for name in try Files.names(in: directory) {
      let path = "\(directory)/\(name)"
      let text = texts.reduce(try Files.read(path)) { $0.replacing($1.key, with: $1.value) }
      try Files.write(text, to: path)
    }
    try await restartLibvirtd(on: host)
  }

  func forgetCapabilities(on host: LabHost) async throws {
    try Files.remove(CapabilitiesCache.directory(of: host))
    try Files.makeDirectory(CapabilitiesCache.directory(of: host))
    try await restartLibvirtd(on: host)
  }

  func limitLockedMemory(_ bytes: Int, on host: LabHost) async throws {
    try await stop(.libvirtd, on: host, signal: "TERM")
    let limits = ["prlimit", "--memlock=\(bytes):\(bytes)", "setpriv", "--bounding-set=-sys_resource", "--"]
    try await start(.libvirtd, on: host, through: limits)
  }

  func setSSHD(_ settings: [String: String], on host: LabHost) async throws {
    let text = HostFiles.sshd(of: host, changing: settings)
    try Files.write(text, to: "\(host.stateDirectory)/etc/sshd_config", mode: 0o644)
    try await stop(.sshd, on: host, signal: "TERM")
    try await start(.sshd, on: host)
  }

  /// The monotonic clock stays right, so that programs wait as long as they mean to.
  func setClock(ahead seconds: Double, on host: LabHost) async throws {
    let variables = [
      "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "FAKETIME=+\(seconds)",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]
    try await setSSHD(["SetEnv": variables.joined(separator: " ")], on: host)
    try await stop(.libvirtd, on: host, signal: "TERM")
    try await start(.libvirtd, on: host, through: ["env"] + variables)
  }

  func restoreClock(of host: LabHost) async throws {
    try await setSSHD([:], on: host)
    try await restartLibvirtd(on: host)
  }

  func closePorts(rejecting rejects: Bool, on host: LabHost) async throws {
    let rules = """
      table inet fault {
        chain input {
          type filter hook input priority 0
          tcp dport 49152-49215 \(rejects ? "reject with tcp reset" : "drop")
        }
      }

      """
    try await require(on: host, ["nft", "--file", "-"], input: rules, to: "close the migration ports")
  }

  /// Makes br0 as it was: the host's port and the guests' devices that lost their bridge are on it again.
  func restoreBridge(on host: LabHost) async throws {
    let new = ["ip", "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"]
    try await require(on: host, new, to: "make br0")
    let devices = try await require(on: host, ["ls", "/sys/class/net"], to: "list the devices").output
    for device in devices.split(separator: "\n") where device == "guests" || device.hasPrefix("vnet") {
      try await setLink(String(device), ["master", "br0"], on: host)
    }
    try await setLink("br0", ["up"], on: host)
  }

  /// A host's own UUID is its machine id; the other's is written into its configuration, and its libvirtd restarted.
  func setUUID(of other: LabHost, on host: LabHost) async throws {
    let text = HostFiles.libvirtd(address: host.address, uuid: try HostIdentity(of: other).uuid)
    try Files.write(text, to: "\(host.stateDirectory)/etc/libvirt/libvirtd.conf", mode: 0o644)
    try await restartLibvirtd(on: host)
  }

  /// The key of the lab's own user stands in for the wrong one.
  func writeKnownHosts(wrongFor wrong: LabHost?) throws {
    var keys: [String: String] = [:]
    for host in hosts {
      let path = host == wrong ? identityPath : "\(host.stateDirectory)/etc/ssh_host_key"
      keys[host.name] = try Files.read("\(path).pub")
    }
    try AccessFiles(plan: plan).writeKnownHosts(keys)
  }
}
