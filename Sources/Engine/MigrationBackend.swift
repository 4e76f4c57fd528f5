import MigrationModel

/// The one thing that the driver moves guests with: libvirt here, a VMM's own protocol elsewhere.
public protocol MigrationBackend: Sendable {
  /// What is seen of the guest on both hosts, in order of receipt; ends when the backend is let go.
  var events: AsyncStream<Machine.Event> { get }

  /// Moves the guest. When the hypervisor's call is over, however it ended, `events` gives `callReturned` after all
  /// that was seen before, and this returns.
  func migrate() async

  /// Asks for the move to end, again until the hypervisor's call is over: one request alone can come too early and be lost.
  func abort() async

  /// Exercises a control on the running move; returns why it was refused, nil when it was taken.
  func exercise(_ control: Machine.Control) async -> String?

  /// Looks at the guest on both hosts; a host that does not answer is a value, not an error.
  func inspect() async -> Inspection

  /// Puts right what a broken-off move has left, if it still is so on both hosts; returns why not, nil when it is done.
  func repair(_ repair: Machine.Repair, seen: Inspection) async -> String?

  /// Removes what was made for the move and is not the guest's now; returns what could not be removed.
  func clear(hasMoved: Bool) async -> [String]
}

/// What someone wants of a move that is under way.
public enum MoveWish: Sendable, Equatable {
  /// It is to be undone.
  case cancel
  /// A limit is to be another one; `id` is told in the answer.
  case set(MoveSetting, id: Int64)
}
