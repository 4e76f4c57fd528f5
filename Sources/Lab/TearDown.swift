/// Removes labs by what their own directories say, and nothing else.
enum TearDown {
  /// Ends the processes that are registered in a lab's directory, then removes it.
  ///
  /// With its first process a namespace's other processes, links and mounts go. Throws `LabError` when one does not end.
  static func remove(_ directory: String) async throws {
    let plan = LabRecord.read(in: directory)?.plan
    let members = try Files.names(in: directory).map { "\(directory)/\($0)" }
    let hosts = members.filter { !$0.hasSuffix("/switch") }
    for member in hosts + ["\(directory)/switch"] { try await LabProcess(registeredIn: member)?.end() }
    if let plan { try await removeDevices(plan.devicePrefix) }
    try Files.remove(directory)
  }

  /// The kernel removes a dead namespace's devices some time later; the next lab must not meet them.
  private static func removeDevices(_ prefix: String) async throws {
    for device in ["\(prefix)m", "\(prefix)g"] {
      try await poll(for: .seconds(10), "remove the device \(device)") {
        guard Files.exists("/sys/class/net/\(device)") else { return true }
        return try await execute(["ip", "link", "delete", device]).isSuccess
      }
    }
  }

  /// Removes the labs that lived with a process which is gone.
  static func sweep(_ stateRoot: String) async throws {
    for name in try Files.names(in: stateRoot) {
      let directory = "\(stateRoot)/\(name)"
      if LabRecord.read(in: directory)?.isOrphan == true { try await remove(directory) }
    }
  }
}
