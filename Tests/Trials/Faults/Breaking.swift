import Lab
import Synchronization

/// Makes the fault of one cell, at once when told to, and heals it.
final class Breaking: Sendable {
  private let cell: FaultCell
  private let lab: Lab
  private let guest: GuestSpecification
  /// nil: the tool itself is killed, or nothing breaks.
  private let armed: ArmedFault?
  /// What goes on after the fault was made: a daemon that starts again, a link that heals by itself.
  private let after = Mutex<Task<Void, any Error>?>(nil)

  private let isLate = Mutex(false)

  init(
    _ cell: FaultCell, of guest: GuestSpecification, in lab: Lab, from source: LabHost, to destination: LabHost
  ) async throws {
    (self.cell, self.lab, self.guest) = (cell, lab, guest)
    let fault = cell.fault.fault(of: guest, from: source, to: destination)
    armed = if let fault { try await lab.arm(fault) } else { nil }
  }

  /// How long a blackhole lasts when the tool does not end before.
  static let blackholeLimit = Duration.seconds(40)

  /// Breaks it. A QEMU that is not there yet is waited for, and killed when it appears.
  func fire(_ tool: Tool.Running) async throws {
    guard cell.fault != .nothing else { return }
    guard let armed else { return try tool.send(signal: .kill) }
    switch armed.fault {
    case .qemuKilled(_, let host): follow { try await self.killMachine(on: host, armed) }
    case .libvirtdKilled:
      try await armed.fire()
      follow { try await self.lab.heal(armed.fault) }
    case .blackholed:
      try await armed.fire()
      follow {
        try await Task.sleep(for: Self.blackholeLimit)
        try await self.lab.heal(armed.fault)
      }
    default: try await armed.fire()
    }
  }

  /// Heals what is healed when the tool has ended, and waits for what goes on.
  func heal() async throws {
    let rest = after.withLock { $0 }
    switch armed?.fault {
    case nil, .qemuKilled, .libvirtdKilled: try await rest?.value
    case .blackholed(let host)?:
      rest?.cancel()
      // Healed by itself meanwhile, or not: either way it is healed now.
      if case .failure? = await rest?.result { try await lab.heal(.blackholed(host)) }
    case let fault?: try await lab.heal(fault)
    }
  }

  private func follow(_ body: @escaping @Sendable () async throws -> Void) {
    let task = Task { try await body() }
    after.withLock { $0 = task }
  }

  /// True when the QEMU that was to be killed had ended before.
  var cameTooLate: Bool { isLate.withLock { $0 } }

  private func killMachine(on host: LabHost, _ armed: ArmedFault) async throws {
    let found = try await eventually(within: .seconds(5), every: .milliseconds(2)) { [lab, guest] in
      try lab.qemuProcesses(on: host).contains { $0.guest == guest.id } ? true : nil
    }
    do {
      if found != nil { return try await armed.fire() }
    } catch let error as LabError where error.code == .commandFailed {}
    isLate.withLock { $0 = true }
  }
}

extension FaultCell.Fault {
  /// nil for the tool's own death, and for none.
  fileprivate func fault(of guest: GuestSpecification, from source: LabHost, to destination: LabHost) -> Fault? {
    switch self {
    case .nothing, .toolKilled: nil
    case .sourceDaemon: .libvirtdKilled(on: source)
    case .destinationDaemon: .libvirtdKilled(on: destination)
    case .sourceQEMU: .qemuKilled(guest: guest.id, on: source)
    case .destinationQEMU: .qemuKilled(guest: guest.id, on: destination)
    case .linkCut: .linkCut(of: destination)
    case .blackhole: .blackholed(destination)
    case .dataPath: .migrationDataDropped(on: destination)
    }
  }
}
