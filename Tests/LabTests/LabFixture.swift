import Glibc
import Lab
import Testing

/// A lab of the test's own, under a name that no other test and no user has; the test is skipped where none can be made.
nonisolated(nonsending) func withTestLab<Result: Sendable>(
  _ purpose: String, hostCount: Int = 2, _ body: (Lab) async throws -> Result
) async throws -> Result {
  try await withLabSlots(1) {
    try await withLab(LabConfiguration(name: testLabName(purpose), hostCount: hostCount), body)
  }
}

/// Runs `body`, which makes so many labs, when there is room for them; the test is skipped where none can be made.
nonisolated(nonsending) func withLabSlots<Result: Sendable>(
  _ count: Int, _ body: () async throws -> Result
) async throws -> Result {
  try await skipWithoutLab()
  for _ in 0..<count { await LabSlots.shared.take() }
  let outcome: Swift.Result<Result, any Error>
  do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
  for _ in 0..<count { await LabSlots.shared.giveBack() }
  return try outcome.get()
}

/// As many labs at a time as keep two cores busy: more only wait for each other.
private actor LabSlots {
  static let shared = LabSlots()
  private var free = 4
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

func testLabName(_ purpose: String) -> String { "test-\(getpid())-\(purpose)" }

/// Cancels the test with the list of what this machine lacks.
func skipWithoutLab() async throws {
  let missing = await LabRequirements.missing()
  guard missing.isEmpty else { try Test.cancel("no lab here, missing: \(missing.joined(separator: ", "))") }
}
