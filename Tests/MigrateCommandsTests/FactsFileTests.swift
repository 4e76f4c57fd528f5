import Foundation
import MigrationModel
import Testing

@testable import MigrateCommands

@Suite struct FactsFileTests {
  private let host = HostFacts(name: "kvm1", uri: "qemu+ssh://kvm1/system", gap: Gap(source: "s", reason: "r"))

  private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    let path = FileManager.default.temporaryDirectory.appending(path: "migrate-\(UUID().uuidString).json").path()
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func complaint(about text: String) throws -> String {
    try withFile(text) { path in
      let failure = try #require(throws: CommandFailure.self) { try FactsFile(contentsOf: path) }
      #expect(failure.status == .usage)
      #expect(failure.message.hasPrefix(path))
      return failure.message
    }
  }

  @Test func whatIsSavedIsReadAgain() throws {
    var one = host
    one.guests = [DomainFacts(name: "web", uuid: "u")]
    one.files = ["/srv/żółw": .known(nil), "/srv/b": .gap(Gap(source: "stat", reason: "why"))]
    one.qemuConf = .known(["migration_host": "x"])
    let survey = Survey(
      hosts: [one], pairs: [PairFacts(source: "kvm1", destination: "kvm2", gap: Gap(source: "s", reason: "r"))])
    try withFile("") { path in
      try FactsFile.save(survey, to: path)
      #expect(try FactsFile(contentsOf: path).survey == survey)
    }
  }

  @Test func otherVersionsAndOtherFilesAreRefused() throws {
    #expect(
      try complaint(about: #"{"schema":"migrate.facts/2","hosts":7}"#).contains(
        "“migrate.facts/2”; this migrate reads “migrate.facts/1”"))
    #expect(try complaint(about: "{}").contains("holds no facts"))
    #expect(try complaint(about: #"{"schema":"migrate.facts/1"}"#).contains("“hosts” is missing"))
    #expect(
      try complaint(about: #"{"schema":"migrate.facts/1","hosts":[{"name":3}],"pairs":[],"unusable":{}}"#).contains(
        "hosts.[0].name"))
    for text in ["", "not JSON", "[]", "{\"schema\":", "\u{0}\u{1}"] { _ = try complaint(about: text) }
  }

  @Test func aFileThatCannotBeReadOrWrittenIsNamed() throws {
    let failure = #expect(throws: CommandFailure.self) { try FactsFile(contentsOf: "/nowhere/facts.json") }
    #expect(failure?.message.contains("/nowhere/facts.json cannot be read") == true)
    let unwritten = #expect(throws: CommandFailure.self) {
      try FactsFile.save(Survey(hosts: [host]), to: "/nowhere/facts.json")
    }
    #expect(unwritten?.status == .failed && unwritten?.message.contains("/nowhere/facts.json") == true)
  }

  @Test func aHostIsFoundByNameURIAndHostName() throws {
    var other = HostFacts(name: "kvm2", uri: "qemu+ssh://kvm2/system", gap: Gap(source: "s", reason: "r"))
    other.hostname = .known("kvm2.example")
    let file = FactsFile(path: "f.json", survey: Survey(hosts: [host, other]))
    for reference in ["kvm2", "kvm2.example"] { #expect(try file.host(reference, uri: "").name == "kvm2") }
    #expect(try file.host("x", uri: "qemu+ssh://kvm1/system").name == "kvm1")
    let failure = #expect(throws: CommandFailure.self) { try file.host("kvm3", uri: "u") }
    #expect(failure?.message == "f.json has no facts of kvm3; it has those of kvm1, kvm2")
    #expect(try FactsFile(path: "f", survey: Survey(hosts: [other])).host("anything", uri: "u").name == "kvm2")
  }
}
