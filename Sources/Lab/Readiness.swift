/// Waits for the real thing: a libvirtd that answers a call, an sshd that proves its key.
struct Readiness {
  let plan: LabPlan

  /// Throws `LabError` of code `hostDied` with its last words when a host ends instead, `timedOut` when it stays dumb.
  func wait() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for host in plan.hosts { group.addTask { try await wait(for: host) } }
      try await group.waitForAll()
    }
    try CapabilitiesCache(plan: plan).keep(from: plan.host(1))
  }

  func waitForSwitch() async throws {
    let directory = plan.switchDirectory
    try await poll(for: .seconds(10), "start the switch of lab \(plan.name)") {
      LabProcess(registeredIn: directory) != nil
    }
  }

  private func wait(for host: LabHost) async throws {
    try await poll(for: .seconds(10), "start the first process", host: host.name) {
      LabProcess(registeredIn: host.stateDirectory) != nil
    }
    try await waitForLibvirt(host)
    try await waitForSSH(host)
  }

  /// The deadline leaves room for the probing of a QEMU that no lab has met before.
  func waitForLibvirt(_ host: LabHost) async throws {
    try await poll(for: .seconds(60), "reach libvirtd", host: host.name) {
      try checkAlive(host)
      return try await execute(["virsh", "-c", host.uri, "hostname"]).isSuccess
    }
  }

  func waitForSSH(_ host: LabHost) async throws {
    try await poll(for: .seconds(30), "reach sshd", host: host.name) {
      try checkAlive(host)
      return try await !execute(["ssh-keyscan", "-t", "ed25519", host.address]).text.isEmpty
    }
  }

  private func checkAlive(_ host: LabHost) throws {
    guard LabProcess(registeredIn: host.stateDirectory)?.isAlive != true else { return }
    let log = (try? Files.read("\(host.logDirectory)/init.log").trimmed) ?? ""
    throw LabError(.hostDied, "start the host", host: host.name, "it said: \(log.suffix(500))")
  }
}
