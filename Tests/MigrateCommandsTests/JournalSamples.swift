import Foundation
import MigrationModel

@testable import Journal
@testable import MigrateCommands

/// A directory that goes with its last reference, and a journal in it.
final class JournalPlace: Sendable {
  private let directory = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)")
  var path: String { directory.appending(path: "journal.sqlite").path() }
  deinit { try? FileManager.default.removeItem(at: directory) }
}

extension ProcessIdentity {
  /// Of a boot that is over.
  static let gone = ProcessIdentity(pid: 4711, start: 1, boot: "00000000-0000-0000-0000-000000000000")
}

extension Sample {
  static let kvm1 = HostReference(name: "kvm1", uri: source)
  static let kvm2 = HostReference(name: "kvm2", uri: destination)
  static let uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f"
  static let attention = MigrationResult(
    outcome: .needsAttention, error: MigrationFailure(message: "kvm1: paused (migrating); kvm2: did not answer"))

  static func record(
    _ id: Int64, _ domain: String, result: MigrationResult? = nil, endedAt: Double? = nil
  ) -> MoveRecord {
    var request = MigrationRequest()
    request.mode = id == 1 ? .p2p : .auto
    return MoveRecord(
      id: id, domain: domain, uuid: uuid, source: kvm1, destination: kvm2, request: request, owner: .gone,
      startedAt: 1_790_000_000.75 + 3600 * Double(id), endedAt: endedAt, leftovers: [], result: result)
  }

  static var openMoves: [RecordedMove] {
    var running = RecordedMove(record(1, "web"), isOwnerAlive: true)
    running.record.phase = .transfer
    running.record.percent = 74.98
    let begun = RecordedMove(record(2, "db"), isOwnerAlive: true)
    let interrupted = RecordedMove(record(3, "it's"), isOwnerAlive: false)
    let left = RecordedMove(record(4, "-mail", result: attention), isOwnerAlive: true)
    return [running, begun, interrupted, left]
  }

  static let pastMoves = [
    record(3, "db", result: MigrationResult(outcome: .blocked), endedAt: 1_790_010_801),
    record(2, "web", result: cancelled, endedAt: 1_790_007_202),
    record(1, "web", result: completed, endedAt: 1_790_003_609),
  ]
}

extension Journal {
  func begin(_ domain: String = "web", uuid: String = Sample.uuid, owner: ProcessIdentity = .current()) throws
    -> MoveRecord
  {
    let id = try begin(
      domain: domain, uuid: uuid, source: Sample.kvm1, destination: Sample.kvm2, request: MigrationRequest(),
      owner: owner, at: 1_790_000_000)
    return try openRecord(id)
  }

  private func openRecord(_ id: MoveRecord.ID) throws -> MoveRecord { try write { try openRecord(id, $0) } }
}
