import ArgumentParser
import Lab

/// `migrate lab up|down|status|demo`: real libvirt hosts on this one machine; see docs/lab.md.
struct LabVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Run real libvirt hosts in namespaces of this machine.",
    subcommands: [LabUp.self, LabDown.self, LabStatus.self, LabDemo.self])
}

/// Which lab; shared by its verbs.
struct LabOptions: ParsableArguments {
  @Option(help: "Name of the lab.")
  var name = "lab"
}

struct LabUp: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Bring the lab up; one that is up stays as it is.")

  @OptionGroup var lab: LabOptions

  @Option(help: "Number of hosts.")
  var hosts = 2

  @Option(help: "Boot a guest of this name on host1 (repeatable).")
  var guest: [String] = []

  func run() async throws {
    try await reportingLabErrors {
      let lab = try await Lab.up(LabConfiguration(name: lab.name, hostCount: hosts))
      for (index, name) in guest.enumerated() {
        let address = lab.plan.guestAddress(index + 1)
        try await lab.boot(GuestSpecification(name: name, address: address), on: try lab.host(1))
        print("\(name) runs on host1 and answers at \(address)")
      }
      print(describe(lab))
    }
  }
}

struct LabDown: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Take the lab down with all its guests; none there is as good.")

  @OptionGroup var lab: LabOptions

  func run() async throws {
    try await reportingLabErrors { try await Lab.down(lab.name) }
  }
}

struct LabStatus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say which hosts the lab has and which guests they run.")

  @OptionGroup var lab: LabOptions

  func run() async throws {
    try await reportingLabErrors {
      let lab = try Lab.attach(lab.name)
      print(describe(lab))
      for host in try await lab.status().hosts {
        print("\(host.name): \(host.isUp ? host.guests.map(guests) ?? "libvirtd does not answer" : "down")")
      }
    }
  }
}

private func guests(_ names: [String]) -> String {
  names.isEmpty ? "up, no guests" : "up, runs \(names.joined(separator: ", "))"
}

private func describe(_ lab: Lab) -> String {
  """
  lab \(lab.name): \(lab.hosts.map { "\($0.name) \($0.uri)" }.joined(separator: ", "))
  try: migrate --config \(lab.configurationPath) -c host1 --check GUEST host2
       ssh -F \(lab.sshConfigPath) host1
  """
}

/// A lab that fails is one sentence on stderr and exit code 1.
func reportingLabErrors(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as LabError {
    complain(CommandFailure(status: .failed, message: error.description))
    try ExitStatus.failed.exit()
  }
}
