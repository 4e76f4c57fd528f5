import FoundationEssentials
import Glibc

extension Lab {
  /// Defines a guest on a host, and makes its disk there; it is not started.
  ///
  /// Throws `LabError` with libvirt's words; a disk that was made stays for the lab's life.
  public func define(_ guest: GuestSpecification, on host: LabHost) async throws {
    let xml = try await prepare(guest, on: host)
    try await checkedVirsh(["define", "/dev/stdin"], on: host, input: xml, to: "define \(guest.name)")
  }

  /// Starts a defined guest; it may not answer yet.
  public func start(_ guest: GuestSpecification, on host: LabHost) async throws {
    try await checkedVirsh(["start", guest.id], on: host, to: "start \(guest.name)")
  }

  /// Starts a transient guest: its definition goes with it.
  public func create(_ guest: GuestSpecification, on host: LabHost) async throws {
    let xml = try await prepare(guest, on: host)
    try await checkedVirsh(["create", "/dev/stdin"], on: host, input: xml, to: "create \(guest.name)")
  }

  /// Defines and starts a guest, and waits until it answers where it has an address.
  public func boot(_ guest: GuestSpecification, on host: LabHost) async throws {
    try await define(guest, on: host)
    try await start(guest, on: host)
    guard let address = guest.address else { return }
    try await waitUntilGuestAnswers(address)
    if guest.keeper != nil { _ = try await KeeperClient(address: address).ask() }
  }

  /// Pings from outside until an answer comes.
  ///
  /// Throws `LabError` of code `timedOut`; emulated guests boot in seconds, and in tens of seconds on a busy machine.
  public func waitUntilGuestAnswers(_ address: String, within limit: Duration = .seconds(90)) async throws {
    try await poll(for: limit, "reach the guest at \(address)") {
      try await execute(["ping", "-n", "-q", "-c", "1", "-W", "0.2", address]).isSuccess
    }
  }

  /// Makes what the guest's XML refers to, and returns it.
  private func prepare(_ guest: GuestSpecification, on host: LabHost) async throws -> String {
    try guest.validate()
    let image = try await GuestImage.prepare(cacheRoot: plan.cacheRoot, withKeeper: guest.keeper != nil)
    try await makeDisk(of: guest, on: host)
    return GuestXML(guest: guest, image: image).text
  }

  private func checkedVirsh(
    _ arguments: [String], on host: LabHost, input: String = "", to action: String
  ) async throws {
    try await virsh(on: host, arguments, input: input).check(action, host: host.name)
  }
}
