import CLibvirt
import Synchronization
import Threads

/// A connection to one host's libvirt daemon or to a driver within this process.
///
/// Owns one `virConnectPtr`; what is looked up through it keeps it open. Methods that block are refused in async code:
/// call them inside `blocking { }`. All of them throw `LibvirtError`.
public final class Connection: Sendable {
  /// How errors name this host.
  public let host: String
  let closing = CloseSignal()
  let hub = EventHub()
  private let handle: Mutex<Handle?>

  private init(_ raw: OpaquePointer, host: String) {
    self.host = host
    handle = Mutex(Handle(raw: raw))
  }

  /// Opens `uri`, starting libvirt's event loop first; `host` is how errors name it, else the URI's host.
  ///
  /// Where the transport knows keepalive, a dead peer is noticed and every pending call fails after
  /// `keepAlive.interval` × `keepAlive.count` (`virConnectOpen`, `virConnectSetKeepAlive`,
  /// `virConnectRegisterCloseCallback`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public static func open(
    _ uri: String, readOnly: Bool = false, host: String? = nil, keepAlive: KeepAlive = .standard
  ) throws -> Connection {
    try LibvirtRuntime.start()
    let host = host ?? hostLabel(ofURI: uri)
    let raw = try Call("connect to \(uri)", on: host).pointer {
      readOnly ? virConnectOpenReadOnly(uri) : virConnectOpen(uri)
    }
    let connection = Connection(raw, host: host)
    try connection.watchTransport(keepAlive)
    return connection
  }

  /// Gives the handle back and answers how many references libvirt still holds: 0 proves that none leaked.
  ///
  /// Ends the event streams first. Domains that are still held keep the connection itself open, and each counts; so
  /// does a call that is under way on another thread. A second close throws `.invalidConnection` (`virConnectClose`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  @discardableResult
  public func close() throws -> Int {
    guard let closed = handle.withLock({ $0.take() }) else { throw Self.closed("close the connection", host) }
    hub.deregister(from: closed.raw)
    closing.unregister(from: closed.raw)
    closing.fire(.client)
    return Int(try Call("close the connection", on: host).count { virConnectClose(closed.raw) })
  }

  deinit {
    guard let left = handle.withLock({ $0.take() }) else { return }
    detachThread { [closing, hub] in
      hub.deregister(from: left.raw)
      closing.unregister(from: left.raw)
      virConnectClose(left.raw)
    }
  }

  /// Runs `body` with the handle, which lives until `body` returns even when the connection is closed meanwhile.
  func call<T>(_ operation: String, _ body: (OpaquePointer, Call) throws -> T) throws -> T {
    guard let held = handle.withLock({ $0?.retained() }) else { throw Self.closed(operation, host) }
    defer { virConnectClose(held.raw) }
    return try body(held.raw, Call(operation, on: host))
  }

  private func watchTransport(_ keepAlive: KeepAlive) throws {
    try call("watch the connection") { raw, call in
      try ignoringNoSupport { try call.count { virConnectSetKeepAlive(raw, keepAlive.interval, keepAlive.count) } }
      try ignoringNoSupport { try closing.register(with: raw, call) }
      closing.listen(ObjectIdentifier(hub)) { [hub] _ in hub.finish() }
    }
  }

  private static func closed(_ operation: String, _ host: String) -> LibvirtError {
    LibvirtError(code: .invalidConnection, message: "the connection is closed", operation: operation, host: host)
  }
}

/// How often a silent peer is probed, and how many probes may stay unanswered.
public struct KeepAlive: Sendable, Hashable {
  /// Seconds.
  public var interval: Int32
  public var count: UInt32
  public static let standard = KeepAlive(interval: 5, count: 3)

  public init(interval: Int32, count: UInt32) {
    self.interval = interval
    self.count = count
  }
}

/// A pointer that libvirt's own locks and reference counts make safe to pass between threads.
struct Handle: @unchecked Sendable {
  let raw: OpaquePointer

  /// With a reference more, to be given back with `virConnectClose` (`virConnectRef`).
  func retained() -> Handle {
    virConnectRef(raw)
    return self
  }
}

/// Drivers that live in this process have no transport to watch, and say so with VIR_ERR_NO_SUPPORT.
private func ignoringNoSupport(_ body: () throws -> Void) throws {
  do { try body() } catch let error as LibvirtError where error.code == .noSupport {}
}
