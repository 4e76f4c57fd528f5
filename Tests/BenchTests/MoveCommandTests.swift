import BenchModel
import Foundation
import Testing

@testable import Bench

/// How the end of a tool is understood, with scripts in its place.
struct MoveCommandTests {
  private static let host = BenchSite.Host(name: "one", uri: "qemu:///system", reference: "one")

  @Test func aToolThatEndsByItselfWasNotLate() async throws {
    let moved = try await run("echo line; exit 0")
    #expect(moved.isSuccess && !moved.wasLate && moved.output.map(\.text) == ["line"])
    #expect(moved.output.allSatisfy { (moved.started...moved.ended).contains($0.stamp) })
    let refused = try await run("echo why >&2; echo >&2; exit 1")
    #expect(!refused.isSuccess && !refused.wasLate && refused.complaint == "why")
  }

  @Test func aToolThatHeedsItsInterruptWasLate() async throws {
    let stopped = try await run("trap 'exit 130' INT; while :; do sleep 0.01; done", within: .milliseconds(300))
    #expect(!stopped.isSuccess && stopped.wasLate)
  }

  /// Interrupted, it could not take the move back: the guest needs a person.
  @Test func aToolThatEndsOtherwiseHasFailed() async throws {
    let torn = try await run("trap 'exit 4' INT; while :; do sleep 0.01; done", within: .milliseconds(300))
    #expect(!torn.isSuccess && !torn.wasLate)
  }

  /// It hangs, and nobody knows where the guest is: that is a failure, and no move that does not converge.
  @Test func aToolThatMustBeKilledHasFailed() async throws {
    let hung = try await run("trap '' INT; while :; do sleep 0.01; done", within: .milliseconds(300))
    #expect(!hung.isSuccess && !hung.wasLate)
  }

  @Test func bothToolsAreGivenTheSameWords() throws {
    let variant = Scenario.Variant(name: "a", mode: "tunnelled", options: ["--auto-converge"], maxDowntimeMs: 7)
    let words = try ["migrate", "virsh"].map { try command($0, variant).words }
    let common = ["--live", "--persistent", "--undefinesource", "--p2p", "--tunnelled", "--auto-converge"]
    #expect(words[1] == ["virsh", "-c", "qemu:///system", "migrate"] + common + ["web", "qemu:///system"])
    let own = ["-c", "one", "--output", "jsonl", "--skip-check"]
    #expect(words[0] == ["/tool", "--config", "/none"] + own + common + ["--max-downtime", "7", "web", "one"])
  }

  private func run(_ script: String, within limit: Duration = .seconds(60)) async throws -> MoveCommand.Outcome {
    let file = FileManager.default.temporaryDirectory.appending(path: "tool-\(UUID().uuidString)").path()
    defer { try? FileManager.default.removeItem(atPath: file) }
    let isMade = FileManager.default.createFile(
      atPath: file, contents: Data("#!/bin/sh\n\(script)\n".utf8), attributes: [.posixPermissions: 0o755])
    try #require(isMade)
    return try await command("migrate", .init(name: "a"), at: file).run(within: limit, grace: .milliseconds(300))
  }

  private func command(_ tool: String, _ variant: Scenario.Variant, at path: String = "/tool") throws -> MoveCommand {
    MoveCommand(
      tool, variant, guest: "web", from: Self.host, to: Self.host, configuration: "/none", journal: "/none",
      migrate: path, checks: false)
  }
}
