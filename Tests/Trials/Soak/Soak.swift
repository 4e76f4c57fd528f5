import Engine
import Foundation
import Lab
import Libvirt
import MigrationModel
import Threads

/// Moves one guest back and forth in one process, as a controller would for months, and watches what grows.
public struct Soak: Sendable {
  public var moves: Int
  public var labName: String
  /// Between two measurements.
  static let stride = 20
  /// Moves after which nothing may grow any more: pools, caches and libvirt's own threads are there by then.
  static let warmUp = 40
  /// How much this process's memory may grow after that, in KiB: what the allocator makes of the same work done again.
  static let slack = 4096
  /// How many threads libdispatch may add to its pool when it finds all of them waiting: it looks once a second, and goes up
  /// to two a CPU (`_dispatch_workq_monitor_pools`, src/event/workqueue.c).
  static let spareWorkers = ProcessInfo.processInfo.activeProcessorCount

  public init(moves: Int, labName: String) {
    self.moves = moves
    self.labName = labName
  }

  /// Throws LabError; what went wrong with the moves is in the report.
  public func run(telling: @escaping @Sendable (String) -> Void) async throws -> SoakReport {
    try await withLab(LabConfiguration(name: labName)) { lab in
      let address = lab.plan.guestAddress(1)
      let guest = GuestSpecification(
        name: "keeper", memory: 192, address: address, keeper: .init(mebibytes: 24, mebibytesPerSecond: 8))
      try await lab.boot(guest, on: try lab.host(1))
      _ = try await KeeperClient(address: address).ask()
      let watch = try KeeperWatch(address: address)
      var report = SoakReport()
      try await move(guest, in: lab, &report, telling)
      report.keeper = try await KeeperClient(address: address).checkEverything()
      report.watch = try await watch.stop()
      return report
    }
  }

  private func move(
    _ guest: GuestSpecification, in lab: Lab, _ report: inout SoakReport, _ telling: (String) -> Void
  ) async throws {
    var (here, there) = (try lab.host(1), try lab.host(2))
    for number in 1...moves {
      let start = ContinuousClock.now
      let result = try await moveOnce(guest, from: here, to: there, mode: number.isMultiple(of: 2) ? .p2p : .plain)
      report.durations.append((ContinuousClock.now - start).seconds)
      if let downtime = result.downtime.event { report.downtimes.append(downtime.milliseconds) }
      guard result.outcome == .completed else {
        report.failures.append("move \(number): \(result.outcome.rawValue): \(result.error?.message ?? "")")
        return
      }
      swap(&here, &there)
      if number.isMultiple(of: Self.stride) || number == moves {
        let sample = try await SoakSample.take(after: number, in: lab)
        report.samples.append(sample)
        telling(sample.text)
      }
    }
  }

  /// A backend of its own for each move, as the command has.
  private func moveOnce(
    _ guest: GuestSpecification, from source: LabHost, to destination: LabHost, mode: MigrationRequest.Mode
  ) async throws -> MigrationResult {
    var request = MigrationRequest()
    request.mode = mode
    let start = ContinuousClock.now
    let backend = try await LibvirtBackend.open(
      guest.name, from: LibvirtHost(name: source.name, uri: source.uri),
      to: LibvirtHost(name: destination.name, uri: destination.uri), request, timeout: .seconds(10), since: start)
    let (wishes, end) = AsyncStream.makeStream(of: MoveWish.self)
    defer { end.finish() }
    return await drive(backend, backend.intent, since: start, wishes: wishes) { _, _ in }
  }
}
