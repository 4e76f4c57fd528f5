@testable import Lab

/// One way in which a rule is really broken, and what libvirt does when nobody heeds the finding.
struct Break: Sendable {
  /// Which guest is checked and moved.
  enum Guest: Sendable {
    /// Runs, on storage that both hosts share, and stands on much of the hosts.
    case web
    /// Runs, with a disk that its host alone has.
    case local
    /// Made for this break; it runs, or is only defined.
    case made(GuestSpecification, runs: Bool)
  }

  enum Outcome: Sendable {
    /// The move fails in these words, and the guest runs where it ran.
    case refuses(String)
    /// The guest moves; then something is seen to be wrong, or nothing is wrong yet.
    case moves(String, [Look])
    /// Only the definition moves, and on the destination the guest fails to start in these words.
    case doesNotStart(String)
    /// No move is tried, but something is seen to be wrong.
    case shows(String, [Look])
    /// Nothing is tried, for a reason.
    case untried(String)
  }

  var rule: String
  var what: String
  var guest: Guest = .web
  var options: [String] = []
  var faults: [Fault] = []
  var make: [Step] = []
  var heal: [Step] = []
  var severity = "blocker"
  var subject: String?
  /// What both values of the finding say, in part.
  var source = ""
  var destination = ""
  /// Rules that rightly find something too.
  var along: Set<String> = []
  var outcome: Outcome
}

/// A command on a host.
struct Step: Sendable {
  /// nil: outside of the lab's hosts.
  var host: LabHost?
  var command: [String]
  var input = ""
}

/// A command and what its output then says, in part; its status does not matter.
struct Look: Sendable {
  var step: Step
  var says: String
}

/// What breaks are made of: two hosts that are alike, and the guests that go between them.
struct Bench: Sendable {
  let lab: Lab
  let one: LabHost
  let two: LabHost
  let web: GuestSpecification
  let local: GuestSpecification

  /// An address that both hosts have beside their own.
  static let commonAddress = "192.0.2.77"
  /// A network filter that both hosts have.
  static let filter = "lab-filter"
  /// A device that both hosts have, for macvtap.
  static let device = "direct0"
  /// A medium that both hosts have, each its own.
  static let medium = "\(LabPlan.localPath)/tools.iso"
  /// A volume of the pool that both hosts have.
  static let volume = "cd.iso"

  init(lab: Lab) throws {
    self.lab = lab
    one = try lab.host(1)
    two = try lab.host(2)
    web = GuestSpecification(
      name: "web", memory: 128, disk: .shared(mebibytes: 8), address: lab.plan.guestAddress(1),
      elements: ["<cputune><vcpupin vcpu='0' cpuset='0'/></cputune>"],
      devices: [
        "<interface type='network'><source network='guests'/><model type='virtio'/>"
          + "<filterref filter='\(Self.filter)'/></interface>",
        "<interface type='direct'><source dev='\(Self.device)' mode='bridge'/><model type='virtio'/></interface>",
        "<disk type='volume' device='cdrom'><source pool='shared' volume='\(Self.volume)'/>"
          + "<target dev='sda' bus='sata'/><readonly/></disk>",
        "<disk type='file' device='cdrom'><source file='\(Self.medium)' startupPolicy='optional'/>"
          + "<target dev='sdb' bus='sata'/><readonly/></disk>",
        "<graphics type='vnc' port='-1' autoport='yes' listen='\(Self.commonAddress)'/>",
        "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
      ])
    local = GuestSpecification(name: "local", memory: 64, disk: .local(mebibytes: 8), connection: .none)
  }

  /// A machine that builds and tests is busy; its hosts say that they are not.
  var calm: [Fault] {
    lab.hosts.map { .fileSays("0.10 0.10 0.10 1/100 1\n", path: "/proc/loadavg", on: $0) }
  }

  /// Makes both hosts alike, and starts the guests on the first.
  func prepare() async throws {
    for host in lab.hosts { try await furnish(host) }
    for fault in calm { try await lab.make(fault) }
    for guest in [web, local] {
      try await lab.define(guest, on: one)
      try await lab.start(guest, on: one)
    }
    try await lab.waitUntilGuestAnswers(lab.plan.guestAddress(1))
  }

  private func furnish(_ host: LabHost) async throws {
    let filter = "<filter name='\(Self.filter)'><rule action='accept' direction='inout'><all/></rule></filter>"
    let steps: [Step] = [
      Step(host: host, command: ["ip", "link", "add", Self.device, "type", "veth", "peer", "name", "direct1"]),
      Step(host: host, command: ["ip", "link", "set", Self.device, "up"]),
      Step(host: host, command: ["ip", "link", "set", "direct1", "up"]),
      Step(host: host, command: ["ip", "address", "add", "\(Self.commonAddress)/32", "dev", "direct1"]),
      Step(host: host, command: ["truncate", "-s", "1M", Self.medium, "\(LabPlan.sharedPath)/\(Self.volume)"]),
      Step(host: host, command: ["virsh", "pool-refresh", "shared"]),
      Step(host: host, command: ["cp", "/usr/bin/qemu-system-x86_64", "/run/qemu-system-x86_64"]),
      Step(host: host, command: ["virsh", "nwfilter-define", "/dev/stdin"], input: filter),
    ]
    for step in steps { try await take(step) }
  }

  func take(_ step: Step) async throws { try await see(step).check(step.command.joined(separator: " ")) }

  func see(_ step: Step) async throws -> CommandResult {
    guard let host = step.host else { return try await execute(step.command, input: step.input) }
    return try await lab.run(on: host, step.command, input: step.input)
  }

  func virsh(_ host: LabHost, _ words: String..., input: String = "") -> Step {
    Step(host: host, command: ["virsh"] + words, input: input)
  }

  func run(_ host: LabHost?, _ words: String..., input: String = "") -> Step {
    Step(host: host, command: words, input: input)
  }
}
