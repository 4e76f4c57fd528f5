import BenchModel
import Lab
import Libvirt
import Threads

/// The guest of one scenario, and everyone who watches it.
struct BenchGuest: Sendable {
  let site: BenchSite
  let scenario: Scenario
  let specification: GuestSpecification
  let collector: BeatCollector
  let stream: NetworkStream
  let witness: Witness
  let logs: [HostLog]

  /// From one beat to the next, in ns.
  var period: Int64 { Int64((scenario.beatMs ?? Scenario.Defaults.beat) * 1e6) }

  /// Makes a guest on the first host, in `body`'s scope, and returns when it beats; it is gone afterwards.
  ///
  /// Throws `BenchError` when it does not beat within `patience` of its start, else `LabError` and `LibvirtError`.
  /// - Parameter leave: told of what could not be removed, however the body ended.
  static func with<Result: Sendable>(
    _ scenario: Scenario, on site: BenchSite, patience: Duration = .seconds(90), leave: (String) -> Void,
    _ body: sending (BenchGuest) async throws -> Result
  ) async throws -> Result {
    let collector = try BeatCollector(at: site.collector, side: site.peers())
    let stream = try NetworkStream(to: site.guestAddress)
    let witness = Witness()
    let specification = GuestSpecification(scenario, on: site)
    var logs: [HostLog] = []
    let outcome: Swift.Result<Result, any Error>
    do {
      for host in site.hosts { logs.append(try await HostLog(of: host, guest: specification.id)) }
      let guest = BenchGuest(
        site: site, scenario: scenario, specification: specification, collector: collector, stream: stream,
        witness: witness, logs: logs)
      try await guest.start(patience)
      outcome = .success(try await body(guest))
    } catch { outcome = .failure(error) }
    for log in logs { await log.remove(specification.id).map(leave) }
    await witness.stop()
    await stream.stop()
    await collector.stop()
    return try outcome.get()
  }

  /// Returns when the guest has beaten for a second.
  private func start(_ patience: Duration) async throws {
    let xml = specification.xml(booting: site.image)
    try await blocking { [logs] in
      let domain = try logs[0].connection.define(xml)
      try domain.start()
    }
    guard await waits(patience, until: { collector.latest != nil }) else {
      try Task.checkCancellation()
      throw BenchError("its guest did not beat within \(patience) of its start\(await lastWords())\(unheard)")
    }
    try await beats(for: .seconds(1))
  }

  /// Whose beats were not taken for the guest's.
  var unheard: String {
    let strangers = collector.strangers.map(\.description).sorted().joined(separator: ", ")
    return strangers.isEmpty ? "" : "; beats came from \(strangers), which belongs to neither host"
  }

  /// The last line of the guest's console, where that can be read from here.
  private func lastWords() async -> String {
    guard let lab = site.lab, let host = try? lab.host(1),
      let line = try? await lab.run(on: host, ["tail", "-n", "1", specification.consolePath]).text
    else { return "" }
    return "; the last line of its console: \(line)"
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

  /// The longest time without an answer over the network less the interval, in ns, of those that touch `stretch` where one
  /// is given; nil when there is none.
  func networkGap(since start: Int64, around stretch: ClosedRange<Int64>? = nil) -> Int64? {
    gaps(between: stream.answers(since: start))
      .filter { gap in stretch.map { $0.overlaps(gap.start...gap.end) } ?? true }.map(\.length).max()
      .map { $0 - Int64(stream.interval / .nanoseconds(1)) }
  }

  /// What the scenario requires of QEMU's migrations and this one cannot; nil when it can.
  func lacking() async throws -> String? {
    let wanted = Set(scenario.requires ?? []).subtracting(["kvm"])
    guard !wanted.isEmpty else { return nil }
    let domain = try await domain(on: side)
    let missing = wanted.subtracting(try await blocking { try domain.migrationCapabilities() }).sorted()
    return missing.isEmpty ? nil : "the QEMU of \(site.hosts[side].name) has no \(missing.joined(separator: ", "))"
  }

  func domain(on side: Int) async throws -> Domain {
    try await blocking { [logs, specification] in try logs[side].connection.domain(uuid: specification.id) }
  }
}

extension HostLog {
  /// Ends and undefines the guest where it is, and closes the host; what is not there is as good. Returns why it is left.
  fileprivate func remove(_ uuid: String) async -> String? {
    var left: String?
    do {
      do { try await blocking { [connection] in try connection.remove(uuid) } } catch is LibvirtError {
        // The connection may have been lost since.
        try await blocking { [host] in
          let another = try Connection.open(host.uri, host: host.name)
          defer { _ = try? another.close() }
          try another.remove(uuid)
        }
      }
    } catch {
      left = "\(host.name): the guest \(uuid) could not be removed (virsh destroy, virsh undefine): \(error)"
    }
    try? await close()
    return left
  }
}

extension Connection {
  fileprivate func remove(_ uuid: String) throws {
    do {
      let domain = try domain(uuid: uuid)
      if try domain.status().state.isActive { try domain.destroy() }
      if try domain.isPersistent() { try domain.undefine() }
    } catch let error as LibvirtError where error.code == .noDomain {}
  }
}

/// True as soon as the condition holds, false when it does not within the limit; looks every 5 ms.
func waits(_ limit: Duration, until condition: () -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + limit
  while !condition() {
    guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(5))) != nil else { return false }
  }
  return true
}

extension GuestSpecification {
  fileprivate init(_ scenario: Scenario, on site: BenchSite) {
    let guest = scenario.guest
    let rate: Int? =
      switch guest?.rateMibS {
      case .mebibytesPerSecond(let number): number
      case .max: nil
      case nil: 0
      }
    let period = Duration.microseconds(Int64((scenario.beatMs ?? Scenario.Defaults.beat) * 1000))
    self.init(
      name: "migrate-bench", memory: guest?.memoryMib ?? Scenario.Defaults.memory, vcpus: guest?.vcpus ?? 1,
      connection: .bridge(site.bridge), address: site.guestAddress, prefixLength: site.prefixLength,
      accelerator: site.accelerator,
      keeper: Keeper(
        mebibytes: guest?.keptMib ?? Scenario.Defaults.kept, mebibytesPerSecond: rate,
        pattern: guest?.pattern.flatMap(AccessPattern.init) ?? .sequential,
        heart: Heart(period: period, collector: site.collector)))
  }
}
