/// The one thing that the driver moves guests with: libvirt here, a VMM's own protocol elsewhere.
public protocol MigrationBackend: Sendable {
  /// What is seen of the guest on both hosts, in order of receipt; ends when the backend is let go.
  var events: AsyncStream<Machine.Event> { get }

  /// Moves the guest. When the hypervisor's call is over, however it ended, `events` gives `callReturned` after all
  /// that was seen before, and this returns.
  func migrate() async

  /// Asks for the move to end, again until the hypervisor's call is over: one request alone can come too early and be lost.
  func abort() async

  /// Looks at the guest on both hosts; a host that does not answer is a value, not an error.
  func inspect() async -> Inspection
}
