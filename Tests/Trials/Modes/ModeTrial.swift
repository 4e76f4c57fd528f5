import Foundation
import Glibc
import Lab

/// Tries one row with a guest of its own.
struct ModeTrial: Sendable {
  let row: ModeRow
  let lab: Lab
  let source: LabHost
  let destination: LabHost

  init(_ row: ModeRow, in lab: Lab) throws {
    (self.row, self.lab) = (row, lab)
    (source, destination) = (try lab.host(1), try lab.host(2))
  }

  func run() async -> ModeOutcome {
    var seen = ModeOutcome(row: row)
    do {
      let guest = try specification()
      try await begin(guest)
      defer { for path in files(of: guest) { try? FileManager.default.removeItem(atPath: path) } }
      do { try await move(guest, &seen) } catch { seen.complaints.append("\(error)") }
      try await remove(guest)
      seen.complaints += try await lab.leftovers().filter { !$0.contains("the file") }.map { "left over: \($0)" }
    } catch { seen.complaints.append("\(error)") }
    return seen
  }

  private func specification() throws -> GuestSpecification {
    let address = lab.plan.guestAddress(1)
    var guest = GuestSpecification(
      name: "keeper", memory: 192, address: address, keeper: .init(mebibytes: 24, mebibytesPerSecond: 8))
    switch row.disk {
    case .none: break
    case .local, .localAndShared: guest.disk = .local(mebibytes: 16)
    case .chain, .chainOverKnownBase: guest.disk = .localChain(mebibytes: 16)
    }
    if case .localAndShared = row.disk {
      guest.devices.append(
        "<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>"
          + "<source file='\(LabPlan.sharedPath)/\(guest.id)-b.img'/><target dev='vdb' bus='virtio'/></disk>")
    }
    return guest
  }

  /// Brings the guest into the state that the row wants before the move.
  private func begin(_ guest: GuestSpecification) async throws {
    if case .localAndShared = row.disk {
      try Data(count: 1 << 20).write(to: URL(filePath: "\(lab.plan.sharedDirectory)/\(guest.id)-b.img"))
    }
    switch row.guest {
    case .transient: try await lab.create(guest, on: source)
    default: try await lab.define(guest, on: source)
    }
    try write(into: guest)
    if case .chainOverKnownBase = row.disk {
      let base = "\(guest.id)-base.qcow2"
      try FileManager.default.copyItem(
        atPath: "\(source.localDirectory)/\(base)", toPath: "\(destination.localDirectory)/\(base)")
    }
    if row.guest == .shutOff { return }
    if row.guest != .transient { try await lab.start(guest, on: source) }
    _ = try await KeeperClient(address: lab.plan.guestAddress(1)).ask(within: .seconds(90))
    if case .paused = row.guest { try await lab.virsh(on: source, ["suspend", guest.id]).check("suspend the guest") }
  }

  /// Contents by which a copy of a raw disk is known.
  private func write(into guest: GuestSpecification) throws {
    guard case .local = guest.disk, let file = FileHandle(forUpdatingAtPath: disk(of: guest, on: source)) else {
      return
    }
    defer { try? file.close() }
    try file.write(contentsOf: Data((0..<(1 << 20)).map { _ in UInt8.random(in: 0...255) }))
  }

  private func disk(of guest: GuestSpecification, on host: LabHost) -> String {
    let name = (guest.diskPath ?? "").split(separator: "/").last ?? ""
    return "\(host.localDirectory)/\(name)"
  }

  private func files(of guest: GuestSpecification) -> [String] {
    let local = [source, destination].flatMap { host in
      [disk(of: guest, on: host), "\(host.localDirectory)/\(guest.id)-base.qcow2"]
    }
    return (guest.diskPath == nil ? [] : local) + ["\(lab.plan.sharedDirectory)/\(guest.id)-b.img"]
  }

  private func move(_ guest: GuestSpecification, _ seen: inout ModeOutcome) async throws {
    let keeper = KeeperClient(address: lab.plan.guestAddress(1))
    let isWatched = [.persistent, .transient].contains(row.guest)
    let watch = isWatched ? try KeeperWatch(address: keeper.address) : nil
    let before = isWatched ? try await keeper.ask() : nil
    let start = ContinuousClock.now
    let said = try await runTool(guest)
    seen.seconds = (ContinuousClock.now - start).seconds
    try seen.note(said)
    if let refusal = row.refusal {
      if said.status == 0 || !seen.message.contains(refusal) {
        seen.complaints.append("not refused with “\(refusal)”: \(said.status) \(seen.message)")
      }
    } else {
      if said.status != 0 { seen.complaints.append("exit code \(said.status): \(seen.message)") }
      try await look(guest, &seen)
      if said.status == 0 { try compareDisks(of: guest, &seen) }
    }
    if seen.complaints.isEmpty, row.refusal == nil { try await checkMemory(guest, before, &seen) }
    if let watch { seen.complaints += try await watch.stop().complaints }
  }

