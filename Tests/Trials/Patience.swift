/// Asks again and again until the answer is there, or `limit` has passed: nil then.
func eventually<Answer>(
  within limit: Duration, every interval: Duration = .milliseconds(50), _ answer: () async throws -> Answer?
) async throws -> Answer? {
  let deadline = ContinuousClock.now + limit
  while true {
    if let answer = try await answer() { return answer }
    guard ContinuousClock.now < deadline else { return nil }
    try await Task.sleep(for: interval)
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
  var milliseconds: Double { seconds * 1000 }
}
