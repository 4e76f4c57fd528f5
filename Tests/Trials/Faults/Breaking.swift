import Glibc
import Lab
import Synchronization

/// Makes the fault of one cell, at once when told to, and heals it.
final class Breaking: Sendable {
  private let cell: FaultCell
  private let lab: Lab
  private let guest: GuestSpecification
  private let source: LabHost
  private let destination: LabHost
  /// What goes on after the fault was made: a daemon that starts again, a link that heals by itself.
  private let after = Mutex<Task<Void, any Error>?>(nil)
  private let daemon: [pid_t]

  init(_ cell: FaultCell, of guest: GuestSpecification, in lab: Lab, from source: LabHost, to destination: LabHost) {
    (self.cell, self.lab, self.guest, self.source, self.destination) = (cell, lab, guest, source, destination)
    // Looked up beforehand: the fault is to come at its moment.
    daemon =
      switch cell.fault {
      case .sourceDaemon: HostProcesses(host: source).daemons
      case .destinationDaemon: HostProcesses(host: destination).daemons
      default: []
      }
  }

  /// How long a blackhole lasts when the tool does not end before.
  static let blackholeLimit = Duration.seconds(40)

  /// Breaks it. A QEMU that is not there yet is waited for, and killed when it appears.
  func fire(_ tool: Tool.Running) async throws {
    switch cell.fault {
    case .toolKilled: try tool.send(signal: .kill)
    case .sourceDaemon: killDaemon(of: source)
    case .destinationDaemon: killDaemon(of: destination)
    case .sourceQEMU: follow { try await self.killMachine(on: self.source) }
    case .destinationQEMU: follow { try await self.killMachine(on: self.destination) }
    case .linkCut: try await lab.cutLink(of: destination)
    case .blackhole:
      try await lab.blackhole(destination)
      follow {
        try await Task.sleep(for: Self.blackholeLimit)
        try await self.lab.healLink(of: self.destination)
      }
    case .dataPath: try await lab.make(.migrationPortsClosed(on: destination, rejecting: false))
    }
  }

  /// Heals what is healed when the tool has ended, and waits for what goes on.
  func heal() async throws {
    let rest = after.withLock { $0 }
    switch cell.fault {
    case .blackhole:
      rest?.cancel()
      _ = await rest?.result
      try await lab.healLink(of: destination)
    case .linkCut: try await lab.healLink(of: destination)
    case .dataPath: try await lab.heal(.migrationPortsClosed(on: destination, rejecting: false))
    case .toolKilled, .sourceDaemon, .destinationDaemon, .destinationQEMU, .sourceQEMU: try await rest?.value
    }
  }

  private func follow(_ body: @escaping @Sendable () async throws -> Void) {
    let task = Task { try await body() }
    after.withLock { $0 = task }
  }

  private func killDaemon(of host: LabHost) {
    for process in daemon { kill(process, SIGKILL) }
    follow {
      try await self.lab.make(.libvirtdKilled(on: host))
      try await self.lab.heal(.libvirtdKilled(on: host))
    }
  }

  private func killMachine(on host: LabHost) async throws {
    let machines = HostProcesses(host: host)
    _ = try await eventually(within: .seconds(5), every: .milliseconds(2)) { [guest] in
      let found = machines.machines(of: guest)
      for process in found { kill(process, SIGKILL) }
      return found.isEmpty ? nil : true
    }
  }
}
