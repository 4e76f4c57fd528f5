import Threads

/// What a guest's keeper says of itself.
public struct KeeperReport: Codable, Sendable, Equatable {
  /// Made up when the keeper started: another one is another life.
  public var bootID: UInt64
  /// Counts the keeper's answers, this one included.
  public var counter: UInt64
  /// By the guest's own clock, which stands still while the guest does.
  public var uptime: Duration
  public var pagesChecked: UInt64
  /// How often every page has been checked, one after the other.
  public var fullPasses: UInt64
  /// Checks that found something else than was written.
  public var errors: UInt64
  public var firstBadPage: UInt64?
  public var pages: UInt64
  public var pagesRewritten: UInt64
}

/// Asks the keeper of the guest with one address, from outside.
public struct KeeperClient: Sendable {
  public let address: String
  /// Requests are broadcasts, for a lab's network of 256 addresses; else they go to the guest alone, wherever it is.
  public let isHeardByAll: Bool

  public init(address: String, isHeardByAll: Bool = true) {
    (self.address, self.isHeardByAll) = (address, isHeardByAll)
  }

  /// The keeper's report; asks again and again until one comes.
  ///
  /// Throws `LabError` of code `timedOut` when none comes in time.
  public func ask(within limit: Duration = .seconds(30)) async throws -> KeeperReport {
    try await exchange(.report, within: limit)
  }

  /// Returns the report after every page has been checked at least once from now on.
  ///
  /// Throws `LabError` of code `timedOut` when that is not done in time; errors are reported, not thrown.
  public func checkEverything(within limit: Duration = .seconds(120)) async throws -> KeeperReport {
    try await exchange(.check, within: limit)
  }

  /// Changes one bit of a page, as a fault would.
  public func corrupt(page: UInt32, within limit: Duration = .seconds(30)) async throws {
    _ = try await exchange(.corrupt, page: page, within: limit)
  }

  /// A request that may change something is sent once: twice the same bit would be no change.
  private func exchange(
    _ command: KeeperSocket.Command, page: UInt32 = 0, within limit: Duration
  ) async throws -> KeeperReport {
    let socket = try KeeperSocket(address: address, isHeardByAll: isHeardByAll)
    let patience = patience(with: command, within: limit)
    let report = try await blocking { () -> KeeperReport? in
      let deadline = ContinuousClock.now + limit
      var sequence: UInt32 = 0
      while ContinuousClock.now < deadline {
        sequence += 1
        let isSent = socket.send(sequence: sequence, command, page: page)
        let next = min(deadline, .now + (isSent ? patience : .milliseconds(100)))
        if let answer = try socket.receive(before: next) { return answer.report }
      }
      return nil
    }
    guard let report else { throw late(limit) }
    return report
  }

  /// How long an answer may take before the request is sent again: never, of one that may be sent once only.
  private func patience(with command: KeeperSocket.Command, within limit: Duration) -> Duration {
    switch command {
    case .report: .milliseconds(100)
    case .check: limit / 3
    case .corrupt: limit
    }
  }

  private func late(_ limit: Duration) -> LabError {
    LabError(.timedOut, "ask the keeper of the guest at \(address)", "no answer within \(limit)")
  }
}
