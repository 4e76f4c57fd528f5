import Glibc
import Lab
import Testing

/// A lab of the test's own, under a name that no other test and no user has; the test is skipped where none can be made.
nonisolated(nonsending) func withTestLab<Result: Sendable>(
  _ purpose: String, hostCount: Int = 2, _ body: (Lab) async throws -> Result
) async throws -> Result {
  try await skipWithoutLab()
  return try await withLab(LabConfiguration(name: testLabName(purpose), hostCount: hostCount), body)
}

func testLabName(_ purpose: String) -> String { "test-\(getpid())-\(purpose)" }

/// Cancels the test with the list of what this machine lacks.
func skipWithoutLab() async throws {
  let missing = await LabRequirements.missing()
  guard missing.isEmpty else { try Test.cancel("no lab here, missing: \(missing.joined(separator: ", "))") }
}
