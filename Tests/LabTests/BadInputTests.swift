import Lab
import Testing
import Trials

/// Each wrong input is one clear sentence, the documented exit code, and in JSON a well-formed document.
@Suite(.serialized) struct BadInputTests {
  /// What needs no host: refused before any connection is opened.
  @Test(arguments: [
    (["web", "kvm9"], 64, "neither a configured host"),
    (["web", "qemu+ssh:/kvm2/system"], 64, "is not a libvirt URI"),
    (["web", "qemu+ssh://kvm 2/system"], 64, "is not a libvirt URI"),
    (["web", "qemu+ssh://kvm2:99999/system"], 64, "99999"),
    (["web", "qemu+ssh://-oProxyCommand=x/system"], 64, "-oProxyCommand"),
    (["web", "qemu:///system", "--allow", "no.rule"], 64, "no.rule"),
    (["web", "qemu:///system", "--p2p", "--offline"], 64, "exclude each other"),
    (["web", "qemu:///system", "--xml", "/nowhere/a.xml"], 64, "/nowhere/a.xml"),
  ])
  func wordsThatMakeNoSense(words: [String], status: Int, sentence: String) async throws {
    for verb in [["--check"], []] {
      let output = try await Tool().run(words + verb + ["--output", "json"])
      #expect(output.status == status, "\(output.text) \(output.complaints)")
      #expect(output.text.contains(sentence) || output.complaints.contains(sentence), "\(output.text)")
      let schema = verb.isEmpty ? "migrate.event-1.json" : "migrate.check-1.json"
      try await validate(output.text, schema: schema)
    }
  }

  @Test(arguments: [
    [], ["web"], ["web", ""], ["web", "web", "qemu:///system"], ["web", "qemu:///system", "--timeout", "0"],
  ])
  func usageErrorsAreSixtyFour(words: [String]) async throws {
    let output = try await Tool().run(words)
    #expect(output.status == 64)
    #expect(output.complaints.contains("Error: "), "\(output.complaints)")
  }

  @Test func flagsThatLibvirtWouldRefuseAreRefusedBeforeAnyHostIsAsked() async throws {
    let nowhere = "qemu+tcp://127.0.0.1:1/system"
    for verb in [["--check"], []] {
      let words = ["-c", nowhere, "web", nowhere, "--tunnelled", "--parallel", "--output", "json"]
      let output = try await Tool().run(words + verb)
      #expect(output.status == 2, "\(output.text) \(output.complaints)")
      #expect(output.text.contains("flags.legal"))
    }
  }

  @Test func hostsAndGuestsThatAreNotThere() async throws {
    try await withTestLab("absent") { lab in
      let tool = Tool(lab: lab)
      try await lab.define(GuestSpecification(name: "off"), on: try lab.host(1))
      let silent = "qemu+tcp://10.213.\(lab.plan.index).99/system"
      let cases: [(words: [String], status: Int32, sentences: [String])] = [
        (["-c", "host1", "nobody", "host2"], 1, ["host1", "nobody"]),
        (["-c", "host1", "off", "qemu+tcp://127.0.0.1:1/system"], 1, ["127.0.0.1", "refused"]),
        (["-c", "host1", "off", silent, "--timeout", "2"], 1, [silent]),
        (["-c", "host1", "off", "host1"], 2, ["host.identity"]),
        (["-c", "host1", "off", "host2", "--live"], 2, ["guest.state"]),
      ]
      for (words, status, sentences) in cases {
        for verb in [["--check"], []] {
          let output = try await tool.run(words + verb + ["--output", "json"])
          #expect(output.status == status, "\(words) \(verb): \(output.text) \(output.complaints)")
          for sentence in sentences { #expect(output.text.contains(sentence), "\(words) \(verb): \(output.text)") }
          try await validate(output.text, schema: verb.isEmpty ? "migrate.event-1.json" : "migrate.check-1.json")
        }
      }
      #expect(try await lab.virsh(on: try lab.host(2), ["list", "--all", "--name"]).text == "")

      try await lab.withFault(.libvirtdFrozen(on: try lab.host(2))) {
        let output = try await tool.run(
          "-c", "host1", "--check", "off", "host2", "--timeout", "2", "--output", "json")
        #expect(output.status == 1)
        #expect(output.text.contains("host2") && output.text.contains("did not answer within 2 s"), "\(output.text)")
      }
    }
  }

  @Test func aRefusedKeyIsInconclusiveAndNamesTheUser() async throws {
    try await withTestLab("refused") { lab in
      let tool = Tool(lab: lab)
      try await lab.define(GuestSpecification(name: "off"), on: try lab.host(1))
      let output = try await tool.run(
        "-c", "host1", "--check", "off", "host2", "--dest-ssh", "nobody@host2", "--output", "json")
      #expect(output.status == 3, "\(output.text)")
      #expect(output.text.contains("nobody"))
    }
  }
}
