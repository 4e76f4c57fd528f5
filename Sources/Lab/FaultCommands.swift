/// A command that makes a fault in one step, in the network of a host or of the lab's switch.
struct FaultCommand {
  let host: LabHost
  let isOnSwitch: Bool
  let words: [String]
}

extension Fault {
  /// Where it is.
  var host: LabHost {
    switch self {
    case .bridgeMissing(let host), .uplinkUnplugged(let host), .mtu(_, _, let host), .hostUUID(_, let host),
      .hostName(_, let host), .shadowed(_, _, let host), .fileSays(_, _, let host), .qemuSettings(_, let host),
      .capabilities(_, let host), .lockedMemory(_, let host), .sshdSettings(_, let host), .clockAhead(_, let host),
      .clockUnsynchronised(let host), .answersDropped(let host, _), .unreachable(_, let host),
      .migrationPortsClosed(let host, _), .linkCut(let host), .blackholed(let host), .migrationDataDropped(let host),
      .linkRate(let host, _), .diskFull(let host), .libvirtdKilled(let host), .qemuKilled(_, let host),
      .libvirtdFrozen(let host), .sshdStopped(let host), .timeServiceStopped(let host), .hostKeyUnexpected(let host):
      host
    }
  }
}

extension Lab {
  /// The one command that makes a fault; nil where it takes more than that.
  func command(making fault: Fault) -> FaultCommand? {
    switch fault {
    case .linkCut(let host):
      FaultCommand(host: host, isOnSwitch: false, words: ["ip", "link", "set", "management", "down"])
    case .blackholed(let host):
      FaultCommand(host: host, isOnSwitch: true, words: ["ip", "link", "set", host.switchPort, "nomaster"])
    case .migrationDataDropped(let host):
      FaultCommand(host: host, isOnSwitch: false, words: ["nft", Self.droppingMigrationData])
    default: nil
    }
  }

  /// No state is kept of connections, so packets of one that was there before are dropped too.
  private static let droppingMigrationData = """
    table inet fault_data {
      chain in { type filter hook input priority 0; tcp dport 49152-49215 drop; }
      chain out { type filter hook output priority 0; tcp sport 49152-49215 drop; }
    }
    """

  func runCommand(making fault: Fault) async throws {
    guard let command = command(making: fault) else { return }
    let entry = try entering(command)
    try await executeOrThrow(entry.namespaces + entry.command, to: "make \(fault)", host: command.host.name)
  }

  func entering(_ command: FaultCommand) throws -> (namespaces: [String], command: [String]) {
    let directory = command.isOnSwitch ? plan.switchDirectory : command.host.stateDirectory
    return (try networkEntry(directory, to: "enter the network"), command.words)
  }

  /// The address stays with a device that is down; its route comes back with it.
  func reconnect(_ host: LabHost) async throws {
    try await setLink("management", ["up"], on: host)
    try await waitUntilReached(host)
  }

  func reopen(_ host: LabHost) async throws {
    let enter = try networkEntry(plan.switchDirectory, to: "open the switch's port of \(host.name)")
    try await executeOrThrow(
      enter + ["ip", "link", "set", host.switchPort, "master", "management"], to: "plug \(host.name) in again")
    try await waitUntilReached(host)
  }

  private func waitUntilReached(_ host: LabHost) async throws {
    try await poll(for: .seconds(30), "reach the host", host: host.name) {
      try await execute(["ping", "-n", "-q", "-c", "1", "-W", "0.2", host.address]).isSuccess
    }
  }

  func fillDisk(of host: LabHost) async throws {
    let mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "full", LabPlan.localPath]
    try await require(on: host, mount, to: "put a small disk at \(LabPlan.localPath)")
    // It ends when there is no room left.
    let result = try await run(on: host, ["dd", "if=/dev/zero", "of=\(LabPlan.localPath)/full", "bs=4k"])
    guard result.errorOutput.contains("No space left") else {
      throw LabError(.commandFailed, "fill the disk", host: host.name, result.errorOutput.trimmed)
    }
  }
}
