import Foundation
import Subprocess
import Testing
import Trials

/// The end of the process while threads may still use its libraries.
struct TearDownTests {
  /// As OpenSSL does with its own end: registered at first use, long after the start, and done by exit(3).
  private static let library = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <unistd.h>
    static void end(void) { if (write(2, "TORN DOWN\\n", 10) < 0) _exit(1); }
    int virInitialize(void) {
      atexit(end);
      int (*next)(void) = (int (*)(void)) dlsym(RTLD_NEXT, "virInitialize");
      return next();
    }
    """

  @Test func librariesAreNotTakenDownUnderThreads() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "end-\(UUID().uuidString)").path()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let (source, library) = (directory + "/end.c", directory + "/end.so")
    try Self.library.write(toFile: source, atomically: true, encoding: .utf8)
    let made = try await run("cc", ["-shared", "-fPIC", "-o", library, source], [:])
    try #require(made.status == .exited(0), "\(made.complaints)")
    // It reaches libvirt, which it initialises first, and no further.
    let words = ["--check", "-c", "qemu+unix:///system?socket=\(directory)/none", "web", "qemu:///none"]
    let ended = try await run(Tool.path, words + ["--config", "/dev/null"], ["LD_PRELOAD": library])
    #expect(ended.complaints.contains("none") && !ended.complaints.contains("TORN DOWN"), "\(ended.complaints)")
  }

  private func run(
    _ program: String, _ words: [String], _ environment: [Environment.Key: String?]
  ) async throws -> (status: TerminationStatus, complaints: String) {
    let result = try await Subprocess.run(
      program.contains("/") ? .path(.init(program)) : .name(program), arguments: Arguments(words),
      environment: .inherit.updating(environment), input: .none, output: .discarded, error: .string(limit: 1 << 20))
    return (result.terminationStatus, result.standardError)
  }
}
