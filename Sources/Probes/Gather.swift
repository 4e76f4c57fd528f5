import MigrationModel

/// A way that guests may go: places of two hosts in a list.
public struct Route: Sendable, Hashable {
  public var source: Int
  public var destination: Int
  public init(from source: Int, to destination: Int) {
    self.source = source
    self.destination = destination
  }
}

/// What is to be looked at.
public struct SurveyScope: Sendable {
  public var hosts: [HostTarget]
  /// Which guests of each host, in the hosts' order.
  public var guests: [GuestChoice]
  public var routes: [Route]
  /// Some questions are asked only where the request makes them matter: certificates, room for copies, the daemons' own
  /// credentials.
  public var request: MigrationRequest
  /// Of each host, for each step.
  public var timeout: Duration
  /// Whether a nonce file may be written beside an image to show that storage is shared.
  public var writesProbes: Bool
  /// Whether the hosts are compared as such: every way between them, also one that no guest would go now, and the CPU
  /// that all of them can give.
  public var comparesHosts: Bool
  /// Whether the guests' migratable XML is kept, to be edited for the destination.
  public var keepsXML: Bool

  public init(
    hosts: [HostTarget], guests: [GuestChoice], routes: [Route], request: MigrationRequest, timeout: Duration,
    writesProbes: Bool, comparesHosts: Bool = false, keepsXML: Bool = false
  ) {
    self.hosts = hosts
    self.guests = guests
    self.routes = routes
    self.request = request
    self.timeout = timeout
    self.writesProbes = writesProbes
    self.comparesHosts = comparesHosts
    self.keepsXML = keepsXML
  }
}

extension SurveyScope {
  /// The scope without the hosts at other places than `places`, which ascend.
  func keeping(_ places: [Int]) -> SurveyScope {
    let numbers = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($0.element, $0.offset) })
    var scope = self
    (scope.hosts, scope.guests) = (places.map { hosts[$0] }, places.map { guests[$0] })
    scope.routes = routes.compactMap { route in
      guard let from = numbers[route.source], let to = numbers[route.destination] else { return nil }
      return Route(from: from, to: to)
    }
    return scope
  }
}

/// Reads all hosts of the scope side by side, once, for any number of guests and ways between the hosts.
///
/// A host costs one libvirt connection and one shell on one SSH session; the shell answers every question in turn. A fact
/// that cannot be read is a gap. Throws HostUnusable when a guest is not there, and when a host's libvirt is not, unless
/// such hosts are skipped: then the survey says why.
public func gather(_ scope: SurveyScope, skippingUnusableHosts skips: Bool = false) async throws -> Survey {
  let names = scope.hosts.map(\.name)
  let opened = await concurrently(scope.hosts) { host in
    await opening(host, timeout: scope.timeout)
  }
  let usable = opened.indices.filter { if case .success = opened[$0].probe { true } else { false } }
  do {
    let probes = try (skips ? usable : Array(opened.indices)).map { try opened[$0].probe.get() }
    let scope = scope.keeping(usable)
    var survey = try await withPartners(probes, usable.map { opened[$0].door }[...], scope.timeout, []) { partners in
      let survey = await outcome {
        try await Conversation(partners: partners, scope: scope, skipsUnusableHosts: skips).hold()
      }
      await concurrently(partners) { await $0.probe.close() }
      return try survey.get()
    }
    for (host, opening) in zip(opened.indices, opened) {
      if case .failure(let error) = opening.probe { survey.unusable[names[host]] = "\(error)" }
    }
    await concurrently(opened.filter { if case .failure = $0.probe { true } else { false } }) { await $0.door.close() }
    return survey
  } catch {
    await concurrently(opened) { await $0.door.close() }
    throw error
  }
}

private func outcome<Value>(of body: () async throws -> Value) async -> Result<Value, any Error> {
  do { return .success(try await body()) } catch { return .failure(error) }
}

/// Both ways to a host: at the same time, or the second over the first where it can be.
private func opening(_ host: HostTarget, timeout: Duration) async -> (door: Door, probe: Result<HostProbe, any Error>) {
  guard LibvirtRelay.addresses(of: host) != nil else {
    async let door = Door.reach(host.shell, timeout: timeout)
    let probe = await outcome { try await HostProbe.open(host, timeout: timeout) }
    return (await door, probe)
  }
  let door = await Door.reach(host.shell, timeout: timeout)
  return (door, await outcome { try await HostProbe.open(host, through: door, timeout: timeout) })
}

/// Opens one shell after the other, each within the scope of the one before; all are closed when `body` has ended.
private func withPartners<Result: Sendable>(
  _ probes: [HostProbe], _ doors: ArraySlice<Door>, _ timeout: Duration, _ ready: [Partner],
  _ body: @escaping @Sendable ([Partner]) async throws -> Result
) async throws -> Result {
  guard let door = doors.first else { return try await body(ready) }
  return try await door.open(timeout: timeout) { shell in
    let partner = Partner(probe: probes[ready.count], shell: shell, reach: door.reachOut)
    return try await withPartners(probes, doors.dropFirst(), timeout, ready + [partner], body)
  }
}
