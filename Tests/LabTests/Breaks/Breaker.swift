import Preflight
import Testing
import Trials

@testable import Lab

/// Makes a break, sees the finding, ignores it, and puts everything back.
struct Breaker: Sendable {
  struct Seen {
    var isFound: Bool
    /// Findings that nothing in the break explains.
    var alarms: Int
  }

  let bench: Bench
  private var lab: Lab { bench.lab }
  private var tool: Tool { Tool(lab: lab) }

  /// How many findings there are although nothing is broken.
  func expectWhole() async throws -> Int {
    let answer = try await tool.check("web")
    #expect(answer.status == 0 && answer.verdict == "ready", "\(answer.text)")
    #expect(answer.findings.isEmpty)
    return answer.findings.count
  }

  /// Prints one line of what was seen.
  func show(_ broken: Break) async throws -> Seen {
    try await healing(broken) {
      if case .made(let guest, let runs) = broken.guest {
        try await lab.define(guest, on: bench.one)
        if runs { try await lab.start(guest, on: bench.one) }
      }
      return try await lab.withFaults(broken.faults) {
        try await healing(broken.heal) {
          for step in broken.make { try await bench.take(step) }
          let finding = try await look(broken)
          let words = try await ignore(broken)
          print("\(broken.rule): \(broken.what): \(finding.severity); \(words)")
          return finding.seen
        }
      }
    }
  }

  /// Runs `steps` after `body`, also when that fails.
  private func healing<Result: Sendable>(_ steps: [Step], _ body: () async throws -> Result) async throws -> Result {
    let done = await outcome(of: body)
    let undone = await outcome(of: { for step in steps { try await bench.take(step) } })
    let result = try done.get()
    try undone.get()
    return result
  }

  /// The guest is back where it was after `body`, also when that fails.
  private func healing<Result: Sendable>(
    _ broken: Break, _ body: () async throws -> Result
  ) async throws -> Result {
    let done = await outcome(of: body)
    let undone = await outcome(of: { try await bringBack(broken) })
    let result = try done.get()
    try undone.get()
    return result
  }

  private func outcome<Result: Sendable>(
    of body: () async throws -> Result
  ) async -> Swift.Result<Result, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  private func bringBack(_ broken: Break) async throws {
    let guest = specification(broken.guest)
    if case .made = broken.guest {
      for host in lab.hosts {
        try await lab.virsh(on: host, ["destroy", guest.id])
        try await lab.virsh(on: host, ["undefine", guest.id])
      }
      return
    }
    guard try await lab.virsh(on: bench.one, ["domstate", guest.id]).text != "running" else { return }
    let back = ["migrate", "--live", "--persistent", "--undefinesource", guest.id, bench.one.uri]
    try await lab.virsh(on: bench.two, back).check("bring \(guest.name) back", host: bench.two.name)
  }

  private func specification(_ guest: Break.Guest) -> GuestSpecification {
    switch guest {
    case .web: bench.web
    case .local: bench.local
    case .made(let guest, _): guest
    }
  }

  private func look(_ broken: Break) async throws -> (severity: String, seen: Seen) {
    let guest = specification(broken.guest)
    let answer = try await tool.check(guest.name, broken.options)
    let own = answer.findings.filter { $0.rule == broken.rule }
    let others = answer.findings.filter { $0.rule != broken.rule && !broken.along.contains($0.rule) }
    #expect(others.isEmpty, "false alarms with \(broken.rule): \(others)")
    let finding = own.first { $0.severity == broken.severity && broken.subject ?? $0.subject == $0.subject }
    guard let finding else {
      Issue.record("\(broken.rule) (\(broken.what)) was not found: \(answer.text) \(answer.complaints)")
      return (own.first?.severity ?? "nothing", Seen(isFound: false, alarms: others.count))
    }
    for (value, part) in [(finding.source, broken.source), (finding.destination, broken.destination)] {
      #expect(!value.isEmpty && (part.isEmpty || value.contains(part)), "\(finding)")
    }
    #expect(!finding.remedy.isEmpty || broken.severity == "info", "\(finding)")
    if broken.along.isEmpty { #expect(answer.verdict == verdict(of: finding), "\(answer.text)") }
    return (finding.severity, Seen(isFound: true, alarms: others.count))
  }

  private func verdict(of finding: CheckAnswer.Finding) -> String {
    switch finding.severity {
    case "blocker": "blocked"
    case "unknown" where catalogue.first { $0.id == finding.rule }?.weight == .blocker: "inconclusive"
    case "unknown", "warning": "warnings"
    default: "ready"
    }
  }

  /// What libvirt does, in words for a person.
  private func ignore(_ broken: Break) async throws -> String {
    let guest = specification(broken.guest)
    switch broken.outcome {
    case .refuses(let words):
      let moved = try await move(guest, broken)
      #expect(moved.status == 1 && moved.text.contains(words), "\(broken.rule): \(moved.text) \(moved.complaints)")
      let state = try await lab.virsh(on: bench.one, ["domstate", guest.id]).text
      #expect(state == "running", "\(broken.rule)")
      return "libvirt refuses: \(reason(in: moved))"
    case .moves(let words, let looks):
      let moved = try await move(guest, broken)
      #expect(moved.status == 0, "\(broken.rule): \(moved.text) \(moved.complaints)")
      let state = try await lab.virsh(on: bench.two, ["domstate", guest.id]).text
      #expect(state == "running", "\(broken.rule)")
      try await expect(looks, broken)
      return "the guest moves: \(words)"
    case .doesNotStart(let words):
      let moved = try await move(guest, broken)
      #expect(moved.status == 0, "\(broken.rule): \(moved.text) \(moved.complaints)")
      let started = try await lab.virsh(on: bench.two, ["start", guest.id])
      #expect(!started.isSuccess && started.errorOutput.contains(words), "\(broken.rule): \(started)")
      return "the definition moves, and does not start: \(started.errorOutput.trimmed)"
    case .shows(let words, let looks):
      try await expect(looks, broken)
      return words
    case .untried(let reason): return "not tried: \(reason)"
    }
  }

  private func move(_ guest: GuestSpecification, _ broken: Break) async throws -> Tool.Output {
    let allowed = ([broken.rule] + broken.along.sorted()).flatMap { ["--allow", $0] }
    return try await tool.run(
      ["-c", "host1", guest.name, "host2", "--output", "json"] + broken.options + allowed)
  }

  private func reason(in moved: Tool.Output) -> String {
    let error = (try? moved.document())?["error"] as? [String: any Sendable]
    return error?["message"] as? String ?? "?"
  }

  private func expect(_ looks: [Look], _ broken: Break) async throws {
    for look in looks {
      let result = try await bench.see(look.step)
      #expect(
        (result.output + result.errorOutput).contains(look.says) || look.says.isEmpty,
        "\(broken.rule): \(look) \(result)")
    }
  }

  /// The lab's hosts by qemu+ssh, through the ssh program with the lab's keys.
  func writeSSHConfiguration() async throws {
    let wrapper = "\(lab.plan.directory)/ssh"
    try Files.write("#!/bin/sh\nexec ssh -F \(lab.sshConfigPath) \"$@\"\n", to: wrapper, mode: 0o755)
    let hosts = lab.hosts.map { host in
      "  - {name: \(host.name), uri: \"\(host.sshURI)?command=\(wrapper)\", ssh: \(host.name)}\n"
    }
    let text = "ssh_config: \(lab.sshConfigPath)\nhosts:\n\(hosts.joined())"
    try Files.write(text, to: "\(lab.plan.directory)/by-ssh.yaml")
  }
}
