import Foundation
import Lab
import Libvirt
import Subprocess
import Threads

/// Tries every combination that the tool refuses on a real lab: what the tool says, and what libvirt does without it.
public struct IllegalTrial: Sendable {
  let lab: Lab
  let guest: GuestSpecification

  /// Brings a lab of that name up, tries, and takes it down; `report` is shown every row as it comes.
  public static func run(labName: String, report: (IllegalRow) -> Void) async throws -> IllegalTable {
    try await withLab(LabConfiguration(name: labName)) { lab in
      let guest = GuestSpecification(name: "web", memory: 128, disk: .local(mebibytes: 8))
      let trial = IllegalTrial(lab: lab, guest: guest)
      return try await lab.withCertificates { try await trial.table(report) }
    }
  }

  private func table(_ report: (IllegalRow) -> Void) async throws -> IllegalTable {
    try await restore()
    for each in IllegalCase.controls { try await control(each) }
    let xml = try await lab.virsh(on: source, ["dumpxml", "--inactive", guest.name]).text
    let path = "\(lab.plan.directory)/illegal.xml"
    try Data(xml.utf8).write(to: URL(filePath: path))
    var rows: [IllegalRow] = []
    for each in IllegalCase.all(IllegalPlace(destination: destination.address, xmlPath: path, xml: xml)) {
      let row = try await row(each)
      report(row)
      rows.append(row)
    }
    let versions = try await lab.virsh(on: source, ["version", "--daemon"]).text
    return IllegalTable(rows: rows, versions: versions)
  }

  private var source: LabHost { lab.hosts[0] }
  private var destination: LabHost { lab.hosts[1] }

  private func control(_ each: IllegalCase) async throws {
    guard let call = each.call else { return }
    let refused = try await outcome(of: call)
    let left = try await restore()
    guard refused == nil, left == .moved else { throw ControlFailed(name: each.name, outcome: refused ?? "\(left)") }
  }

  private func row(_ each: IllegalCase) async throws -> IllegalRow {
    let name = anonymous(each.name)
    var row = IllegalRow(name: name, refusal: try await refusal(of: each))
    if let call = each.call {
      let refused = try await outcome(of: call)
      let left = try await restore()
      let hasMoved = refused == nil && left == .moved
      row.libvirt = anonymous(refused ?? (hasMoved ? "**moves the guest all the same**" : "**takes it all the same**"))
      if left != .asBefore, !hasMoved { row.libvirt += "; then \(left)" }
    }
    return row
  }

  /// The tool is given hosts that nobody can connect to: whatever it answers, it answers without them.
  private func refusal(of each: IllegalCase) async throws -> IllegalRow.Refusal? {
    guard let words = each.words else { return nil }
    let nowhere = "qemu+tcp://127.0.0.1:1/system"
    let hosts = each.needsHosts ? ("host1", "host2") : (nowhere, nowhere)
    let configuration = each.needsHosts ? lab.configurationPath : "/dev/null"
    let arguments =
      ["-c", hosts.0, guest.name, hosts.1] + words + ["--output", "json", "--config", configuration]
    let tool = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "migrate").path()
    let result = try await Subprocess.run(
      .path(.init(tool)), arguments: Arguments(arguments), input: .none, output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    guard case .exited(let status) = result.terminationStatus else {
      return IllegalRow.Refusal(status: -1, layer: "", message: "\(result.terminationStatus)")
    }
    return IllegalRow.Refusal(
      status: status, document: result.standardOutput, complaints: result.standardError, anonymous)
  }

  /// Why libvirt does not do it, given the flags and parameters as they are; nil when it does.
  private func outcome(of call: IllegalCase.Call) async throws -> String? {
    let (guest, host, here, there) = (guest.id, destination.uri, source.uri, destination.uri)
    do {
      try await blocking(within: .seconds(60), orThrow: { Hang() }) {
        let domain = try Connection.open(here).domain(uuid: guest)
        switch call.lead {
        case .client: _ = try domain.migrate(to: try Connection.open(there), call.flags, call.parameters)
        case .source: try domain.migrate(toURI: host, call.flags, call.parameters)
        }
      }
      return nil
    } catch is Hang {
      return "**never answers** (60 s)"
    } catch let error as LibvirtError {
      return "“\(error.message.split(whereSeparator: \.isNewline).joined(separator: " "))” (\(error.code.rawValue))"
    }
  }

  private struct Hang: Error {}

  /// Addresses differ from lab to lab.
  private func anonymous(_ text: String) -> String {
    text.replacing("\(lab.plan.directory)/illegal.xml", with: "FILE").replacing(destination.address, with: "ADDRESS")
      .replacing(source.address, with: "SOURCE").replacing(guest.id, with: "UUID")
  }
}

/// What is legal did not work, so that nothing can be told of what is not.
private struct ControlFailed: Error, CustomStringConvertible {
  var name, outcome: String
  var description: String { "the move with \(name), which is legal, did not come about: \(outcome)" }
}

/// What a case left behind.
private struct Aftermath: Equatable, CustomStringConvertible {
  /// Daemons that did not answer any more.
  var gone: [String] = []
  /// libvirt's words; nil where the guest is not known.
  var source, destination: String?

  static let asBefore = Aftermath(source: "running")
  static let moved = Aftermath(destination: "running")

  var description: String {
    (gone.map { "**libvirtd of the \($0) is gone**" }
      + ["the guest is \(source ?? "unknown") at the source and \(destination ?? "unknown") at the destination"])
      .joined(separator: ", ")
  }
}

extension IllegalTrial {
  /// Brings guest and daemons back to where each case begins, and says what had become of them.
  @discardableResult
  private func restore() async throws -> Aftermath {
    var left = Aftermath()
    for host in lab.hosts where !(await answers(host)) {
      left.gone.append(host == source ? "source" : "destination")
      // Killed where it only hangs, and started again.
      try await lab.withFault(.libvirtdKilled(on: host)) {}
    }
    left.source = try await state(on: source)
    left.destination = try await state(on: destination)
    if (left.source, left.destination) != ("running", nil) { try await remake() }
    return left
  }

  private func remake() async throws {
    for host in lab.hosts {
      _ = try await lab.virsh(on: host, ["destroy", guest.id])
      _ = try await lab.virsh(on: host, ["undefine", guest.id])
    }
    try Data(count: 8 << 20).write(to: URL(filePath: "\(destination.localDirectory)/\(guest.id).img"))
    try await lab.define(guest, on: source)
    try await lab.start(guest, on: source)
  }

  /// libvirt's words for the guest's state; nil where the host does not know it.
  private func state(on host: LabHost) async throws -> String? {
    let answer = try await lab.virsh(on: host, ["domstate", guest.id])
    return answer.isSuccess ? answer.text : nil
  }

  private func answers(_ host: LabHost) async -> Bool {
    let uri = host.uri
    let names = try? await blocking(within: .seconds(20), orThrow: { Hang() }) {
      try Connection.open(uri).domains().map(\.name)
    }
    return names != nil
  }
}
