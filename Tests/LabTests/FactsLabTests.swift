import Foundation
import Testing
import Trials

@testable import Lab

/// Facts that are kept, compared and asked of all hosts, with real ones.
@Suite(.serialized) struct FactsLabTests {
  private func directory() throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "migrate-\(UUID().uuidString)").path()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Rules whose findings come and go with what else this machine does.
  private func withoutLoad(_ findings: [CheckAnswer.Finding]) -> [String] {
    findings.filter { $0.rule != "plan.headroom" }.map { "\($0.rule) \($0.severity) \($0.subject)" }
  }

  @Test func savedFactsSayWhatTheHostsSaidAndThenWhatChanged() async throws {
    let place = try directory()
    defer { try? FileManager.default.removeItem(atPath: place) }
    let facts = "\(place)/facts.json"
    try await withTestLab("facts") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)

      let live = try await tool.check("web", "--save-facts", facts)
      #expect(live.status == 0, "\(live.text)")
      let replayed = try await tool.check("web", "--source-facts", facts, "--dest-facts", facts)
      #expect(replayed.status == live.status && replayed.passed == live.passed)
      #expect(withoutLoad(replayed.findings) == withoutLoad(live.findings))

      let mixed = try await tool.check("web", "--source-facts", facts)
      #expect(mixed.status == 3 && !mixed.passed.contains("storage.identity"), "\(mixed.text)")
      #expect(mixed.findings.contains { $0.rule == "clock.skew" && $0.message.contains("not looked at together") })

      try await lab.withFault(.mtu(of: "br0", 1280, on: two)) {
        let since = try await tool.check("web", "--since", facts)
        #expect(since.status == 2, "\(since.text)")
        #expect(withoutLoad(since.findings) == ["network.mtu blocker br0"])
        let document = try #require(try Tool.object(since.text)["since"] as? [String: any Sendable])
        #expect(document["verdict"] as? String == live.verdict)
        let changes = try #require(document["changes"] as? [[String: any Sendable]])
        #expect(
          changes.contains { $0["fact"] as? String == "links br0 mtu" && $0["now"] as? String == "1280" }, "\(changes)")
        #expect(changes.allSatisfy { $0["host"] as? String == "host2" }, "\(changes)")
      }
      let stranger = try await tool.run(
        "-c", "host1", "--check", "db", "host2", "--source-facts", facts, "--dest-facts", facts)
      #expect(stranger.status == 1 && stranger.complaints.contains("nothing is known of the domain “db”"))
    }
  }

  /// Three faults that an XML mends, at once; the guest moves with it.
  @Test func anXMLIsWrittenThatLibvirtTakes() async throws {
    let place = try directory()
    defer { try? FileManager.default.removeItem(atPath: place) }
    let xml = "\(place)/dest.xml"
    try await withTestLab("xml") { lab in
      let (one, two) = (try lab.host(1), try lab.host(2))
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(
        name: "web", vcpus: 1, elements: ["<cputune><vcpupin vcpu='0' cpuset='0-1'/></cputune>"],
        devices: ["<graphics type='vnc' autoport='yes' listen='\(one.address)'/>"])
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)
      try await lab.require(on: two, ["ip", "link", "set", "br0", "down"], to: "stop the bridge")
      try await lab.require(on: two, ["ip", "link", "set", "br0", "name", "br-new"], to: "rename the bridge")
      try await lab.require(on: two, ["ip", "link", "set", "br-new", "up"], to: "start the bridge")
      try await lab.withFault(.fileSays("0\n", path: "/sys/devices/system/cpu/online", on: two)) {
        let broken = try await tool.check("web", "--emit-xml", xml)
        #expect(broken.status == 2)
        #expect(
          Set(broken.findings.map(\.rule)).isSuperset(of: ["network.bridge", "device.graphics", "numa.placement"]))
        #expect(broken.complaints.contains("bridge br0 → br-new, graphics address \(one.address) → \(two.address)"))
        let mode = try FileManager.default.attributesOfItem(atPath: xml)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let mended = try await tool.check("web", "--xml", xml)
        #expect(mended.status == 0, "\(mended.text)")
      }
      let moved = try await tool.run("-c", "host1", "web", "host2", "--xml", xml, "--output", "json")
      #expect(moved.status == 0, "\(moved.text) \(moved.complaints)")
      let there = try await lab.virsh(on: two, ["dumpxml", "web"]).text
      #expect(
        there.contains("bridge='br-new'") && there.contains("listen='\(two.address)'") && there.contains("cpuset='0'"))

      let other = try await tool.run("-c", "host2", "--check", "else", "host1", "--xml", xml)
      #expect(other.status == 64 && other.complaints.contains("describes “web”, not “else”"))
    }
  }

  @Test func everyWayBetweenTheHostsIsJudged() async throws {
    try await withTestLab("matrix", hostCount: 3) { lab in
      let hosts = lab.hosts
      let tool = Tool(lab: lab)
      let empty = try await matrix(tool)
      #expect(empty.status == 0, "ways that no guest goes now: \(empty.text)")
      for (name, host) in [("web", hosts[0]), ("db", hosts[1])] {
        let guest = GuestSpecification(name: name, memory: 64, disk: .shared(mebibytes: 8))
        try await lab.define(guest, on: host)
        try await lab.start(guest, on: host)
      }
      let whole = try await matrix(tool)
      #expect(whole.status == 0, "\(whole.text)")
      #expect(whole.directions.count == 6)
      #expect(whole.verdict(from: "host1", to: "host3", of: "web") != "blocked")
      #expect(whole.baseline["model"] is String, "\(whole.baseline)")
      #expect(whole.baseline["restarts"] as? [String] == [])

      try await lab.withFault(.bridgeMissing(on: hosts[2])) {
        let broken = try await matrix(tool)
        #expect(broken.status == 2)
        #expect(broken.verdict(from: "host1", to: "host3", of: "web") == "blocked")
        #expect(broken.verdict(from: "host2", to: "host3", of: "db") == "blocked")
        #expect(broken.verdict(from: "host1", to: "host2", of: "web") != "blocked")
        #expect(broken.verdict(from: "host2", to: "host1", of: "db") != "blocked")
      }
      try await lab.withFault(.libvirtdKilled(on: hosts[2])) {
        let down = try await matrix(tool)
        #expect(down.status == 1)
        #expect(down.directions.count == 2)
        #expect(down.errors.count == 1 && down.errors[0].contains("host3"), "\(down.errors)")
      }
      let inventory = try await tool.run("hosts", "--output", "json")
      try await validate(inventory.text, schema: "migrate.inventory-1.json")
      let domains = try #require(try inventory.document()["domains"] as? [[String: any Sendable]])
      #expect(domains.map { "\($0["name"] ?? "") \($0["host"] ?? "")" } == ["web host1", "db host2"])
      let left = try await lab.run(on: hosts[0], ["find", LabPlan.sharedPath, "-name", ".migrate-*"])
      #expect(left.text == "", "a nonce file was left behind")
    }
  }

  private struct MatrixAnswer: Sendable {
    var status: Int32
    var text: String
    var directions: [[String: any Sendable]]
    var baseline: [String: any Sendable]
    var errors: [String]

    func verdict(from source: String, to destination: String, of domain: String) -> String? {
      let way = directions.first { $0["source"] as? String == source && $0["destination"] as? String == destination }
      let domains = way?["domains"] as? [[String: any Sendable]]
      return domains?.first { $0["name"] as? String == domain }?["verdict"] as? String
    }
  }

  private func matrix(_ tool: Tool) async throws -> MatrixAnswer {
    let output = try await tool.run("hosts", "--matrix", "--output", "json")
    try await validate(output.text, schema: "migrate.matrix-1.json")
    let document = try output.document()
    let hosts = try #require(document["hosts"] as? [[String: any Sendable]])
    return MatrixAnswer(
      status: output.status, text: output.text,
      directions: try #require(document["directions"] as? [[String: any Sendable]]),
      baseline: try #require(document["cpu_baseline"] as? [String: any Sendable]),
      errors: hosts.compactMap { $0["error"] as? String })
  }
}
