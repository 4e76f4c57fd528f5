import Engine
import Testing

@testable import MigrateCommands

/// `migrate.recover/1`, a document an action, as it is printed; LabTests hold the file against the schema.
@Suite struct RecoverGoldenTests {
  private static let recoveries: [Recovery] = [
    .settled(.source), .settled(.destination), .wait("a job is under way"), .resumeSource("nothing is there"),
    .pauseSource("it runs on both"), .removeSource("it runs there"), .removeDestination("it never ran"),
    .resumePostcopy("post-copy broke off"), .unreachable("one host could not be asked"),
    .person("both hosts have the guest"), .start(.source, "neither host has a process of the guest"),
    .resumeDestination("it waits there"),
  ]

  private func document(_ recovery: Recovery) -> RecoverDocument {
    let told = recovery.told
    return RecoverDocument(
      domain: "web", source: .init(uri: Sample.source, guest: "paused (migrating), defined"),
      destination: .init(uri: Sample.destination, guest: "running (migrated), defined"), action: told.action,
      because: told.because, done: false, exitCode: 4)
  }

  /// What was carried out, what is proposed, and what went wrong.
  private var documents: [RecoverDocument] {
    var proposed = document(.removeSource("it runs there"))
    proposed.remedy = ["migrate recover 'it'\\''s' kvm1 kvm2 --yes"]
    var done = document(.removeSource("it runs there"))
    (done.done, done.runningOn, done.exitCode) = (true, "kvm2", 0)
    var refused = document(.resumeSource("nothing is there"))
    refused.error = "kvm1: cannot resume web: no"
    return Self.recoveries.map(document) + [proposed, done, refused]
  }

  @Test func everyActionAsJSONLines() throws {
    try expectGolden(documents.map { JSON.line($0) }.joined(), "recover.jsonl")
  }

  @Test func everyActionAsText() throws {
    try expectGolden(documents.map { $0.text + "\n" }.joined(), "recover.txt")
  }
}
