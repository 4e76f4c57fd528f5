extension Lab {
  /// Runs `arguments` (a program and its arguments, no shell) in all of a host's namespaces, as root.
  ///
  /// Returns what it said, whatever its status; throws `LabError` of code `hostDied` when the host is not there.
  @discardableResult
  public func run(on host: LabHost, _ arguments: [String], input: String = "") async throws -> CommandResult {
    guard let process = LabProcess(registeredIn: host.stateDirectory), process.isAlive else {
      throw LabError(.hostDied, "run \(arguments.first ?? "nothing")", host: host.name, "the host is not up")
    }
    let enter = ["nsenter", "--target", "\(process.id)", "--mount", "--uts", "--net", "--pid", "--"]
    return try await execute(enter + arguments, input: input)
  }

  /// Like `run`, but throws `LabError` of code `commandFailed` with the command's last words unless it succeeds.
  @discardableResult
  public func require(
    on host: LabHost, _ arguments: [String], input: String = "", to action: String
  ) async throws -> CommandResult {
    let result = try await run(on: host, arguments, input: input)
    try result.check(action, host: host.name)
    return result
  }

  /// Runs virsh on a host, against its own libvirtd.
  @discardableResult
  public func virsh(on host: LabHost, _ arguments: [String], input: String = "") async throws -> CommandResult {
    try await run(on: host, ["virsh", "--connect", "qemu:///system"] + arguments, input: input)
  }

  /// Limits what a host sends and receives on the management network, each; nil lifts the limit.
  ///
  /// tc-tbf(8) on both ends of the host's link.
  public func limit(_ host: LabHost, mebibytesPerSecond: Int?) async throws {
    try await shape(host, bitsPerSecond: mebibytesPerSecond.map { $0 << 23 })
  }

  func shape(_ host: LabHost, bitsPerSecond: Int?) async throws {
    try await shape("management", in: host.stateDirectory, bitsPerSecond)
    try await shape(host.switchPort, in: plan.switchDirectory, bitsPerSecond)
  }

  private func shape(_ device: String, in directory: String, _ bitsPerSecond: Int?) async throws {
    let tc = try networkEntry(directory, to: "limit the device \(device)") + ["tc", "qdisc"]
    guard let bits = bitsPerSecond else {
      _ = try await execute(tc + ["delete", "dev", device, "root"])
      return
    }
    let burst = max(256 << 10, bits >> 9)
    let limit = ["rate", "\(bits)bit", "burst", "\(burst)", "latency", "100ms"]
    try await executeOrThrow(tc + ["replace", "dev", device, "root", "tbf"] + limit, to: "limit the device \(device)")
  }

  /// What precedes a command that runs in the network of a host or of the switch, and otherwise outside.
  func networkEntry(_ directory: String, to action: String) throws -> [String] {
    guard let process = LabProcess(registeredIn: directory), process.isAlive else {
      throw LabError(.hostDied, action, "its namespace is gone")
    }
    return ["nsenter", "--target", "\(process.id)", "--net", "--"]
  }
}
