/// Something that is wrong in a lab, and that can be put right again.
public enum Fault: Sendable, Hashable {
  /// The host has no bridge br0; the devices of guests that were on it stay, unplugged.
  case bridgeMissing(on: LabHost)
  /// The host says that it is the other one.
  case hostUUID(of: LabHost, on: LabHost)
  /// The host sees another directory at a path: same name, other contents.
  case shadowed(path: String, by: String, on: LabHost)
  /// The host's libvirtd was killed; its guests run on.
  case libvirtdKilled(on: LabHost)
  /// The host's libvirtd is stopped (SIGSTOP): it takes connections and never answers.
  case libvirtdFrozen(on: LabHost)
  case sshdStopped(on: LabHost)
  /// The outside and every host know a wrong key for this one.
  case hostKeyUnexpected(of: LabHost)
}

extension Lab {
  /// Runs `body` while the faults last; they are healed afterwards in the opposite order, also after an error or a
  /// cancellation.
  ///
  /// Throws what `body` throws, else the first `LabError` of making or healing a fault.
  public nonisolated(nonsending) func withFault<Result: Sendable>(
    _ faults: Fault..., while body: () async throws -> Result
  ) async throws -> Result {
    var made: [Fault] = []
    let outcome: Swift.Result<Result, any Error>
    do {
      for fault in faults {
        made.append(fault)
        try await make(fault)
      }
      outcome = .success(try await body())
    } catch { outcome = .failure(error) }
    let healing = await heal(Array(made.reversed()))
    let result = try outcome.get()
    try healing.get()
    return result
  }

  /// Makes a fault that lasts until `heal`, or the lab's end.
  public func make(_ fault: Fault) async throws {
    switch fault {
    case .bridgeMissing(let host):
      try await require(on: host, ["ip", "link", "delete", "br0"], to: "remove br0")
    case .hostUUID(let other, let host): try await setUUID(of: other, on: host)
    case .shadowed(let path, let other, let host):
      try await require(on: host, ["mount", "--bind", "--", other, path], to: "shadow \(path)")
    case .libvirtdKilled(let host): try await stop(.libvirtd, on: host, signal: "KILL")
    case .libvirtdFrozen(let host): try await send("STOP", to: .libvirtd, on: host)
    case .sshdStopped(let host): try await stop(.sshd, on: host, signal: "TERM")
    case .hostKeyUnexpected(let host): try writeKnownHosts(wrongFor: host)
    }
  }

  /// Puts right what `make` made.
  public func heal(_ fault: Fault) async throws {
    switch fault {
    case .bridgeMissing(let host): try await restoreBridge(on: host)
    case .hostUUID(_, let host): try await setUUID(of: host, on: host)
    case .shadowed(let path, _, let host):
      try await require(on: host, ["umount", "--lazy", "--", path], to: "uncover \(path)")
    case .libvirtdKilled(let host): try await start(.libvirtd, on: host)
    case .libvirtdFrozen(let host): try await send("CONT", to: .libvirtd, on: host)
    case .sshdStopped(let host): try await start(.sshd, on: host)
    case .hostKeyUnexpected: try writeKnownHosts(wrongFor: nil)
    }
  }

  /// Heals all that can be healed, in a task that a cancellation of this one does not reach; keeps the first error.
  private func heal(_ faults: [Fault]) async -> Swift.Result<Void, any Error> {
    await Task {
      var outcome = Swift.Result<Void, any Error>.success(())
      for fault in faults {
        do { try await heal(fault) } catch { if case .success = outcome { outcome = .failure(error) } }
      }
      return outcome
    }.value
  }

  /// Makes br0 as it was: the host's port and the guests' devices that lost their bridge are on it again.
  private func restoreBridge(on host: LabHost) async throws {
    let new = ["ip", "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"]
    try await require(on: host, new, to: "make br0")
    let devices = try await require(on: host, ["ls", "/sys/class/net"], to: "list the devices").output
    for device in devices.split(separator: "\n") where device == "guests" || device.hasPrefix("vnet") {
      try await require(
        on: host, ["ip", "link", "set", String(device), "master", "br0"], to: "plug \(device) into br0")
    }
    try await require(on: host, ["ip", "link", "set", "br0", "up"], to: "start br0")
  }

  /// A host's own UUID is its machine id; the other's is written into its configuration, and its libvirtd restarted.
  private func setUUID(of other: LabHost, on host: LabHost) async throws {
    let text = HostFiles.libvirtd(address: host.address, uuid: try HostIdentity(of: other).uuid)
    try Files.write(text, to: "\(host.stateDirectory)/etc/libvirt/libvirtd.conf", mode: 0o644)
    try await restartLibvirtd(on: host)
  }

  /// The key of the lab's own user stands in for the wrong one.
  private func writeKnownHosts(wrongFor wrong: LabHost?) throws {
    var keys: [String: String] = [:]
    for host in hosts {
      let path = host == wrong ? identityPath : "\(host.stateDirectory)/etc/ssh_host_key"
      keys[host.name] = try Files.read("\(path).pub")
    }
    try AccessFiles(plan: plan).writeKnownHosts(keys)
  }
}
