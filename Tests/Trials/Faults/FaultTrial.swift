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
  static let patience = Duration.seconds(90)
  /// How long the tool may take; one that takes longer is killed, and that is a finding.
  static let toolLimit = Duration.seconds(150)

  /// Throws LabError when the guest cannot be made, or nothing be said of its move.
  func run() async throws -> (row: FaultRow, isClean: Bool) {
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
      try await recover(guest, &seen)
      try await settle(guest, &seen)
      // A TCP connection that was silent for minutes is tried again as much later.
      if seen.recovery?.said.hasPrefix("wait") == true {
        try await recover(guest, &seen)
        try await settle(guest, &seen)
      }
      if seen.home != nil { seen.keeper = try? await keeper.checkEverything(within: .seconds(30)) }
      seen.leftovers = try await lab.leftovers()
      seen.openEntries = try await openEntries()
    } catch {
      _ = try? await watch.stop()
      try? await remove(guest)
      throw error
    }
    seen.seconds = (ContinuousClock.now - start).seconds
    seen.watch = try await watch.stop()
    let isClean = (try? await remove(guest)) != nil
    return (FaultRow(seen), isClean)
  }

  /// The transfer takes 2 to 3 s and the last pass some tenths of a second, or post-copy some seconds. It is peer-to-peer:
  /// in a plain move libvirt ends the destination's QEMU with the tool, whatever memory it holds.
  private var arguments: [String] {
    let shared = [
      "-c", source.name, "keeper", destination.name, "--bandwidth", "24", "--verbose", "--output", "jsonl",
    ]
    switch cell.mode {
    case .plain, .p2p, .tunnelled: return shared + ["--mode", cell.mode.rawValue, "--max-downtime", "1000"]
    case .strict: return shared + ["--mode", "p2p", "--max-downtime", "1000", "--strict-handover"]
    case .postcopy:
      let switching = ["--deadline", "3", "--on-stall", "postcopy", "--max-downtime", "20"]
      return shared + ["--mode", "p2p", "--postcopy", "--postcopy-bandwidth", "4"] + switching
    }
  }

  private func move(_ guest: GuestSpecification, _ seen: inout FaultObservation) async throws {
    let breaking = try await Breaking(cell, of: guest, in: lab, from: source, to: destination)
    let isReached = Mutex(false)
    let postcopyCameFirst = Mutex(false)
    let said = try await Tool(lab: lab).run(arguments, within: Self.toolLimit) { text, running in
      let line = try Tool.object(text)
      if line["action"] as? String == "postcopy", !isReached.withLock({ $0 }) {
        postcopyCameFirst.withLock { $0 = true }
      }
      guard cell.moment.isReached(by: line) else { return }
      let isFirst = isReached.withLock { reached in
        defer { reached = true }
        return !reached
      }
      if isFirst { try await breaking.fire(running) }
    }
    seen.isReached = isReached.withLock { $0 }
    seen.postcopyCameFirst = postcopyCameFirst.withLock { $0 }
    seen.isHung = said.wasEnded
    seen.note(said)
    if seen.isReached { try await breaking.heal() }
    seen.cameTooLate = breaking.cameTooLate
  }

  /// Runs what the tool named, or what one runs after a tool that was killed; again while it says that it must wait.
  private func recover(_ guest: GuestSpecification, _ seen: inout FaultObservation) async throws {
    guard seen.isReached, seen.exitCode == 4 || seen.outcome == nil else { return }
    let words = ["recover", "keeper", source.name, destination.name, "--yes", "--output", "json"]
    var last: (String, Int32, String)?
    seen.recovery = try await eventually(within: Self.patience, every: .seconds(1)) {
      let said = try await Tool(lab: lab).run(words, within: Self.toolLimit)
      guard let document = try? said.document() else { return ("recover", said.status, said.complaints) }
      let hosts = ["source", "destination"].compactMap {
        (document[$0] as? [String: any Sendable])?["guest"] as? String
      }
      let told =
        (["action", "because", "error"].compactMap { document[$0] as? String } + (said.status == 0 ? [] : hosts))
        .joined(separator: ": ")
      last = ("recover", said.status, told)
      return document["action"] as? String == "wait" ? nil : last
    }
    seen.recovery = seen.recovery ?? last
  }

  private func openEntries() async throws -> Int? {
    guard FileManager.default.fileExists(atPath: Tool(lab: lab).journal) else { return nil }
    let said = try await Tool(lab: lab).run("status", "--output", "json")
    guard said.status == 0 else { throw Tool.Unreadable(description: "status: \(said.complaints)") }
    return (try said.document()["moves"] as? [any Sendable])?.count
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
      let quiet = ContinuousClock.now - since
      let isSettled = seen.home != nil ? quiet >= .seconds(1) : seen.isLost && quiet >= .seconds(10)
      guard ContinuousClock.now < deadline, !isSettled else { return }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// A daemon that is gone although it was healed has crashed: that is told, and the cell goes on with another.
  private func reviveDaemons(_ seen: inout FaultObservation) async throws {
    for host in [source, destination] where try await !lab.run(on: host, ["pidof", "libvirtd"]).isSuccess {
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
      host: name, machines: try lab.qemuProcesses(on: host).count { $0.guest == guest.id },
      state: text.hasPrefix("running") && !text.contains("post-copy") ? "running" : text,
      isDefined: info.contains(/Persistent: +yes/))
  }

  /// Takes away whatever the cell left, so that the next one starts clean; throws LabError when that cannot be done.
  private func remove(_ guest: GuestSpecification) async throws {
    for host in [source, destination] {
      for process in try lab.qemuProcesses(on: host) where process.guest == guest.id { kill(process.id, SIGKILL) }
      let isAnswering = try await lab.run(on: host, ["timeout", "10", "virsh", "list"]).isSuccess
      if !isAnswering {
        try await lab.make(.libvirtdKilled(on: host))
        try await lab.heal(.libvirtdKilled(on: host))
      }
      try await lab.virsh(on: host, ["destroy", guest.id])
      try await lab.virsh(on: host, ["undefine", guest.id])
      guard try await !lab.virsh(on: host, ["dominfo", guest.id]).isSuccess else {
        throw LabError(.busy, "remove the guest", host: host.name, "libvirt keeps it")
      }
    }
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: Tool(lab: lab).journal + suffix)
    }
  }
}

extension FaultObservation {
  /// Takes down what the tool said.
  fileprivate mutating func note(_ said: Tool.Output) {
    exitCode = said.status
    let lines = (try? said.events()) ?? []
    warnings = lines.filter { $0["type"] as? String == "decision" }.compactMap { $0["because"] as? String }
    // From the source's stop on: between that and the destination's start no phase has begun yet.
    wasInPostcopy = lines.contains { $0["phase"] as? String == "postcopy" || $0["detail"] as? String == "post-copy" }
    guard let result = lines.last(where: { $0["type"] as? String == "result" }) else {
      message = said.complaints
      return
    }
    outcome = result["outcome"] as? String
    message = (result["error"] as? [String: any Sendable])?["message"] as? String ?? ""
  }
}
