import CLibvirt
import Glibc
import Testing
import Threads

@testable import Libvirt

@Suite(.timeLimit(.minutes(1))) struct DomainEventTests {
  @Test func turnsArriveInOrderAndTheStreamEndsWithTheConnection() async throws {
    let (connection, uri) = try await open(["web1", "web2"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let before = ContinuousClock.now
    let events = try await blocking { try connection.domainEvents() }
    let uuid = try await blocking {
      let domain = try connection.domain(named: "web1")
      try domain.suspend()
      try domain.resume()
      try connection.domain(named: "web2").destroy()
      return domain.uuid
    }
    let seen = await collect(3, of: events)
    #expect(seen.map(\.domain) == ["web1", "web1", "web2"])
    #expect(
      seen.map(\.kind) == [
        .lifecycle(.suspendedPaused), .lifecycle(.resumedUnpaused), .lifecycle(.init(event: .stopped, detail: 1)),
      ])
    #expect(seen.first?.uuid == uuid)
    #expect(seen.allSatisfy { before < $0.received && $0.received < .now })
    #expect(try await blocking { try connection.close() } == 0, "the registration gives its references back")
    #expect(await collect(1, of: events).isEmpty)
  }

  @Test func aStreamCanBeOfOneDomain() async throws {
    let (connection, uri) = try await open(["web1", "web2"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let events = try await blocking {
      let events = try connection.domainEvents(of: connection.domain(named: "web2"))
      try connection.domain(named: "web1").suspend()
      try connection.domain(named: "web2").suspend()
      return events
    }
    #expect(await collect(1, of: events).map(\.domain) == ["web2"])
    #expect(try await blocking { try connection.close() } == 0)
  }

  @Test func everyStreamSeesEverything() async throws {
    let (connection, uri) = try await open(["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let streams = try await blocking {
      let streams = try (0..<3).map { _ in try connection.domainEvents() }
      try connection.domain(named: "web1").suspend()
      return streams
    }
    for stream in streams { #expect(await collect(1, of: stream).map(\.kind) == [.lifecycle(.suspendedPaused)]) }
    #expect(try await blocking { try connection.close() } == 0)
  }

  @Test func aDroppedStreamLetsItsConnectionGo() async throws {
    let uri = try testHostURI(domains: ["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    weak let hub = try await blocking {
      let connection = try Connection.open(uri)
      _ = try connection.domainEvents()
      return connection.hub
    }
    while hub != nil { await Task.yield() }
    #expect(hub == nil, "libvirt has released its boxes")
  }

  @Test func aStreamKeepsItsConnectionUntilItsReaderIsCancelled() async throws {
    let uri = try testHostURI(domains: ["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let (events, watched) = try await blocking {
      let connection = try Connection.open(uri)
      return (try connection.domainEvents(), WeakConnection(connection))
    }
    #expect(watched.connection != nil)
    let reader = Task { for await _ in events {} }
    reader.cancel()
    await reader.value
    while watched.connection != nil { await Task.yield() }
    #expect(watched.connection == nil)
  }

  @Test func losingTheTransportEndsTheStream() async throws {
    let (connection, uri) = try await open(["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let events = try await blocking { try connection.domainEvents() }
    detachThread { connection.closing.fire(.keepAlive) }
    #expect(await collect(1, of: events).isEmpty)
    #expect(connection.closeReason == .keepAlive)
    let late = try await blocking { try connection.domainEvents() }
    #expect(await collect(1, of: late).isEmpty, "a stream of a lost connection ends at once")
  }

  @Test func registeringOnAClosedConnectionThrows() async throws {
    let (connection, uri) = try await open([])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    await #expect(throws: LibvirtError.self) {
      try await blocking {
        _ = try connection.close()
        _ = try connection.domainEvents()
      }
    }
  }

  @Test func everyCallbackCanFireOffTheMainThread() async throws {
    let (connection, uri) = try await open(["web1"])
    defer { unlink(String(uri.dropFirst("test://".count))) }
    let domain = try await blocking { try connection.domain(named: "web1") }
    let events = connection.hub.stream(uuid: nil, holding: connection)
    detachThread { fireEveryCallback(connection.hub, domain) }
    var statistics = JobStatistics()
    statistics.downtime = .milliseconds(12)
    #expect(
      await collect(3, of: events).map(\.kind) == [
        .lifecycle(.stoppedMigrated), .jobCompleted(statistics), .migrationIteration(4),
      ])
  }

  @Test func wordsAreLibvirts() {
    #expect(Lifecycle.suspendedMigrated.description == "suspended migrated")
    #expect(Lifecycle.resumedPostcopyFailed.detail == Int32(VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED.rawValue))
    #expect(Lifecycle.suspendedPostcopyFailed.detail == Int32(VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED.rawValue))
    #expect(Lifecycle.stoppedFailed.detail == Int32(VIR_DOMAIN_EVENT_STOPPED_FAILED.rawValue))
    #expect(Lifecycle.stoppedFailed.description == "stopped failed")
    #expect(Lifecycle(event: .init(rawValue: 77), detail: 3).description == "event 77 detail 3")
    #expect(Lifecycle(event: .stopped, detail: 77).description == "stopped detail 77")
  }

  private func open(_ domains: [String]) async throws -> (Connection, String) {
    let uri = try testHostURI(domains: domains)
    return (try await blocking { try Connection.open(uri) }, uri)
  }
}

private struct WeakConnection: Sendable {
  weak let connection: Connection?
  init(_ connection: Connection) { self.connection = connection }
}

private func collect(_ count: Int, of events: AsyncStream<DomainEvent>) async -> [DomainEvent] {
  var seen: [DomainEvent] = []
  for await event in events {
    seen.append(event)
    if seen.count == count { break }
  }
  return seen
}

/// As libvirt's event loop calls them, with arguments that do not outlive the call.
private func fireEveryCallback(_ hub: EventHub, _ domain: Domain) {
  let box = Unmanaged.passUnretained(hub).toOpaque()
  guard let fields = try? TypedParameters() else { return }
  do { try fields.add("downtime", .unsigned(12), Call("build", on: "")) } catch { return }
  _ = EventCallback.onLifecycle(nil, domain.raw, 5, 3, box)
  EventCallback.onJobCompleted(nil, domain.raw, fields.pointer, fields.count, box)
  EventCallback.onMigrationIteration(nil, domain.raw, 4, box)
}
