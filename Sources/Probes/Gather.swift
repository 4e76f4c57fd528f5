import MigrationModel

/// All that preflight is told of one move.
public struct MoveFacts: Sendable, Equatable {
  public var domain: DomainFacts
  public var source: HostFacts
  public var destination: HostFacts
  public var pair: PairFacts
}

/// Reads both hosts side by side, once, for any number of guests.
///
/// A host costs one libvirt connection and one shell on one SSH session; the shell answers every question in turn. A fact
/// that cannot be read is a gap. Throws HostUnusable when a host's libvirt or a guest is not there at all.
/// - Parameter writesProbes: whether a nonce file may be written beside an image to show that storage is shared.
public func gather(
  domains: [String], source: HostTarget, destination: HostTarget, timeout: Duration, writesProbes: Bool
) async throws -> [MoveFacts] {
  async let sourceDoor = Door.reach(source.shell, timeout: timeout)
  async let destinationDoor = Door.reach(destination.shell, timeout: timeout)
  async let sourceProbe = HostProbe.open(source, timeout: timeout)
  async let destinationProbe = HostProbe.open(destination, timeout: timeout)
  let doors = await (source: sourceDoor, destination: destinationDoor)
  let probes: (source: HostProbe, destination: HostProbe)
  do {
    probes = try await (sourceProbe, destinationProbe)
  } catch {
    await doors.source.close()
    await doors.destination.close()
    throw error
  }
  return try await doors.source.open(timeout: timeout) { sourceShell in
    try await doors.destination.open(timeout: timeout) { destinationShell in
      let conversation = Conversation(
        source: Partner(probe: probes.source, shell: sourceShell),
        destination: Partner(probe: probes.destination, shell: destinationShell), writesProbes: writesProbes)
      return try await conversation.hold(about: domains)
    }
  }
}