  private func runTool(_ guest: GuestSpecification) async throws -> Tool.Output {
    let place = try TransportPlace(row.transport, in: lab, from: source, to: destination)
    var arguments = place.arguments(moving: "keeper") + row.arguments + ["--output", "jsonl"]
    if row.changesXML {
      let path = "\(lab.plan.directory)/changed.xml"
      let xml = try await lab.virsh(on: source, ["dumpxml", "--migratable", guest.id]).output
      try Data(xml.replacing("-console.log", with: "-moved.log").utf8).write(to: URL(filePath: path))
      arguments += ["--xml", path]
    }
    return try await Tool(lab: lab).run(arguments, within: .seconds(120), entering: place.entering)
  }

  private func look(_ guest: GuestSpecification, _ seen: inout ModeOutcome) async throws {
    let wanted = row.expectation
    let state = try await lab.virsh(on: destination, ["domstate", guest.id]).text
    if state != wanted.state { seen.complaints.append("on the destination it is \(state), not \(wanted.state)") }
    let name = try await lab.virsh(on: destination, ["domname", guest.id]).text
    if name != wanted.name { seen.complaints.append("on the destination its name is \(name), not \(wanted.name)") }
    let there = try lab.qemuProcesses(on: source).contains { $0.guest == guest.id }
    if there != wanted.runsOnSource { seen.complaints.append("a QEMU \(there ? "is" : "is not") left on the source") }
    for (host, isWanted) in [(source, wanted.isDefinedOnSource), (destination, wanted.isDefinedOnDestination)] {
      let isDefined = try await lab.virsh(on: host, ["dominfo", guest.id]).output.contains(/Persistent: +yes/)
      if isDefined != isWanted { seen.complaints.append("\(isDefined ? "" : "not ")defined on \(host.name)") }
      seen.definedOn += isDefined ? [host.name] : []
    }
    seen.state = state
  }

  private func compareDisks(of guest: GuestSpecification, _ seen: inout ModeOutcome) throws {
    guard case .local = guest.disk else { return }
    let (here, there) = (disk(of: guest, on: source), disk(of: guest, on: destination))
    guard FileManager.default.contentsEqual(atPath: here, andPath: there) else {
      return seen.complaints.append("the disk there is not the one that was here")
    }
  }

  /// A guest that was left paused is resumed first.
  private func checkMemory(_ guest: GuestSpecification, _ before: KeeperReport?, _ seen: inout ModeOutcome) async throws
  {
    guard row.guest != .shutOff else { return }
    if row.expectation.state == "paused" {
      try await lab.virsh(on: destination, ["resume", guest.id]).check("resume the guest")
    }
    let after = try await KeeperClient(address: lab.plan.guestAddress(1)).checkEverything(within: .seconds(60))
    if after.errors > 0 { seen.complaints.append("\(after.errors) checks of its memory failed") }
    if let before, before.bootID != after.bootID { seen.complaints.append("the guest started anew") }
    seen.isMemoryChecked = true
  }

  private func remove(_ guest: GuestSpecification) async throws {
    for host in [source, destination] {
      try await lab.virsh(on: host, ["destroy", guest.id])
      try await lab.virsh(on: host, ["undefine", guest.id])
      for process in try lab.qemuProcesses(on: host) where process.guest == guest.id { kill(process.id, SIGKILL) }
    }
    // What a row left open must not keep the next guest, which has the same name, from moving.
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: Tool(lab: lab).journal + suffix) }
  }
}

/// How the tool is told where the hosts are.
private struct TransportPlace {
  var source: String
  var destination: String
  var options: [String]
  var entering: [String] = []

  init(_ transport: ModeRow.Transport, in lab: Lab, from source: LabHost, to destination: LabHost) throws {
    (self.source, self.destination, options) = (source.name, destination.name, [])
    switch transport {
    case .tcp: break
    case .tls: options = ["--config", try Self.configuration(transport, of: lab) { $0.tlsURI }]
    case .libssh: options = ["--config", try Self.configuration(transport, of: lab) { $0.libsshURI }]
    case .ssh:
      let wrapper = "\(lab.plan.directory)/ssh"
      try Data("#!/bin/sh\nexec ssh -F \(lab.sshConfigPath) \"$@\"\n".utf8).write(to: URL(filePath: wrapper))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
      options = ["--config", try Self.configuration(transport, of: lab) { "\($0.sshURI)?command=\(wrapper)" }]
    case .local:
      self.source = "qemu:///system"
      let process = try String(contentsOfFile: "\(source.stateDirectory)/process", encoding: .utf8)
      let first = process.split(separator: " ").first.map(String.init) ?? ""
      entering = ["nsenter", "--target", first, "--mount", "--uts", "--net", "--pid", "--"]
    }
  }

  func arguments(moving guest: String) -> [String] { ["-c", source, guest, destination] + options }

  private static func configuration(
    _ transport: ModeRow.Transport, of lab: Lab, uri: (LabHost) -> String
  ) throws -> String {
    let hosts = lab.hosts.map { "  - {name: \($0.name), uri: \"\(uri($0))\", ssh: \($0.name)}\n" }
    let path = "\(lab.plan.directory)/by-\(transport.rawValue.split(separator: "+").last ?? "").yaml"
    try Data("ssh_config: \(lab.sshConfigPath)\nhosts:\n\(hosts.joined())".utf8).write(to: URL(filePath: path))
    return path
  }
}
