import DomainXML
import Libvirt
import MigrationModel
import Synchronization
import Threads

/// What is changed on the two hosts before a guest's move begins, and is taken back when it does not arrive: images for
/// the disks that are copied, and the guest's downtime limit.
final class MovePreparations: Sendable {
  private let request: MigrationRequest
  /// The guest through the connection that is not watched.
  private let guest: Domain
  private let arriving: Connection
  private let source: HostWatch
  private let destination: HostWatch
  private let timeout: Duration
  /// The downtime limit that the guest had, where it was changed for this move.
  private let downtimeBefore = Mutex<Duration?>(nil)
  private let storage = Mutex(Storage())
  /// Storage is given so many times the time that an answer may take.
  private static let patienceWithStorage = 3

  private struct Storage: Sendable {
    var note: @Sendable (StorageLeftover) throws -> Void = { _ in }
    /// What was made, or is about to be.
    var made: [StorageLeftover] = []
  }

  init(
    _ request: MigrationRequest, of guest: Domain, from source: HostWatch, to destination: HostWatch,
    through arriving: Connection, timeout: Duration
  ) {
    (self.request, self.guest, self.arriving, self.timeout) = (request, guest, arriving, timeout)
    (self.source, self.destination) = (source, destination)
  }

  /// Has `note` called before anything is made on the destination; what it throws ends the making.
  func beforeMaking(_ note: @escaping @Sendable (StorageLeftover) throws -> Void) {
    storage.withLock { $0.note = note }
  }

  /// What was made, or may have been, and may still be there.
  var leftovers: [StorageLeftover] { storage.withLock(\.made) }

  /// What the copied disks need and the destination does not have. Throws LibvirtError, ImageError and ImagesLeft.
  func makeImages() async throws {
    guard request.copyStorage != nil else { return }
    let note = storage.withLock(\.note)
    let made = try await blocking { [self] in
      try ImageKeeper(on: arriving, id: poolID).make(try targetImages()) { leftover in
        try note(leftover)
        // A call that breaks off does not say whether it was made.
        storage.withLock { $0.made.append(leftover) }
      }
    }
    storage.withLock { $0.made = made.map(StorageLeftover.image) }
  }

  /// Set before the move begins: QEMU decides with it from the first pass on. Throws LibvirtError.
  func limitDowntime() async throws {
    guard let limit = request.maxDowntime else { return }
    let before = try await source.withGuest { guest in
      let before = try guest.maxDowntime()
      try guest.setMaxDowntime(.milliseconds(limit))
      return before
    }
    downtimeBefore.withLock { $0 = before }
  }

  /// Returns what could not be taken back.
  func takeBack() async -> [String] { await restoreDowntime() + removeMade() }

  @available(*, noasync)
  private func targetImages() throws -> [TargetImage] {
    var facts = try DomainDescription(parsing: guest.xml()).facts
    facts.state = try guest.status().state
    if let xml = request.destinationXML { facts = facts.fitted(to: try DomainDescription(parsing: xml).facts) }
    let targets = facts.disks.filter(request.copies).map(\.target)
    let sizes = try Dictionary(uniqueKeysWithValues: targets.map { ($0, try guest.size(ofDisk: $0)) })
    return try request.targetImages(of: facts, sizes)
  }

  private func removeMade() async -> [String] {
    let made = leftovers
    guard !made.isEmpty else { return [] }
    do {
      let left = try await destination.withConnection(within: timeout * Self.patienceWithStorage) {
        [uuid = guest.uuid, poolID] in
        ImageKeeper(on: $0, id: poolID).remove(made, ofGuest: uuid)
      }
      storage.withLock { $0.made = left.map(\.leftover) }
      return left.map(\.reason)
    } catch {
      return made.map { "\($0.place): \(error)" }
    }
  }

  private func restoreDowntime() async -> [String] {
    guard let before = downtimeBefore.withLock({ $0 }) else { return [] }
    do {
      try await source.withGuest { try $0.setMaxDowntime(before) }
      return []
    } catch {
      return ["the guest's downtime limit is still the move's: \(error)"]
    }
  }

  /// Of the transient pools that are made for this guest.
  private var poolID: String { String(guest.uuid.prefix(8)) }
}
