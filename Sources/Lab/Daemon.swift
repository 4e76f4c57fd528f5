/// A daemon of a host: where it says who it is, and how it is started.
enum Daemon: String, Sendable {
  case libvirtd, sshd, chronyd

  var processFile: String { "/run/\(rawValue).pid" }

  func command(on host: LabHost) -> [String] {
    switch self {
    case .libvirtd: ["libvirtd", "--listen", "--daemon"]
    case .sshd:
      ["/usr/sbin/sshd", "-f", "\(host.stateDirectory)/etc/sshd_config", "-E", "\(host.stateDirectory)/log/sshd.log"]
    case .chronyd: ["chronyd", "-x", "-u", "root", "-f", "\(host.stateDirectory)/etc/chrony.conf"]
    }
  }
}

extension Lab {
  /// Sends a signal, by its name without SIG, to a host's libvirtd.
  public func signalLibvirtd(_ signal: String, on host: LabHost) async throws {
    try await send(signal, to: .libvirtd, on: host)
  }

  /// Ends a host's libvirtd and starts another, which finds the guests that run; returns when it answers.
  public func restartLibvirtd(on host: LabHost) async throws {
    try await stop(.libvirtd, on: host, signal: "TERM")
    try await start(.libvirtd, on: host)
  }

  /// Ends the daemon and returns when its process is gone; its children live on. One that has ended is as good.
  ///
  /// A libvirtd that still has a call to answer waits for it for 30 s before it ends (`virNetDaemonRun`, rpc/virnetdaemon.c).
  func stop(_ daemon: Daemon, on host: LabHost, signal: String) async throws {
    guard let id = try? await processID(of: daemon, on: host),
      try await run(on: host, ["kill", "-s", signal, id]).isSuccess
    else { return }
    try await poll(for: .seconds(60), "stop \(daemon)", host: host.name) {
      try await !run(on: host, ["test", "-e", "/proc/\(id)"]).isSuccess
    }
  }

  /// Starts the daemon and returns when it answers.
  /// - Parameter wrapper: a command that takes the daemon's as its arguments.
  func start(_ daemon: Daemon, on host: LabHost, through wrapper: [String] = []) async throws {
    try await require(on: host, wrapper + daemon.command(on: host), to: "start \(daemon)")
    switch daemon {
    case .libvirtd: try await Readiness(plan: plan).waitForLibvirt(host)
    case .sshd: try await Readiness(plan: plan).waitForSSH(host)
    // It answers before its first process ends.
    case .chronyd: break
    }
  }

  func send(_ signal: String, to daemon: Daemon, on host: LabHost) async throws {
    let id = try await processID(of: daemon, on: host)
    try await require(on: host, ["kill", "-s", signal, id], to: "send SIG\(signal) to \(daemon)")
  }

  /// Inside the host's namespace.
  private func processID(of daemon: Daemon, on host: LabHost) async throws -> String {
    try await require(on: host, ["cat", daemon.processFile], to: "find \(daemon)").text
  }
}
