import Foundation
import GRDB
import MigrationModel
import Synchronization
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(1))) struct FileTests {
  private let place: Place
  init() throws { place = try Place() }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  /// What opening for moves and opening to look at it complain of.
  private func errors(_ path: String) -> (moves: JournalError?, look: JournalError?) {
    (
      #expect(throws: JournalError.self) { try Journal.open(at: path) },
      #expect(throws: JournalError.self) { try Journal.openReadOnly(at: path).openMoves().count }
    )
  }

  @Test func itIsItsOwnersAlone() throws {
    let journal = try Journal.open(at: place.path)
    try journal.begin()
    #expect(try mode(place.file("state")) == 0o700)
    for suffix in ["", "-wal", "-shm"] { #expect(try mode(place.path + suffix) == 0o600, "\(suffix)") }
  }

  @Test func itIsThereForTheNextOne() throws {
    let id = try Journal.open(at: place.path).begin()
    #expect(try Journal.open(at: place.path).move(id)?.domain == "web")
    #expect(try Journal.openReadOnly(at: place.path).move(id)?.domain == "web")
  }

  /// None is told that it is locked, or that its tables are there already.
  @Test func severalMayMakeItAtOnce() throws {
    let errors = Mutex<[String]>([])
    for round in 0..<20 {
      let path = place.file("\(round)/journal.sqlite")
      DispatchQueue.concurrentPerform(iterations: 4) { guest in
        do {
          try Journal.open(at: path).begin(uuid: "\(guest)")
        } catch {
          errors.withLock { $0.append("\(error)") }
        }
      }
      #expect(try Journal.openReadOnly(at: path).openMoves().count == 4)
    }
    #expect(errors.withLock(\.self) == [])
  }

  @Test func lookingAtItMakesNone() throws {
    #expect(throws: JournalError.missing(file: place.path)) { try Journal.openReadOnly(at: place.path) }
    #expect(!FileManager.default.fileExists(atPath: place.file("state")))
  }

  @Test func onlyReadingCannotWrite() throws {
    let id = try Journal.open(at: place.path).begin()
    let journal = try Journal.openReadOnly(at: place.path)
    #expect(throws: JournalError.readOnly(file: place.path)) { try journal.finish(id, completed, at: 1008) }
  }

  @Test func aNameIsNoURI() throws {
    let relative = "file:\(place.directory.lastPathComponent)?mode=memory"
    let absolute = "\(FileManager.default.currentDirectoryPath)/\(relative)"
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: absolute + suffix) } }
    let journal = try Journal.open(at: relative)
    #expect(journal.path == absolute)
    #expect(FileManager.default.fileExists(atPath: absolute))
  }

  @Test(arguments: ["this is no database, but long enough to be taken for one. ", "\u{0}", "SQLite format 3\u{0}"])
  func garbageIsDamage(text: String) throws {
    let path = place.file("garbage")
    try String(repeating: text, count: 200).write(toFile: path, atomically: false, encoding: .utf8)
    for error in [errors(path).moves, errors(path).look] {
      guard case .corrupt(path, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.description.contains("is damaged") == true)
    }
  }

  /// Cut off at every page, and within one. Nothing may be taken for a journal that lost its moves.
  @Test func aTruncatedFileIsDamage() throws {
    do {
      let journal = try Journal.open(at: place.path)
      for guest in 0..<20 { try journal.begin(uuid: "\(guest)") }
    }
    let whole = try Data(contentsOf: URL(filePath: place.path))
    let path = place.file("cut")
    for size in Array(stride(from: 4096, to: whole.count, by: 4096)) + [100, 5000, whole.count - 1] {
      try whole.prefix(size).write(to: URL(filePath: path))
      let (moves, look) = errors(path)
      guard case .corrupt = moves, case .corrupt = look else {
        Issue.record("\(size) of \(whole.count): \(String(describing: moves)), \(String(describing: look))")
        continue
      }
    }
  }

  @Test func aNewerVersionsIsLeftAlone() throws {
    do {
      try Journal.open(at: place.path).write {
        try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9-moves-to-the-moon')")
      }
    }
    let (moves, look) = errors(place.path)
    #expect(moves == .fromNewerVersion(file: place.path))
    #expect(look == .fromNewerVersion(file: place.path))
  }

  @Test func anEmptyFileBecomesAJournal() throws {
    let path = place.file("empty")
    try Data().write(to: URL(filePath: path))
    #expect(throws: JournalError.fromOlderVersion(file: path)) { try Journal.openReadOnly(at: path) }
    try Journal.open(at: path).begin()
    #expect(try Journal.openReadOnly(at: path).openMoves().count == 1)
  }

  @Test func anotherProgramsDatabaseIsLeftAlone() throws {
    let path = place.file("other.sqlite")
    do {
      try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE moves (chess TEXT)") }
    }
    let before = try Data(contentsOf: URL(filePath: path))
    let (moves, look) = errors(path)
    #expect(moves == .foreign(file: path))
    #expect(look == .foreign(file: path))
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test(arguments: ["", "/dev/null/journal.sqlite", "/proc/journal.sqlite"])
  func aPlaceThatCannotBeIsToldWithItsCause(path: String) throws {
    let error = #expect(throws: JournalError.self) { try Journal.open(at: path) }
    guard case .cannotOpen(path, let cause) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!cause.isEmpty)
  }

  @Test func aDirectoryIsNoJournal() throws {
    let error = errors(place.directory.path()).moves
    guard case .cannotOpen = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
