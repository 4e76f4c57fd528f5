import ArgumentParser
import Lab

/// `migrate lab demo`: one guest moves between two hosts of this machine while its users are watched.
struct LabDemo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Move a guest between two hosts of a lab while a probe pings it; leave nothing behind.")

  private static let guest = "demo"

  @Option(help: "Name of the lab, which must not be there yet.")
  var name = "demo"

  func run() async throws {
    try await reportingLabErrors {
      print("Bringing up two hosts and a guest with a disk that both see")
      try await withLab(LabConfiguration(name: name)) { lab in
        let (source, destination) = (try lab.host(1), try lab.host(2))
        let address = lab.plan.guestAddress(1)
        let workload = GuestSpecification.Workload(mebibytesPerSecond: 4, workingSet: 16)
        try await lab.boot(
          GuestSpecification(name: Self.guest, disk: .shared(mebibytes: 64), address: address, workload: workload),
          on: source)
        try await show("--check", on: lab)

        let probe = try GuestProbe(address: address)
        try await show("--bandwidth", "64", on: lab)
        try await lab.waitUntilGuestAnswers(address)
        let seen = try await probe.stop()
        print(summary(seen))
        print("on \(destination.name): \(try await lab.virsh(on: destination, ["list"]).text)")
      }
    }
  }

  /// Runs the tool itself, as a user would, and shows the command line.
  private func show(_ options: String..., on lab: Lab) async throws {
    let words = ["-c", "host1", Self.guest, "host2"] + options
    print("\n$ migrate \(words.joined(separator: " "))")
    let verb = try RunVerb.parse(words + ["--config", lab.configurationPath])
    try await verb.run()
  }

  private func summary(_ seen: PingReport) -> String {
    let gap = seen.longestGap.map(UpdateText.milliseconds) ?? "never answered"
    return "observed from the guest's network: longest silence \(gap), \(seen.received) of \(seen.sent) pings answered"
  }
}
