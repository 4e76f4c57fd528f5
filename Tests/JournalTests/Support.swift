import Foundation
import MigrationModel

@testable import Journal

/// A directory that goes with its last reference, and a journal's place in it.
final class Place: Sendable {
  let directory = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)")
  var path: String { file("state/journal.sqlite") }

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: directory) }

  func file(_ name: String) -> String { directory.appending(path: name).path() }
}

let here = HostReference(name: "kvm1", uri: "qemu+ssh://kvm1/system")
let there = HostReference(name: "kvm2", uri: "qemu+ssh://kvm2/system")
let webUUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
let completed = MigrationResult(outcome: .completed, elapsed: .seconds(8), runningOn: "kvm2", definedOn: ["kvm2"])

extension Journal {
  @discardableResult
  func begin(
    _ domain: String = "web", uuid: String = webUUID, request: MigrationRequest = MigrationRequest(),
    owner: ProcessIdentity = .current(), at time: Double = 1000
  ) throws -> MoveRecord.ID {
    try begin(
      domain: domain, uuid: uuid, source: here, destination: there, request: request, owner: owner, at: time)
  }

  func record(_ content: MigrationUpdate.Content, for id: MoveRecord.ID) throws {
    try record(MigrationUpdate(sequence: 9, time: .seconds(1), domain: "web", content: content), for: id)
  }
}

/// A child that ends by itself, as long as it was not waited for: a zombie.
struct Child {
  let pid: Int32

  init() throws {
    var pid: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
    defer { arguments.forEach { free($0) } }
    let status = posix_spawn(&pid, "/bin/true", nil, nil, &arguments, nil)
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
    self.pid = pid
  }

  func waitUntilItEnded() throws {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) == 0 else { throw POSIXError(.ECHILD) }
  }

  func reap() throws {
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid else { throw POSIXError(.ECHILD) }
  }
}

extension ProcessIdentity {
  /// A process that ran and was waited for.
  static func dead() throws -> ProcessIdentity {
    let child = try Child()
    let identity = ProcessIdentity(of: child.pid)
    try child.reap()
    return identity
  }
}
