import BenchModel
import FoundationEssentials
import Lab
import Libvirt
import Threads

/// The guest of one scenario on a lab, and everyone who watches it.
struct BenchGuest {
  let lab: Lab
  let scenario: Scenario
  let specification: GuestSpecification
  let address: String
  let collector: BeatCollector
  let stream: NetworkStream
  let logs: [HostLog]

  /// From one beat to the next, in ns.
  var period: Int64 { Int64((scenario.beatMs ?? Scenario.Defaults.beat) * 1e6) }

  /// Makes a guest on host1, in `body`'s scope, and returns when it beats; it is gone afterwards.
  ///
  /// Throws `BenchError` with the last line of the guest's console when it never beats, else `LabError` and `LibvirtError`.
  static func with<Result>(
    _ scenario: Scenario, on lab: Lab, patience: Duration = .seconds(90), isolation: isolated (any Actor)? = #isolation,
    _ body: (BenchGuest) async throws -> Result
  ) async throws -> Result {
    let address = lab.plan.guestAddress(1)
    let path = "\(lab.plan.directory)/beats"
    let collector = try BeatCollector(at: path) { id in lab.host(ofProcess: id).map { $0.number - 1 } }
    let specification = GuestSpecification(scenario, address: address, collector: path)
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(
        try await booted(specification, scenario, on: lab, patience, collector) { guest in try await body(guest) })
    } catch { outcome = .failure(error) }
    for host in lab.hosts {
      _ = try? await lab.virsh(on: host, ["destroy", specification.id])
      _ = try? await lab.virsh(on: host, ["undefine", specification.id])
    }
    await collector.stop()
    return try outcome.get()
  }

  private static func booted<Result>(
    _ specification: GuestSpecification, _ scenario: Scenario, on lab: Lab, _ patience: Duration,
    _ collector: BeatCollector,
    isolation: isolated (any Actor)? = #isolation, _ body: (BenchGuest) async throws -> Result
  ) async throws -> Result {
    let address = lab.plan.guestAddress(1)
    var logs: [HostLog] = []
    for host in lab.hosts { logs.append(try await HostLog(of: host, guest: specification.id)) }
    let stream = try NetworkStream(to: address)
    let guest = BenchGuest(
      lab: lab, scenario: scenario, specification: specification, address: address, collector: collector,
      stream: stream, logs: logs)
    let outcome: Swift.Result<Result, any Error>
    do {
      let host = try lab.host(1)
      try await lab.define(specification, on: host)
      try await lab.start(specification, on: host)
      try await guest.waitForBeats(patience, on: host)
      outcome = .success(try await body(guest))
    } catch { outcome = .failure(error) }
    await stream.stop()
    for log in logs { try? await log.close() }
    return try outcome.get()
  }

  /// The first beats of a guest that boots.
  private func waitForBeats(_ patience: Duration, on host: LabHost) async throws {
    guard await waits(patience, until: { collector.latest != nil }) else {
      try Task.checkCancellation()
      let console = try? await lab.run(on: host, ["tail", "-n", "1", specification.consolePath])
      throw BenchError(
        "its guest did not beat within \(patience) of its start; the last line of its console: \(console?.text ?? "")")
    }
    try await beats(for: .seconds(1))
  }

  /// Lets the guest beat for as long as that takes when it is well; throws `BenchError` when it falls silent for 30 s.
  func beats(for duration: Duration) async throws {
    let count = UInt64(duration / .nanoseconds(1)) / UInt64(period)
    let start = collector.latest?.sequence ?? 0
    guard await waits(.seconds(30) + duration, until: { (collector.latest?.sequence ?? 0) >= start + count }) else {
      try Task.checkCancellation()
      throw BenchError("its guest stopped beating")
    }
  }

  /// Where it beats, as an index of hosts.
  var side: Int { collector.latest?.side ?? 0 }

  func trace(since start: Int64) -> BeatTrace { BeatTrace(collector.beats(since: start), period: period) }

  /// The longest time without an answer over the network less the interval, in ms; nil when fewer than two came.
  func networkGap(since start: Int64) -> Double? {
    gaps(between: stream.answers(since: start)).map(\.length).max()
      .map { Double($0 - Int64(stream.interval / .nanoseconds(1))) / 1e6 }
  }

  func domain(on side: Int) async throws -> Domain {
    try await blocking { [logs, specification] in try logs[side].connection.domain(uuid: specification.id) }
  }
}

/// True as soon as the condition holds, false when it does not within the limit; looks every 5 ms.
func waits(
  _ limit: Duration, isolation: isolated (any Actor)? = #isolation, until condition: () async throws -> Bool
) async rethrows -> Bool {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(5))) != nil else { return false }
  }
  return true
}

extension GuestSpecification {
  fileprivate init(_ scenario: Scenario, address: String, collector: String) {
    let guest = scenario.guest
    var rate: Int? = 0
    switch guest?.rateMibS {
    case .mebibytesPerSecond(let number): rate = number
    case .max: rate = nil
    case nil: break
    }
    let period = Duration.microseconds(Int64((scenario.beatMs ?? Scenario.Defaults.beat) * 1000))
    self.init(
      name: "bench", memory: guest?.memoryMib ?? Scenario.Defaults.memory, vcpus: guest?.vcpus ?? 1, address: address,
      keeper: Keeper(
        mebibytes: guest?.keptMib ?? Scenario.Defaults.kept, mebibytesPerSecond: rate,
        pattern: guest?.pattern.flatMap(AccessPattern.init) ?? .sequential,
        heart: Heart(period: period, collector: collector)))
  }
}
