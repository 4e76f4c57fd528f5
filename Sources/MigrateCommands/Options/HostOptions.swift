import ArgumentParser

/// Which hosts, and how they are reached.
struct HostOptions: ParsableArguments {
  @Option(
    name: [.customShort("c", allowingJoined: true), .customLong("connect")],
    help: "Source host: a URI or a configured name (default: LIBVIRT_DEFAULT_URI, else qemu:///system).")
  var connect: String?

  @Option(help: "Where the source's probes connect: [user@]host[:port] (default: from its URI).")
  var sourceSsh: String?

  @Option(help: "Where the destination's probes connect: [user@]host[:port] (default: from its URI).")
  var destSsh: String?

  @Option(help: "Configuration file with the known hosts (YAML).")
  var config: String?

  @Option(help: "Seconds that a host may take to answer probes and connections.")
  var timeout: UInt = 10

  @Flag(help: "Prove that storage is shared without writing a nonce file beside an image.")
  var noWriteProbes = false

  func validate() throws {
    guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
  }
}
