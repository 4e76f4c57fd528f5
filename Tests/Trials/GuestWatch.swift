import Lab

/// Watches a guest from outside, all the time: it must answer, once, and be the same as before.
struct GuestWatch: Sendable {
  struct Report: Sendable {
    var longestGap: Duration?
    func complaints() -> [String] { [] }
  }
  private let probe: GuestProbe

  init(_ guest: GuestSpecification) throws { probe = try GuestProbe(address: guest.address ?? "") }

  func stop() async throws -> Report { Report(longestGap: try await probe.stop().longestGap) }
}
