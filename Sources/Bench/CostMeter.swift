import BenchModel
import Lab

/// What a move costs the hosts of a lab, from just before it to just after.
struct CostMeter {
  private let lab: Lab
  private let guest: String
  private let hosts: [LabHost]
  private let sourceQEMU: ProcessorWatch?
  private let sourceBefore: Double?
  private let daemonsBefore: [Double?]
  private let sentBefore: UInt64?

  /// Throws `LabError` when a host is not there.
  init(of guest: String, from source: Int, to destination: Int, on lab: Lab) throws {
    (self.lab, self.guest, hosts) = (lab, guest, [lab.hosts[source], lab.hosts[destination]])
    let qemu = try lab.qemuProcesses(on: hosts[0]).first { $0.guest == guest }
    sourceBefore = qemu.flatMap { ProcessorTime.of($0.id) }
    sourceQEMU = qemu.map { ProcessorWatch(of: $0.id) }
    daemonsBefore = hosts.map { Self.daemon(on: $0, lab) }
    sentBefore = Self.sent(from: hosts[0], lab)
  }

  /// What it has cost until now; what cannot be read is nil.
  func read() async -> Run.Cost {
    var cost = Run.Cost()
    cost.sourceQemuS = difference(await sourceQEMU?.stop() ?? nil, sourceBefore)
    let arrived = try? lab.qemuProcesses(on: hosts[1]).first { $0.guest == guest }
    // The destination's QEMU was started for this move: all that it has taken is the move's.
    cost.destinationQemuS = arrived.flatMap { ProcessorTime.of($0.id) }
    cost.sourceLibvirtdS = difference(Self.daemon(on: hosts[0], lab), daemonsBefore[0])
    cost.destinationLibvirtdS = difference(Self.daemon(on: hosts[1], lab), daemonsBefore[1])
    if let before = sentBefore, let after = Self.sent(from: hosts[0], lab), after >= before {
      cost.wireBytes = after - before
    }
    return cost
  }

  private static func daemon(on host: LabHost, _ lab: Lab) -> Double? {
    (try? lab.libvirtdProcess(on: host)).flatMap { $0 }.flatMap(ProcessorTime.of)
  }

  private static func sent(from host: LabHost, _ lab: Lab) -> UInt64? {
    (try? lab.firstProcess(of: host)).flatMap { ProcessorTime.bytesSent(by: "management", in: $0) }
  }

  private func difference(_ after: Double?, _ before: Double?) -> Double? {
    guard let after, let before else { return nil }
    return ((after - before) * 100).rounded() / 100
  }
}
