import Foundation
import MigrationModel

@testable import Journal

/// A directory that goes with its last reference, and what a journal in it is tried with.
final class Place: Sendable {
  let directory = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)")
  var path: String { directory.appending(path: "state/journal.sqlite").path() }

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: directory) }
}

extension Journal {
  static let here = HostReference(name: "kvm1", uri: "qemu+ssh://kvm1/system")
  static let there = HostReference(name: "kvm2", uri: "qemu+ssh://kvm2/system")
  static let uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f"

  @discardableResult
  func begin(
    _ domain: String = "web", uuid: String = Journal.uuid, request: MigrationRequest = MigrationRequest(),
    owner: ProcessIdentity = .current(), at time: Double = 1000
  ) throws -> MoveRecord.ID {
    try begin(
      domain: domain, uuid: uuid, source: Self.here, destination: Self.there, request: request, owner: owner, at: time)
  }

  func record(_ content: MigrationUpdate.Content, for id: MoveRecord.ID) throws {
    try record(MigrationUpdate(sequence: 1, time: .seconds(1), domain: "web", content: content), for: id)
  }
}

extension ProcessIdentity {
  /// A process that ran and was waited for.
  static func dead() throws -> ProcessIdentity {
    let child = Process()
    child.executableURL = URL(filePath: "/bin/cat")
    let input = Pipe()
    child.standardInput = input
    try child.run()
    let identity = ProcessIdentity(of: child.processIdentifier)
    try input.fileHandleForWriting.close()
    child.waitUntilExit()
    return identity
  }
}
