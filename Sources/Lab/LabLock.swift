import Glibc

/// One bring-up or tear-down at a time on this machine: a flock(2) that the kernel drops when its holder ends.
final class LabLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Waits for the lock; throws `LabError` of code `busy` when another bring-up or tear-down does not end in time.
  static func acquire(in stateRoot: String) async throws -> LabLock {
    try Files.makeDirectory(stateRoot, mode: 0o700)
    let path = "\(stateRoot)/.lock"
    let descriptor = try Files.call("open \(path)") { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    let lock = LabLock(descriptor: descriptor)
    do {
      try await poll(for: .seconds(120), "lock \(path)") { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
    } catch let error as LabError {
      throw LabError(.busy, "lock \(path)", "another lab is being made or removed: \(error.cause)")
    }
    return lock
  }
}
