import CLibvirt
import Glibc
import Threads

/// The process-wide part of libvirt: its error printer silenced, its event loop running on a thread of its own.
public enum LibvirtRuntime {
  /// Starts it once, whoever calls first; later calls answer as the first did.
  ///
  /// Throws `LibvirtError` when libvirt cannot be initialised. Without the loop no event, no keepalive and no close
  /// callback ever arrives (`virSetErrorFunc`, `virInitialize`, `virEventRegisterDefaultImpl`).
  public static func start() throws { try outcome.get() }

  private static let outcome = Result { () throws in
    virSetErrorFunc(nil, { _, _ in })
    try Call("initialise libvirt", on: "localhost").count { virInitialize() }
    try Call("register libvirt's event loop", on: "localhost").count { virEventRegisterDefaultImpl() }
    detachThread(runEventLoop)
  }

  /// A failing turn is retried after a pause, so that a lasting failure does not burn a core.
  private static func runEventLoop() {
    while true {
      if virEventRunDefaultImpl() < 0 { usleep(10_000) }
    }
  }
}
