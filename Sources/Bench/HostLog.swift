import Libvirt
import Synchronization
import Threads

/// One host of a bench: a connection to its libvirtd, and everything that it and its QEMUs tell of one guest.
final class HostLog: Sendable {
  struct Note: Sendable, Equatable {
    enum Teller: Sendable { case qemu, libvirt }
    var teller: Teller
    /// "STOP", "RESUME" by QEMU; "suspended", "resumed", "pass" by libvirt.
    var what: String
    /// CLOCK_MONOTONIC in ns: of QEMU, whose stamp is brought to that clock, or of this process when it heard libvirt.
    var stamp: Int64
    /// The pass over the memory that begins, from 1.
    var pass: Int?
    /// When this process heard it, by its own clock, in ns.
    var heard = monotonicNow()
  }

  let host: BenchSite.Host
  let connection: Connection
  private let log: Log
  private let watch: MonitorWatch
  private let reader: Task<Void, Never>

  private final class Log: Sendable {
    let notes = Mutex<[Note]>([])
    func add(_ note: Note) { notes.withLock { $0.append(note) } }
  }

  /// Opens the host and listens from now on; throws `LibvirtError`.
  init(of host: BenchSite.Host, guest uuid: String) async throws {
    let log = Log()
    let connection = try await blocking { try Connection.open(host.uri, host: host.name) }
    (self.host, self.connection, self.log) = (host, connection, log)
    watch = try await blocking {
      try connection.watchMonitors { event in
        guard event.uuid == uuid, ["STOP", "RESUME"].contains(event.name) else { return }
        log.add(Note(teller: .qemu, what: event.name, stamp: event.stamp * 1000 + realtimeToMonotonic()))
      }
    }
    let events = try await blocking { try connection.domainEvents() }
    reader = Task {
      for await event in events where event.uuid == uuid { Self.note(event, in: log) }
    }
  }

  private static func note(_ event: DomainEvent, in log: Log) {
    let age = Int64((ContinuousClock.now - event.received) / .nanoseconds(1))
    let stamp = monotonicNow() - age
    switch event.kind {
    case .lifecycle(let turn): log.add(Note(teller: .libvirt, what: "\(turn.event)", stamp: stamp))
    case .migrationIteration(let pass): log.add(Note(teller: .libvirt, what: "pass", stamp: stamp, pass: pass))
    case .jobCompleted: break
    }
  }

  /// What was heard from `start` on, in that order.
  func notes(since start: Int64) -> [Note] { log.notes.withLock { $0.filter { $0.heard >= start } } }

  /// Throws `LibvirtError` where libvirt still holds something.
  func close() async throws {
    reader.cancel()
    try await blocking { [connection, watch] in
      try connection.endMonitorWatch(watch)
      try connection.close()
    }
  }
}
