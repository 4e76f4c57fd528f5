import CLibvirt
import Synchronization

/// One event stream's callbacks with libvirt, and a reference of its own to the connection while they stand.
final class EventRegistration: Sendable {
  private struct Standing {
    var connection: Handle
    var callbacks: [Int32] = []
  }
  let continuation: AsyncStream<DomainEvent>.Continuation
  private let standing: Mutex<Standing?>

  init(_ connection: OpaquePointer, _ continuation: AsyncStream<DomainEvent>.Continuation) {
    virConnectRef(connection)
    self.continuation = continuation
    standing = Mutex(Standing(connection: Handle(raw: connection)))
  }

  /// Registers one callback; libvirt retains this object until the callback is gone (`virConnectDomainEventRegisterAny`).
  func add(_ callback: EventCallback, on domain: OpaquePointer?, _ call: Call) throws {
    let box = Unmanaged.passRetained(self)
    do {
      try standing.withLock { standing in
        guard let connection = standing?.connection.raw else { return box.release() }
        standing?.callbacks.append(
          try call.count {
            virConnectDomainEventRegisterAny(
              connection, domain, callback.id, callback.function, box.toOpaque(), EventCallback.release)
          })
      }
    } catch {
      box.release()
      throw error
    }
  }

  /// Deregisters the callbacks and finishes the stream; only the first call does anything. Blocks.
  ///
  /// A refusal is of no consequence: the connection is lost then (`virConnectDomainEventDeregisterAny`).
  func end() {
    guard let ended = standing.withLock({ $0.take() }) else { return }
    for callback in ended.callbacks { virConnectDomainEventDeregisterAny(ended.connection.raw, callback) }
    virConnectClose(ended.connection.raw)
    continuation.finish()
  }

  /// Copies everything out of the callback's arguments: they are libvirt's again when it returns.
  func receive(_ domain: OpaquePointer?, _ kind: DomainEvent.Kind) {
    let received = ContinuousClock.now
    guard let domain, let identity = try? RawDomainIdentity(of: domain, Call("read an event", on: "")) else { return }
    continuation.yield(DomainEvent(domain: identity.name, uuid: identity.uuid, received: received, kind: kind))
  }
}

/// One kind of event: its number and the callback of the signature that libvirt calls for that number.
struct EventCallback: @unchecked Sendable {
  var id: Int32
  var function: virConnectDomainEventGenericCallback

  /// Everything that the stream of a connection carries.
  static let all = [lifecycle, jobCompleted, migrationIteration]

  static let lifecycle = EventCallback(
    id: VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    function: unsafeBitCast(onLifecycle, to: virConnectDomainEventGenericCallback.self))
  static let jobCompleted = EventCallback(
    id: VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
    function: unsafeBitCast(onJobCompleted, to: virConnectDomainEventGenericCallback.self))
  static let migrationIteration = EventCallback(
    id: VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
    function: unsafeBitCast(onMigrationIteration, to: virConnectDomainEventGenericCallback.self))

  private init(id: virDomainEventID, function: @escaping virConnectDomainEventGenericCallback) {
    self.id = Int32(id.rawValue)
    self.function = function
  }

  static let onLifecycle: virConnectDomainEventCallback = { _, domain, event, detail, opaque in
    registration(opaque)?.receive(domain, .lifecycle(Lifecycle(event: .init(rawValue: event), detail: detail)))
    return 0
  }

  static let onJobCompleted: virConnectDomainEventJobCompletedCallback = { _, domain, fields, count, opaque in
    let statistics = JobStatistics(type: nil, TypedParameterReader(pointer: fields, count: count))
    registration(opaque)?.receive(domain, .jobCompleted(statistics))
  }

  static let onMigrationIteration: virConnectDomainEventMigrationIterationCallback = { _, domain, pass, opaque in
    registration(opaque)?.receive(domain, .migrationIteration(Int(pass)))
  }

  static let release: virFreeCallback = { opaque in
    if let opaque { Unmanaged<EventRegistration>.fromOpaque(opaque).release() }
  }

  private static func registration(_ opaque: UnsafeMutableRawPointer?) -> EventRegistration? {
    opaque.map { Unmanaged<EventRegistration>.fromOpaque($0).takeUnretainedValue() }
  }
}
