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
    try await shape("management", in: host.stateDirectory, mebibytesPerSecond)
    try await shape("m\(host.number)", in: plan.switchDirectory, mebibytesPerSecond)
  }

  private func shape(_ device: String, in directory: String, _ mebibytesPerSecond: Int?) async throws {
    guard let process = LabProcess(registeredIn: directory), process.isAlive else {
      throw LabError(.hostDied, "limit the device \(device)", "its namespace is gone")
    }
    let tc = ["nsenter", "--target", "\(process.id)", "--net", "--", "tc", "qdisc"]
    guard let rate = mebibytesPerSecond else {
      _ = try await execute(tc + ["delete", "dev", device, "root"])
      return
    }
    let bits = rate << 23
    let burst = max(256 << 10, rate << 14)
    let limit = ["rate", "\(bits)bit", "burst", "\(burst)", "latency", "100ms"]
    try await executeOrThrow(tc + ["replace", "dev", device, "root", "tbf"] + limit, to: "limit the device \(device)")
  }
}
