/// Something that is wrong in a lab, and that can be put right again.
public enum Fault: Sendable, Hashable {
  /// The host has no bridge br0; the devices of guests that were on it stay, unplugged.
  case bridgeMissing(on: LabHost)
  /// br0 is there and leads nowhere: the host's port is not on it.
  case uplinkUnplugged(on: LabHost)
  /// A network device of the host takes other packets at most.
  case mtu(of: String, Int, on: LabHost)
  /// The host says that it is the other one.
  case hostUUID(of: LabHost, on: LabHost)
  /// The host has another name.
  case hostName(String, on: LabHost)
  /// The host sees another directory at a path: same name, other contents.
  case shadowed(path: String, by: String, on: LabHost)
  /// A file of the host holds `text`, for all who open it while this lasts; the file must be there.
  case fileSays(String, path: String, on: LabHost)
  /// Settings of qemu.conf, as they stand there, are changed, or removed where nil; libvirtd was restarted.
  case qemuSettings([String: String?], on: LabHost)
  /// What libvirt remembers of its QEMU has texts replaced, as if it had probed another; libvirtd was restarted.
  case capabilities([String: String], on: LabHost)
  /// libvirtd may lock so many bytes of memory and cannot raise that.
  case lockedMemory(bytes: Int, on: LabHost)
  /// Settings of sshd_config are changed; sshd was restarted.
  case sshdSettings([String: String], on: LabHost)
  /// libvirtd and whatever is run through ssh see a clock that is so many seconds ahead (libfaketime).
  case clockAhead(seconds: Double, on: LabHost)
  /// The host's time service runs and has nothing to follow.
  case clockUnsynchronised(on: LabHost)
  /// Answers to one host are thrown away; all others still reach both.
  case answersDropped(on: LabHost, to: LabHost)
  /// One host has no way to another, and is told so at once.
  case unreachable(LabHost, from: LabHost)
  /// The host's firewall throws away what comes to the ports of migrations (49152 to 49215), or answers as if nothing
  /// listened there; needs nftables in the kernel.
  case migrationPortsClosed(on: LabHost, rejecting: Bool)
  /// The host's management device is down: its neighbours get no answer, its own packets have no way.
  case linkCut(of: LabHost)
  /// The switch throws away all that comes from the host and goes to it on the management network; the link stays up.
  case blackholed(LabHost)
  /// What belongs to a migration to this host (TCP ports 49152 to 49215, both directions) is thrown away, also in
  /// mid-stream; all other connections go on. Needs nftables in the kernel.
  case migrationDataDropped(on: LabHost)
  /// The host's management link carries so much each way; 1 Mibit is 2^20 bits. Needs tc-tbf(8) in the kernel.
  case linkRate(of: LabHost, mebitsPerSecond: Int)
  /// The directory of the host's own images is another, tiny file system without a free byte; open files stay as they are.
  case diskFull(on: LabHost)
  /// The host's libvirtd was killed (SIGKILL); its guests run on.
  case libvirtdKilled(on: LabHost)
  /// The QEMU of a guest, named by its UUID, was killed (SIGKILL); healing brings nothing back.
  case qemuKilled(guest: String, on: LabHost)
  /// The host's libvirtd is stopped (SIGSTOP): it takes connections and never answers.
  case libvirtdFrozen(on: LabHost)
  case sshdStopped(on: LabHost)
  case timeServiceStopped(on: LabHost)
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
    try await withFaults(faults, while: body)
  }

  public nonisolated(nonsending) func withFaults<Result: Sendable>(
    _ faults: [Fault], while body: () async throws -> Result
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
    case .uplinkUnplugged(let host): try await setLink("guests", ["nomaster"], on: host)
    case .mtu(let device, let bytes, let host): try await setLink(device, ["mtu", "\(bytes)"], on: host)
    case .hostUUID(let other, let host): try await setUUID(of: other, on: host)
    case .hostName(let name, let host): try await setName(name, on: host)
    case .shadowed(let path, let other, let host): try await cover(path, with: other, on: host)
    case .fileSays(let text, let path, let host): try await cover(path, saying: text, on: host)
    case .qemuSettings(let settings, let host): try await setQEMU(settings, on: host)
    case .capabilities(let texts, let host): try await rewriteCapabilities(texts, on: host)
    case .lockedMemory(let bytes, let host): try await limitLockedMemory(bytes, on: host)
    case .sshdSettings(let settings, let host): try await setSSHD(settings, on: host)
    case .clockAhead(let seconds, let host): try await setClock(ahead: seconds, on: host)
    case .clockUnsynchronised(let host): try await chronyc(["local", "off"], on: host)
    case .answersDropped(let host, let other): try await route(["add", "blackhole", other.address], on: host)
    case .unreachable(let other, let host): try await route(["add", "unreachable", other.address], on: host)
    case .migrationPortsClosed(let host, let rejects): try await closePorts(rejecting: rejects, on: host)
    case .linkCut, .blackholed, .migrationDataDropped: try await runCommand(making: fault)
    case .linkRate(let host, let rate): try await shape(host, bitsPerSecond: rate << 20)
    case .diskFull(let host): try await fillDisk(of: host)
    case .libvirtdKilled(let host): try await stop(.libvirtd, on: host, signal: "KILL")
    case .qemuKilled(let guest, let host): try await waitForEnd(of: try killQEMU(of: guest, on: host), on: host)
    case .libvirtdFrozen(let host): try await send("STOP", to: .libvirtd, on: host)
    case .sshdStopped(let host): try await stop(.sshd, on: host, signal: "TERM")
    case .timeServiceStopped(let host): try await stop(.chronyd, on: host, signal: "TERM")
    case .hostKeyUnexpected(let host): try writeKnownHosts(wrongFor: host)
    }
  }

  /// Puts right what `make` made.
  public func heal(_ fault: Fault) async throws {
    switch fault {
    case .bridgeMissing(let host): try await restoreBridge(on: host)
    case .uplinkUnplugged(let host): try await setLink("guests", ["master", "br0"], on: host)
    case .mtu(let device, _, let host): try await setLink(device, ["mtu", "1500"], on: host)
    case .hostUUID(_, let host): try await setUUID(of: host, on: host)
    case .hostName(_, let host): try await setName(host.name, on: host)
    case .shadowed(let path, _, let host), .fileSays(_, let path, let host):
      try await require(on: host, ["umount", "--lazy", "--", path], to: "uncover \(path)")
    case .qemuSettings(_, let host): try await setQEMU([:], on: host)
    case .capabilities(_, let host): try await forgetCapabilities(on: host)
    case .lockedMemory(_, let host): try await restartLibvirtd(on: host)
    case .sshdSettings(_, let host): try await setSSHD([:], on: host)
    case .clockAhead(_, let host): try await restoreClock(of: host)
    case .clockUnsynchronised(let host): try await chronyc(["local", "stratum", "8"], on: host)
    case .answersDropped(let host, let other): try await route(["delete", "blackhole", other.address], on: host)
    case .unreachable(let other, let host): try await route(["delete", "unreachable", other.address], on: host)
    case .migrationPortsClosed(let host, _):
      try await require(on: host, ["nft", "delete", "table", "inet", "fault"], to: "open the migration ports")
    case .linkCut(let host): try await reconnect(host)
    case .blackholed(let host): try await reopen(host)
    case .migrationDataDropped(let host):
      try await require(on: host, ["nft", "delete", "table", "inet", "fault_data"], to: "let migration data through")
    case .linkRate(let host, _): try await shape(host, bitsPerSecond: nil)
    case .diskFull(let host):
      try await require(on: host, ["umount", "--lazy", LabPlan.localPath], to: "uncover \(LabPlan.localPath)")
    case .libvirtdKilled(let host): try await start(.libvirtd, on: host)
    case .qemuKilled: break
    case .libvirtdFrozen(let host): try await send("CONT", to: .libvirtd, on: host)
    case .sshdStopped(let host): try await start(.sshd, on: host)
    case .timeServiceStopped(let host): try await start(.chronyd, on: host)
    case .hostKeyUnexpected: try writeKnownHosts(wrongFor: nil)
    }
  }

  /// Heals all that can be healed, in a task that a cancellation of this one does not reach; keeps the first error.
  func heal(_ faults: [Fault]) async -> Swift.Result<Void, any Error> {
    await Task {
      var outcome = Swift.Result<Void, any Error>.success(())
      for fault in faults {
        do { try await heal(fault) } catch { if case .success = outcome { outcome = .failure(error) } }
      }
      return outcome
    }.value
  }
}
