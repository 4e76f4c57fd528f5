import Foundation
import MigrationModel
import Testing

@testable import Journal

/// File systems that are read-only or full; only root can mount them.
@Suite(.timeLimit(.minutes(1)), .enabled(if: geteuid() == 0)) struct DiskTests {
  private let place: Place
  init() throws { place = try Place() }

  @discardableResult
  private func run(_ words: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A directory that holds `size` bytes, for as long as `body` runs.
  private func withDisk(size: Int, _ body: (String) throws -> Void) throws {
    let disk = place.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    try #require(try run("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", disk) == 0)
    defer { _ = try? run("umount", "-l", disk) }
    try body(disk)
  }

  /// The directory as someone sees it who may not write there.
  private func withReadOnlyView(of directory: String, _ body: (String) throws -> Void) throws {
    let view = place.file("view")
    try FileManager.default.createDirectory(atPath: view, withIntermediateDirectories: true)
    try #require(try run("mount", "--bind", directory, view) == 0)
    defer { _ = try? run("umount", "-l", view) }
    try #require(try run("mount", "-o", "remount,bind,ro", view) == 0)
    try body(view)
  }

  @Test func noMoveIsBegunWithAJournalThatCannotBeWritten() throws {
    do { try Journal.open(at: place.path).begin() }
    try withReadOnlyView(of: place.file("state")) { view in
      for path in ["\(view)/journal.sqlite", "\(view)/new.sqlite"] {
        #expect(throws: JournalError.readOnly(file: path)) { try Journal.open(at: path) }
      }
    }
  }

  @Test func someoneElsesJournalCanBeLookedAt() throws {
    let id: MoveRecord.ID
    do { id = try Journal.open(at: place.path).begin() }
    try withReadOnlyView(of: place.file("state")) { view in
      #expect(try Journal.openReadOnly(at: "\(view)/journal.sqlite").openMoves().map(\.id) == [id])
      // While its owner has it open, and after each write.
      let owner = try Journal.open(at: place.path)
      let journal = try Journal.openReadOnly(at: "\(view)/journal.sqlite")
      try owner.begin("db", uuid: "b")
      #expect(try journal.openMoves().count == 2)
      try owner.finish(id, completed, at: 1008)
      #expect(try journal.history(limit: 1).map(\.id) == [id])
    }
  }

  @Test func aFullDiskIsToldAndLosesNothing() throws {
    try withDisk(size: 1 << 20) { disk in
      let path = "\(disk)/journal.sqlite"
      let journal = try Journal.open(at: path)
      let id = try journal.begin()
      try fill("\(disk)/rubbish")
      let error = #expect(throws: JournalError.self) {
        for _ in 0..<1000 {
          try journal.record(.phase(.transfer, detail: String(repeating: "x", count: 4096)), for: id)
        }
      }
      #expect(error == .full(file: path))
      let written = try journal.updates(of: id, after: 0).count
      #expect(throws: JournalError.full(file: "\(disk)/new.sqlite")) { try Journal.open(at: "\(disk)/new.sqlite") }
      try FileManager.default.removeItem(atPath: "\(disk)/rubbish")
      try journal.record(.phase(.stop, detail: ""), for: id)
      #expect(try journal.updates(of: id, after: 0).count == written + 1)
      #expect(try journal.move(id)?.phase == .stop)
    }
  }

  private func fill(_ path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    setvbuf(file, nil, _IONBF, 0)
    let block = [UInt8](repeating: 7, count: 4096)
    for _ in 0..<1024 where fwrite(block, 1, block.count, file) < block.count { return }
    Issue.record("the disk does not get full")
  }
}
