import CLibvirt
import Glibc

/// An event as a QEMU told it to libvirt, with QEMU's own stamp.
public struct MonitorEvent: Sendable, Hashable {
  public var uuid: String
  /// As QEMU names it: "STOP", "RESUME".
  public var name: String
  /// CLOCK_REALTIME of the QEMU's host when QEMU wrote it, in microseconds since 1970.
  public var stamp: Int64
}

/// Names one watch of QEMU's events on one connection.
public struct MonitorWatch: Sendable, Hashable {
  let id: Int32
}

extension Connection {
  /// Calls `handler` from libvirt's event loop with every event of this host's QEMUs, until `endMonitorWatch`, which
  /// must come before the connection is closed; the handler must not block.
  ///
  /// For measuring only: libvirt promises nothing of what its QEMU driver passes on here. Throws `LibvirtError`
  /// (`virConnectDomainQemuMonitorEventRegister`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func watchMonitors(_ handler: @escaping @Sendable (MonitorEvent) -> Void) throws -> MonitorWatch {
    try call("register for QEMU's events") { raw, call in
      let box = Unmanaged.passRetained(MonitorHandler(handler))
      do {
        let id = try call.count {
          virConnectDomainQemuMonitorEventRegister(raw, nil, nil, onMonitorEvent, box.toOpaque(), releaseHandler, 0)
        }
        return MonitorWatch(id: id)
      } catch {
        box.release()
        throw error
      }
    }
  }

  /// Throws `LibvirtError` (`virConnectDomainQemuMonitorEventDeregister`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func endMonitorWatch(_ watch: MonitorWatch) throws {
    try call("deregister from QEMU's events") { raw, call in
      _ = try call.count { virConnectDomainQemuMonitorEventDeregister(raw, watch.id) }
    }
  }
}

extension Domain {
  /// Sends a QMP command without arguments to the guest's QEMU, past libvirt, and returns the reply, an object with
  /// `return` or `error`.
  ///
  /// For measuring only: libvirt notes of the domain that its monitor was used (`virDomainQemuMonitorCommand`). Throws
  /// `LibvirtError`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func askMonitor(_ command: String) throws -> String {
    var reply: UnsafeMutablePointer<CChar>?
    defer { free(reply) }
    _ = try call("ask the QEMU of").count {
      virDomainQemuMonitorCommand(raw, #"{"execute": "\#(command)"}"#, &reply, 0)
    }
    return reply.map { String(cString: $0) } ?? ""
  }
}

private final class MonitorHandler: Sendable {
  let handle: @Sendable (MonitorEvent) -> Void
  init(_ handle: @escaping @Sendable (MonitorEvent) -> Void) { self.handle = handle }
}

private let onMonitorEvent: virConnectDomainQemuMonitorEventCallback = { _, domain, name, seconds, micros, _, opaque in
  guard let domain, let name, let opaque,
    let identity = try? RawDomainIdentity(of: domain, Call("read an event", on: ""))
  else { return }
  let stamp = Int64(seconds) * 1_000_000 + Int64(micros)
  Unmanaged<MonitorHandler>.fromOpaque(opaque).takeUnretainedValue()
    .handle(MonitorEvent(uuid: identity.uuid, name: String(cString: name), stamp: stamp))
}

private let releaseHandler: virFreeCallback = { opaque in
  if let opaque { Unmanaged<MonitorHandler>.fromOpaque(opaque).release() }
}
