import Journal
import MigrationModel
import Testing

@testable import MigrateCommands

@Suite struct JournalGoldenTests {
  private let text = JournalText(style: Style(isColoured: false))

  @Test func openMoves() throws {
    try expectGolden(JSON.document([StatusDocument(Sample.openMoves, journal: nil)]), "status.json")
    try expectGolden(text.status(Sample.openMoves, journal: nil) + "\n", "status.txt")
    #expect(text.status([], journal: nil) == "no guest is being moved")
  }

  @Test func pastMoves() throws {
    try expectGolden(JSON.document([HistoryDocument(Sample.pastMoves)]), "history.json")
    try expectGolden(text.history(Sample.pastMoves) + "\n", "history.txt")
    #expect(text.history([]) == "no guest was moved")
  }

  /// What is printed to be pasted must come out of the shell as it was meant, with the journal that has the move.
  @Test func theCommandThatSettlesAMoveIsQuoted() {
    #expect(
      recoverCommand(for: Sample.record(1, "a; b"), journal: "/my journals/1")
        == "migrate recover --journal '/my journals/1' 'a; b' qemu+ssh://kvm1/system qemu+ssh://kvm2/system")
    #expect(
      recoverCommand(for: Sample.record(1, "-x"), journal: nil)
        == "migrate recover -- '-x' qemu+ssh://kvm1/system qemu+ssh://kvm2/system")
  }
}

@Suite struct JournalOptionsTests {
  @Test(arguments: [
    (["--journal", "/a"], ["MIGRATE_JOURNAL": "/b"], true, "/a", true),
    ([], ["MIGRATE_JOURNAL": "/b"], true, "/b", true),
    ([], ["MIGRATE_JOURNAL": ""], true, "/var/lib/migrate/journal.sqlite", false),
    ([], ["HOME": "/home/a", "XDG_STATE_HOME": "/state"], false, "/state/migrate/journal.sqlite", false),
    ([], ["HOME": "/home/a", "XDG_STATE_HOME": "state"], false, "/home/a/.local/state/migrate/journal.sqlite", false),
    ([], ["HOME": "/home/a"], false, "/home/a/.local/state/migrate/journal.sqlite", false),
  ])
  func place(words: [String], environment: [String: String], isRoot: Bool, path: String, isAskedFor: Bool) throws {
    let place = try JournalOptions.parse(words).place(environment, isRoot: isRoot)
    #expect(place == (path, isAskedFor))
  }

  @Test func withoutAHomeItHasNoPlace() throws {
    let options = try JournalOptions.parse([])
    let failure = #expect(throws: CommandFailure.self) { try options.place([:], isRoot: false) }
    #expect(failure?.status == .usage)
  }

  @Test(arguments: [
    ("bandwidth=64", MoveSetting.bandwidth(64)), ("postcopy-bandwidth=1", .postcopyBandwidth(1)),
    ("max-downtime=500", .maxDowntime(500)),
  ])
  func limits(argument: String, setting: MoveSetting) {
    #expect(MoveSetting(argument: argument) == setting)
    #expect(setting.text == argument)
  }

  @Test(arguments: ["", "bandwidth", "bandwidth=", "bandwidth=-1", "bandwidth=1.5", "speed=1", "bandwidth=1=2"])
  func noLimits(argument: String) { #expect(MoveSetting(argument: argument) == nil) }
}
