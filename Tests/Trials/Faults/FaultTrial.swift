import Foundation
import Glibc
import Lab
import Synchronization

/// Tries one cell with a guest of its own.
struct FaultTrial: Sendable {
  let cell: FaultCell
  let lab: Lab
  let source: LabHost
  let destination: LabHost

  init(_ cell: FaultCell, in lab: Lab) throws {
    (self.cell, self.lab) = (cell, lab)
    (source, destination) = (try lab.host(1), try lab.host(2))
  }

  /// How long a guest may take to be where it stays, once the fault is healed.
  static let patience = Duration.seconds(60)

  /// How long the tool may take; one that takes longer is killed, and that is a finding.
  static let toolLimit = Duration.seconds(120)

  /// The guest's memory is there in 2 to 3 s, and its last pages take some tenths of a second.
  private static let bandwidth = "24"

  func run() async throws -> FaultObservation {
    let guest = GuestSpecification(
      name: "keeper", memory: 192, address: lab.plan.guestAddress(1),
      keeper: .init(mebibytes: 24, mebibytesPerSecond: 8))
    try await lab.boot(guest, on: source)
    let keeper = KeeperClient(address: lab.plan.guestAddress(1))
    _ = try await keeper.ask()
    let watch = try KeeperWatch(address: keeper.address)
    var seen = FaultObservation(cell: cell)
    let start = ContinuousClock.now
    do {
      try await move(guest, &seen)
      try await settle(guest, &seen)
      if seen.home != nil { seen.keeper = try? await keeper.checkEverything(within: .seconds(30)) }
    } catch {
      _ = try? await watch.stop()
      try? await remove(guest)
      throw error
    }
    seen.seconds = (ContinuousClock.now - start).seconds
    seen.watch = try await watch.stop()
    try await remove(guest)
    return seen
  }

  private var arguments: [String] {
    let shared = ["-c", source.name, "keeper", destination.name, "--bandwidth", Self.bandwidth, "--output", "jsonl"]
    return shared + ["--verbose"]
      + (cell.mode == .postcopy ? ["--postcopy", "--postcopy-bandwidth", "4"] : ["--mode", cell.mode.rawValue])
  }

  private func move(_ guest: GuestSpecification, _ seen: inout FaultObservation) async throws {
    let breaking = Breaking(cell, of: guest, in: lab, from: source, to: destination)
    let progress = MoveProgress()
    let said = try await Tool(lab: lab).run(arguments, within: Self.toolLimit) { text, running in
      let line = try Tool.object(text)
      if cell.moment.isReached(by: line), progress.isFirst("moment") { try await breaking.fire(running) }
      if line["type"] as? String == "progress", progress.isFirst("progress") {
        try await lab.virsh(on: source, ["migrate-setmaxdowntime", guest.id, "1000"])
      }
      if cell.mode == .postcopy, isFirstPassOver(line), progress.isFirst("switch") {
        try await lab.virsh(on: source, ["migrate-postcopy", guest.id])
      }
    }
    seen.isReached = progress.has("moment")
    seen.isHung = said.wasEnded
    seen.note(said)
    if seen.isReached { try await breaking.heal() }
  }

  private func isFirstPassOver(_ line: [String: any Sendable]) -> Bool {
    (line["memory"] as? [String: any Sendable])?["iteration"] as? Int ?? 0 >= 2
  }

  /// Waits until nothing changes any more, or `patience` is over.
  private func settle(_ guest: GuestSpecification, _ seen: inout FaultObservation) async throws {
    var last: [FaultObservation.Sighting] = []
    var since = ContinuousClock.now
    let deadline = since + Self.patience
    while true {
      try await reviveDaemons(&seen)
      let now = try await [look(source, "source", guest), look(destination, "destination", guest)]
      if now != last { (last, since) = (now, .now) }
      seen.sightings = now
      let isGood = seen.home != nil
      guard ContinuousClock.now < deadline, ContinuousClock.now - since < (isGood ? .seconds(1) : .seconds(15)) else {
        return
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// A daemon that is gone although it was healed has crashed: that is told, and the cell goes on with another.
  private func reviveDaemons(_ seen: inout FaultObservation) async throws {
    for host in [source, destination] where HostProcesses(host: host).daemons.isEmpty {
      seen.crashes.append(host == source ? "source" : "destination")
      try await lab.heal(.libvirtdKilled(on: host))
    }
  }

  private func look(_ host: LabHost, _ name: String, _ guest: GuestSpecification) async throws
    -> FaultObservation.Sighting
  {
    let state = try await lab.virsh(on: host, ["domstate", "--reason", guest.id])
    let info = try await lab.virsh(on: host, ["dominfo", guest.id]).output
    let text = state.isSuccess ? state.text : state.errorOutput.contains("failed to get domain") ? "absent" : "unknown"
    return FaultObservation.Sighting(
      host: name, machines: HostProcesses(host: host).machines(of: guest).count,
      state: text.hasPrefix("running") && !text.contains("failed") ? "running" : text,
      isDefined: info.contains(/Persistent: +yes/))
  }

  /// Takes away whatever the cell left, so that the next one starts clean.
  private func remove(_ guest: GuestSpecification) async throws {
    for host in [source, destination] {
      try await lab.virsh(on: host, ["destroy", guest.id])
      try await lab.virsh(on: host, ["undefine", guest.id])
      for process in HostProcesses(host: host).machines(of: guest) { kill(process, SIGKILL) }
    }
  }
}

/// Things that are to be done once in a move.
private final class MoveProgress: Sendable {
  private let done = Mutex<Set<String>>([])
  func isFirst(_ thing: String) -> Bool { done.withLock { $0.insert(thing).inserted } }
  func has(_ thing: String) -> Bool { done.withLock { $0.contains(thing) } }
}

extension FaultObservation {
  /// Takes down what the tool said in the end.
  fileprivate mutating func note(_ said: Tool.Output) {
    exitCode = said.status
    let lines = (try? said.events()) ?? []
    guard let result = lines.last(where: { $0["type"] as? String == "result" }) else {
      message = said.complaints
      return
    }
    outcome = result["outcome"] as? String
    message = (result["error"] as? [String: any Sendable])?["message"] as? String ?? ""
  }
}
