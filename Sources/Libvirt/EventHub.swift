import CLibvirt
import Synchronization

/// The events of one connection: registered once with libvirt, told on to every stream in the order of their arrival.
///
/// libvirt refuses to register a function twice on one connection, so the streams share the registration.
final class EventHub: Sendable {
  private struct Listener {
    /// Nil for the events of every domain.
    var uuid: String?
    var continuation: AsyncStream<DomainEvent>.Continuation
  }
  private struct State {
    var listeners: [Int: Listener] = [:]
    var next = 0
    var isFinished = false
  }
  private let state = Mutex(State())
  private let callbacks = Mutex<[Int32]>([])

  /// Registers every callback unless that is done already; when one is refused, none stays.
  ///
  /// libvirt retains this object and references the connection for each (`virConnectDomainEventRegisterAny`).
  func register(with connection: OpaquePointer, _ call: Call) throws {
    try callbacks.withLock { callbacks in
      guard callbacks.isEmpty else { return }
      do {
        for callback in EventCallback.all { callbacks.append(try add(callback, to: connection, call)) }
      } catch {
        Self.deregister(&callbacks, from: connection)
        throw error
      }
    }
  }

  /// A refusal is of no consequence: the transport is lost then (`virConnectDomainEventDeregisterAny`).
  func deregister(from connection: OpaquePointer) {
    callbacks.withLock { Self.deregister(&$0, from: connection) }
  }

  private static func deregister(_ callbacks: inout [Int32], from connection: OpaquePointer) {
    for callback in callbacks { virConnectDomainEventDeregisterAny(connection, callback) }
    callbacks = []
  }

  private func add(_ callback: EventCallback, to connection: OpaquePointer, _ call: Call) throws -> Int32 {
    let box = Unmanaged.passRetained(self)
    do {
      return try call.count {
        virConnectDomainEventRegisterAny(
          connection, nil, callback.id, callback.function, box.toOpaque(), EventCallback.release)
      }
    } catch {
      box.release()
      throw error
    }
  }

  /// A stream of what comes from now on, which holds `owner` until it ends; it ends at once after `finish`.
  func stream(uuid: String?, holding owner: Connection) -> AsyncStream<DomainEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: DomainEvent.self, bufferingPolicy: .unbounded)
    let (key, isFinished) = state.withLock { state in
      state.next += 1
      if !state.isFinished { state.listeners[state.next] = Listener(uuid: uuid, continuation: continuation) }
      return (state.next, state.isFinished)
    }
    guard !isFinished else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [self, owner] _ in
      withExtendedLifetime(owner) { state.withLock { _ = $0.listeners.removeValue(forKey: key) } }
    }
    return stream
  }

  /// Ends every stream, after what it still holds.
  func finish() {
    let listeners = state.withLock { state in
      state.isFinished = true
      defer { state.listeners = [:] }
      return state.listeners.values.map(\.continuation)
    }
    for continuation in listeners { continuation.finish() }
  }

  /// Copies everything out of a callback's arguments: they are libvirt's again when it returns.
  func receive(_ domain: OpaquePointer?, _ kind: DomainEvent.Kind) {
    let received = ContinuousClock.now
    guard let domain, let identity = try? RawDomainIdentity(of: domain, Call("read an event", on: "")) else { return }
    let event = DomainEvent(domain: identity.name, uuid: identity.uuid, received: received, kind: kind)
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners where listener.uuid == nil || listener.uuid == event.uuid {
      listener.continuation.yield(event)
    }
  }
}
