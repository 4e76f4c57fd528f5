import Testing
import Trials

@testable import Lab

/// `migrate --check` against real hosts, whole and broken.
@Suite(.serialized) struct CheckLabTests {
  @Test func everyReasonComesWithBothValuesAndARemedy() async throws {
    try await withTestLab("check") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)

      let whole = try await tool.check("web")
      #expect(whole.status == 0, "\(whole.text)")
      #expect(["ready", "warnings"].contains(whole.verdict))
      #expect(whole.passed.isSuperset(of: ["storage.identity", "network.bridge", "clock.skew", "uri.resolves"]))

      try await lab.withFault(.bridgeMissing(on: two)) {
        try await expectBlock(tool, "network.bridge", subject: "br0", source: "up", destination: "absent")
      }
      try await lab.withFault(.hostUUID(of: one, on: two)) {
        try await expectBlock(tool, "host.identity")
        try await expectRefusal(tool, lab, says: "same host")
      }
      let healed = try await tool.check("web")
      #expect(healed.status == 0, "\(healed.text)")
    }
  }

  /// A directory of the same name that is another storage: empty, and then with an image that looks the same.
  @Test func theSamePathOnOtherStorageIsFound() async throws {
    try await withTestLab("storage") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)
      let image = try #require(guest.diskPath)

      let shadow = Fault.shadowed(path: LabPlan.sharedPath, by: LabPlan.localPath, on: two)
      try await lab.withFault(shadow) {
        try await expectBlock(tool, "storage.present", subject: image, destination: "absent")
        try await lab.require(on: two, ["truncate", "-s", "8M", image], to: "make a look-alike")
        try await expectBlock(tool, "storage.identity", subject: image)
      }
      let left = try await lab.run(on: one, ["find", LabPlan.sharedPath, "-name", ".migrate-*"])
      #expect(left.text == "", "a nonce file was left behind")
    }
  }

  @Test func aNetworkOrAPoolThatIsDownIsFound() async throws {
    try await withTestLab("network") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8), connection: .network("guests"))
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)
      let tool = Tool(lab: lab)
      let whole = try await tool.check("web")
      #expect(whole.status == 0, "\(whole.text)")
      #expect(whole.passed.isSuperset(of: ["network.libvirt", "network.bridge", "storage.pool"]))

      try await lab.withFault(.bridgeMissing(on: two)) { try await expectBlock(tool, "network.bridge", subject: "br0") }

      try await lab.virsh(on: two, ["net-destroy", "guests"]).check("stop the network")
      try await lab.virsh(on: two, ["pool-destroy", "shared"]).check("stop the pool")
      try await expectBlock(tool, "network.libvirt", subject: "guests", source: "active", destination: "inactive")
      let pool = try #require(try await tool.check("web").findings.first { $0.rule == "storage.pool" })
      #expect(pool.severity == "warning" && pool.subject == "shared")

      // Without the check libvirt refuses too, and the guest stays.
      let moved = try await tool.run("-c", "host1", "web", "host2", "--skip-check", "--output", "json")
      #expect(moved.status == 1, "\(moved.text)")
      #expect(moved.text.contains("network 'guests' is not active"), "\(moved.text)")
      #expect(try await lab.virsh(on: one, ["domstate", "web"]).text == "running")
    }
  }

  @Test func namesAreCarriedLiterallyThroughEveryProbe() async throws {
    try await withTestLab("names") { lab in
      let tool = Tool(lab: lab)
      let bridge = "b$(x)'\"é"
      for host in lab.hosts {
        try await lab.require(on: host, ["ip", "link", "add", bridge, "type", "bridge"], to: "make a bridge")
        try await lab.require(on: host, ["ip", "link", "set", bridge, "up"], to: "start it")
      }
      let name = "we b'1\"$(id>injected)`id`<&é"
      let guest = GuestSpecification(name: name, disk: .shared(mebibytes: 8), connection: .bridge(bridge))
      try await lab.define(guest, on: try lab.host(1))
      try await lab.start(guest, on: try lab.host(1))

      let whole = try await tool.check(name)
      #expect(whole.status == 0, "\(whole.text) \(whole.complaints)")
      #expect(whole.passed.isSuperset(of: ["storage.identity", "network.bridge", "version.qemu"]))

      try await lab.require(on: try lab.host(2), ["ip", "link", "delete", bridge], to: "remove it")
      let broken = try await tool.check(name)
      #expect(broken.status == 2)
      #expect(broken.findings.first?.rule == "network.bridge")
      #expect(broken.findings.first?.subject == bridge)
      #expect(try await !lab.run(on: try lab.host(1), ["test", "-e", "/root/injected"]).isSuccess)
    }
  }

  @Test func aHostWhoseShellCannotBeTrustedOrReachedIsInconclusive() async throws {
    try await withTestLab("shell") { lab in
      let two = try lab.host(2)
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web")
      try await lab.define(guest, on: try lab.host(1))
      try await lab.start(guest, on: try lab.host(1))

      try await lab.withFault(.hostKeyUnexpected(of: two)) {
        let changed = try await tool.check("web")
        #expect(changed.status == 3)
        #expect(changed.verdict == "inconclusive")
        #expect(changed.findings.contains { $0.message.contains("SHA256:") }, "\(changed.text)")
      }
      try await lab.withFault(.sshdStopped(on: two)) {
        let dead = try await tool.check("web")
        #expect(dead.status == 3)
        #expect(dead.findings.contains { $0.message.contains("host2") && $0.severity == "unknown" })
      }
    }
  }

  /// What the shell of another host sees proves nothing.
  @Test func aShellOfAnotherHostIsNotBelieved() async throws {
    try await withTestLab("elsewhere") { lab in
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: try lab.host(1))
      try await lab.start(guest, on: try lab.host(1))
      let answer = try await Tool(lab: lab).check("web", "--dest-ssh", "host1")
      #expect(answer.status == 3, "\(answer.text)")
      #expect(answer.findings.contains { $0.message.contains("the shell is on host1, and libvirt on host2") })
    }
  }

  @Test func withoutWriteProbesSharedStorageStaysUnproved() async throws {
    try await withTestLab("nowrite") { lab in
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: try lab.host(1))
      try await lab.start(guest, on: try lab.host(1))
      let answer = try await Tool(lab: lab).check("web", "--no-write-probes")
      #expect(answer.status == 3)
      let finding = try #require(answer.findings.first { $0.rule == "storage.identity" })
      #expect(finding.severity == "unknown")
      #expect(finding.message.contains("--no-write-probes"))
      let allowed = try await Tool(lab: lab).check("web", "--no-write-probes", "--allow", "storage.identity")
      #expect(allowed.status == 0)
    }
  }

  /// Each alone fits into the destination's memory; together they do not.
  @Test func guestsOfOneCommandShareTheDestinationsMemory() async throws {
    try await withTestLab("memory") { lab in
      let meminfo = try Files.read("/proc/meminfo").split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
      let kibibytes = try #require(meminfo?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
      for name in ["first", "second"] {
        let guest = GuestSpecification(name: name, memory: kibibytes / 1024 * 6 / 10)
        try await lab.define(guest, on: try lab.host(1))
        try await lab.start(guest, on: try lab.host(1))
      }
      let output = try await Tool(lab: lab).run(
        "-c", "host1", "--check", "first", "second", "host2", "--output", "jsonl")
      #expect(output.status == 2, "\(output.text) \(output.complaints)")
      let documents = try output.events()
      let verdicts = documents.map { $0["verdict"] as? String ?? "" }
      // How busy this machine is decides whether the first is warned about.
      #expect(["ready", "warnings"].contains(verdicts.first) && verdicts.last == "blocked", "\(output.text)")
      let findings = try #require(documents.last?["findings"] as? [[String: any Sendable]])
      #expect(findings.first?["rule"] as? String == "memory.free")
    }
  }

  /// sshd logs every command that it is asked to run.
  @Test func aHostIsAskedThroughOneExecRequest() async throws {
    try await withTestLab("execs") { lab in
      let tool = Tool(lab: lab)
      for name in ["web", "db"] {
        let guest = GuestSpecification(name: name, disk: .shared(mebibytes: 8))
        try await lab.define(guest, on: try lab.host(1))
        try await lab.start(guest, on: try lab.host(1))
      }
      let before = try await lab.hosts.asyncMap { try execRequests(to: $0) }
      let output = try await tool.run("-c", "host1", "--check", "web", "db", "host2", "--output", "json")
      #expect(output.status == 0, "\(output.text)")
      let after = try await lab.hosts.asyncMap { try execRequests(to: $0) }
      #expect(zip(after, before).map { $0 - $1 } == [1, 1])
    }
  }

  /// From here libvirt's own `ssh` would know neither names nor keys: only the shell's session can carry it. A plain move:
  /// for any other the source tries the destination as well.
  @Test func libvirtTravelsOverTheShellsSession() async throws {
    try await withTestLab("relay") { lab in
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: try lab.host(1))
      try await lab.start(guest, on: try lab.host(1))
      let logIns = try lab.hosts.map { try logged("Accepted publickey", on: $0) }
      let commands = try lab.hosts.map { try execRequests(to: $0) }
      let output = try await Tool(lab: lab).run(
        "-c", try lab.host(1).sshURI, "--check", "web", try lab.host(2).sshURI, "--mode", "plain", "--output", "json")
      #expect(output.status == 0, "\(output.text) \(output.complaints)")
      let newLogIns = try zip(lab.hosts, logIns).map { try logged("Accepted publickey", on: $0) - $1 }
      let newCommands = try zip(lab.hosts, commands).map { try execRequests(to: $0) - $1 }
      #expect(newLogIns == [1, 1])
      #expect(newCommands == [2, 2])
      // A host without the helper is left to libvirt, whose own words then come.
      let missing = try await lab.withFault(
        .shadowed(path: "/usr/bin/virt-ssh-helper", by: "/dev/null", on: try lab.host(2))
      ) {
        try await Tool(lab: lab).run("-c", "host1", "--check", "web", try lab.host(2).sshURI, "--output", "json")
      }
      #expect(missing.status == 1 && missing.complaints.contains("host2"), "\(missing.complaints)")
    }
  }

  private func execRequests(to host: LabHost) throws -> Int { try logged("Starting session: command", on: host) }

  /// sshd ends its lines with CR LF, which is one character.
  private func logged(_ words: String, on host: LabHost) throws -> Int {
    try Files.read("\(host.logDirectory)/sshd.log").split(whereSeparator: \.isNewline).count { $0.contains(words) }
  }

  private func expectBlock(
    _ tool: Tool, _ rule: String, subject: String? = nil, source: String? = nil, destination: String? = nil
  ) async throws {
    let answer = try await tool.check("web")
    #expect(answer.status == 2, "\(rule): \(answer.text)")
    #expect(answer.verdict == "blocked")
    let finding = try #require(answer.findings.first { $0.rule == rule && $0.severity == "blocker" }, "\(answer.text)")
    if let subject { #expect(finding.subject == subject) }
    if let source { #expect(finding.source.contains(source)) }
    if let destination { #expect(finding.destination.contains(destination)) }
    #expect(!finding.source.isEmpty && !finding.destination.isEmpty)
    #expect(!finding.remedy.isEmpty)
  }

  /// With the check skipped, libvirt itself refuses, and the guest stays.
  private func expectRefusal(_ tool: Tool, _ lab: Lab, says words: String) async throws {
    let moved = try await tool.run("-c", "host1", "web", "host2", "--skip-check", "--output", "json")
    #expect(moved.status == 1)
    #expect(moved.text.contains(words), "\(moved.text)")
    #expect(try await lab.virsh(on: try lab.host(1), ["domstate", "web"]).text == "running")
  }
}

/// A `migrate.check/1` document that its schema has accepted.
struct CheckAnswer: Sendable {
  struct Finding: Sendable {
    var rule, severity, subject, source, destination, message: String
    var remedy: [String]
  }
  var status: Int32
  var text: String
  var complaints: String
  var verdict: String
  var findings: [Finding]
  var passed: Set<String>
}

extension Tool {
  /// `migrate --check` from host1 to host2 as JSON, held against the published schema.
  func check(_ domain: String, _ more: String...) async throws -> CheckAnswer { try await check(domain, more) }

  func check(_ domain: String, _ more: [String]) async throws -> CheckAnswer {
    let output = try await run(["-c", "host1", "--check", domain, "host2", "--output", "json"] + more)
    try await validate(output.text, schema: "migrate.check-1.json")
    let document = try output.document()
    let findings = try #require(document["findings"] as? [[String: any Sendable]])
    return CheckAnswer(
      status: output.status, text: output.text, complaints: output.complaints,
      verdict: try #require(document["verdict"] as? String), findings: findings.map(CheckAnswer.Finding.init),
      passed: Set(document["passed"] as? [String] ?? []))
  }
}

extension CheckAnswer.Finding {
  init(_ object: [String: any Sendable]) {
    func text(_ key: String) -> String { object[key] as? String ?? "" }
    self.init(
      rule: text("rule"), severity: text("severity"), subject: text("subject"), source: text("source"),
      destination: text("destination"), message: text("message"), remedy: object["remedy"] as? [String] ?? [])
  }
}
