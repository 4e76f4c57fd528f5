extension Lab {
  /// One line for everything that should not be there while nothing moves; none is as it should be.
  ///
  /// QEMUs that libvirt does not know; domains that are paused, or have a job; files in a host's own image directory that
  /// no domain of it uses; transient storage pools; listeners of migrations and NBD.
  /// Throws `LabError` when a host's libvirtd does not answer.
  public func leftovers() async throws -> [String] {
    var lines: [String] = []
    for host in hosts {
      let found = try await Leftovers(lab: self, host: host).list()
      lines += found.map { "\(host.name): \($0)" }
    }
    return lines
  }
}

private struct Leftovers {
  let lab: Lab
  let host: LabHost

  func list() async throws -> [String] {
    let active = try await words("list", "--uuid")
    return try unknownQEMUs(active) + (await paused()) + (await busy(active)) + (await unusedFiles()) + (await pools())
      + (await listeners())
  }

  private func unknownQEMUs(_ active: [String]) throws -> [String] {
    try lab.qemuProcesses(on: host).filter { !active.contains($0.guest) }
      .map { "QEMU \($0.id) of the guest \($0.guest), which libvirt does not run" }
  }

  private func paused() async throws -> [String] {
    try await words("list", "--uuid", "--state-paused").map { "the guest \($0) is paused" }
  }

  private func busy(_ active: [String]) async throws -> [String] {
    var lines: [String] = []
    for guest in active {
      // A destination refuses to say, in words that tell what goes on.
      let answer = try await lab.run(on: host, Self.command(["domjobinfo", guest]))
      let words = (answer.output + answer.errorOutput).split(whereSeparator: \.isWhitespace)
      // That is all that is said where there is none.
      if words.prefix(3) != ["Job", "type:", "None"] {
        lines.append("the guest \(guest) has a job: \(words.joined(separator: " "))")
      }
    }
    return lines
  }

  private func unusedFiles() async throws -> [String] {
    var used = Set<String>()
    for guest in try await words("list", "--all", "--uuid") {
      for line in try await virsh("domblklist", guest).split(separator: "\n") {
        guard let path = line.firstIndex(of: "/").map({ String(line[$0...]).trimmed }) else { continue }
        used.formUnion(try await chain(path))
      }
    }
    return try Files.names(in: host.localDirectory).map { "\(LabPlan.localPath)/\($0)" }
      .filter { !used.contains($0) }.map { "the file \($0), which no domain uses" }
  }

  /// The file and all that are below it.
  private func chain(_ path: String) async throws -> [String] {
    // -U: a guest that runs has it locked.
    let info = try await lab.run(on: host, ["qemu-img", "info", "-U", "--backing-chain", path])
    let prefix = "image: "
    return [path]
      + info.output.split(separator: "\n").filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  private func pools() async throws -> [String] {
    try await virsh("pool-list", "--all", "--transient", "--name").split(separator: "\n").map { String($0).trimmed }
      .filter { !$0.isEmpty }.map { "the transient storage pool \($0)" }
  }

  /// Ports of migrations and their copies of disks (49152 to 49215), and NBD's own.
  private func listeners() async throws -> [String] {
    let sockets = try await lab.require(on: host, ["ss", "-H", "-l", "-t", "-n"], to: "list the listeners")
    let ports = sockets.output.split(separator: "\n").compactMap { line -> Int? in
      let fields = line.split(separator: " ")
      return fields.count > 3 ? fields[3].split(separator: ":").last.flatMap { Int($0) } : nil
    }
    return ports.filter { (49152...49215).contains($0) || $0 == 10809 }.map { "a listener on TCP port \($0)" }
  }

  private func words(_ arguments: String...) async throws -> [String] {
    try await virsh(arguments).split(whereSeparator: \.isWhitespace).map(String.init)
  }

  private func virsh(_ arguments: String...) async throws -> String { try await virsh(arguments) }

  private func virsh(_ arguments: [String]) async throws -> String {
    try await lab.require(on: host, Self.command(arguments), to: "look for leftovers by \(arguments[0])").output
  }

  private static func command(_ arguments: [String]) -> [String] {
    ["timeout", "20", "virsh", "--quiet", "--connect", "qemu:///system"] + arguments
  }
}
