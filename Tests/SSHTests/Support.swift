import Foundation
import Testing

@testable import SSH

#if canImport(Glibc)
  import Glibc
#endif

/// One session on a server of its own, closed afterwards.
func withSession(
  options: [String] = [], _ body: (SSHSession) async throws -> Void
) async throws {
  try await withServer(options: options) { server in
    let session = try await server.connect()
    try await body(session)
    await session.close()
  }
}

/// The error that `body` throws; fails when it throws none.
func failure<Value>(_ body: () async throws -> Value) async throws -> SSHError {
  do { _ = try await body() } catch let error as SSHError { return error }
  throw TestFailure("no error was thrown")
}

/// What this process holds: its threads, and its descriptors that are sockets or event descriptors.
struct Resources {
  var threads: Int
  var descriptors: Int

  func isWithin(_ other: Resources) -> Bool { threads <= other.threads && descriptors <= other.descriptors }
}

func resources() throws -> Resources {
  let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
  let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
  let targets = names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
  let held = targets.filter { $0.hasPrefix("socket:") || $0.hasPrefix("anon_inode:[eventfd]") }
  return Resources(threads: threads, descriptors: held.count)
}

/// Waits for a condition that must come true; the test fails when it has not in a minute.
func until(_ condition: () throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while try !condition() {
    guard ContinuousClock.now < deadline else { throw TestFailure("the condition did not come true") }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// SIGKILL to a process that a server of these tests started.
func endProcess(_ process: Int32) -> Bool { kill(process, SIGKILL) == 0 }
