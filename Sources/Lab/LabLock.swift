import Glibc

/// One process at a time changes the labs of this machine, or their cache: a flock(2) that the kernel drops when its holder ends.
final class LabLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Waits for the lock of a directory; throws `LabError` of code `busy` when its holder does not end in time.
  static func acquire(in directory: String) async throws -> LabLock {
    try Files.makeDirectory(directory, mode: 0o700)
    let path = "\(directory)/.lock"
    let descriptor = try Files.call("open \(path)") { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    let lock = LabLock(descriptor: descriptor)
    do {
      try await poll(for: .seconds(120), "lock \(path)") { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
    } catch let error as LabError {
      throw LabError(.busy, "lock \(path)", "another lab is at work there: \(error.cause)")
    }
    return lock
  }
}
