import CLibvirt
import Synchronization

/// Why a connection ended (`virConnectCloseReason`).
public struct CloseReason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  public var rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let error = CloseReason(rawValue: 0)
  public static let endOfFile = CloseReason(rawValue: 1)
  public static let keepAlive = CloseReason(rawValue: 2)
  /// `Connection.close` was called.
  public static let client = CloseReason(rawValue: 3)

  public var description: String {
    switch self {
    case .error: "I/O error"
    case .endOfFile: "end of file"
    case .keepAlive: "keepalive timeout"
    case .client: "closed by this client"
    default: "close reason \(rawValue)"
    }
  }
}

/// The one close callback of a connection, told on to whoever wants to know; the first reason stands.
final class CloseSignal: Sendable {
  private struct State {
    var reason: CloseReason?
    var listeners: [ObjectIdentifier: @Sendable (CloseReason) -> Void] = [:]
    /// Whether libvirt holds this object.
    var isHeld = false
  }
  private let state = Mutex(State())

  var reason: CloseReason? { state.withLock { $0.reason } }

  /// Calls `listener` once, at once when the connection has already ended; must not block: it may be the event loop.
  func listen(_ id: ObjectIdentifier, _ listener: @escaping @Sendable (CloseReason) -> Void) {
    let reason = state.withLock { state in
      if state.reason == nil { state.listeners[id] = listener }
      return state.reason
    }
    if let reason { listener(reason) }
  }

  func forget(_ id: ObjectIdentifier) { state.withLock { _ = $0.listeners.removeValue(forKey: id) } }

  func fire(_ reason: CloseReason) {
    let listeners = state.withLock { state in
      guard state.reason == nil else { return [@Sendable (CloseReason) -> Void]() }
      state.reason = reason
      defer { state.listeners = [:] }
      return Array(state.listeners.values)
    }
    for listener in listeners { listener(reason) }
  }

  /// libvirt holds this object, and a reference to the connection, until `unregister`.
  ///
  /// A driver without a transport answers with success and neither calls back nor ever lets go
  /// (`virConnectRegisterCloseCallback`).
  func register(with connection: OpaquePointer, _ call: Call) throws {
    let box = Unmanaged.passRetained(self)
    state.withLock { $0.isHeld = true }
    do {
      try call.count {
        virConnectRegisterCloseCallback(connection, Self.callback, box.toOpaque(), Self.freeCallback)
      }
    } catch {
      release()
      throw error
    }
  }

  /// A refusal means that the callback has been made already, and with it the release
  /// (`virConnectUnregisterCloseCallback`).
  func unregister(from connection: OpaquePointer) {
    virConnectUnregisterCloseCallback(connection, Self.callback)
    release()
  }

  /// Takes back what `register` gave to libvirt, once.
  private func release() {
    let wasHeld = state.withLock { state in
      defer { state.isHeld = false }
      return state.isHeld
    }
    if wasHeld { Unmanaged.passUnretained(self).release() }
  }

  static let callback: virConnectCloseFunc = { _, reason, opaque in
    guard let opaque else { return }
    Unmanaged<CloseSignal>.fromOpaque(opaque).takeUnretainedValue().fire(CloseReason(rawValue: reason))
  }

  private static let freeCallback: virFreeCallback = { opaque in
    if let opaque { Unmanaged<CloseSignal>.fromOpaque(opaque).takeUnretainedValue().release() }
  }
}

extension Connection {
  /// Why this connection ended, nil while it is open.
  public var closeReason: CloseReason? { closing.reason }

  /// Gives the reason when the connection ends, then finishes; gives it at once when it has ended already.
  public func closures() -> AsyncStream<CloseReason> {
    let (stream, continuation) = AsyncStream.makeStream(of: CloseReason.self, bufferingPolicy: .bufferingNewest(1))
    let watcher = Watcher()
    continuation.onTermination = { [closing] _ in closing.forget(ObjectIdentifier(watcher)) }
    closing.listen(ObjectIdentifier(watcher)) { reason in
      continuation.yield(reason)
      continuation.finish()
    }
    return stream
  }
}

/// What tells one reader of `closures` from another.
private final class Watcher: Sendable {}
