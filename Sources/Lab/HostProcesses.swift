import Glibc

/// A QEMU of a lab's host.
public struct QEMUProcess: Sendable, Hashable {
  /// As the machine numbers it, not the host.
  public let id: Int32
  /// The UUID of its guest, in lower case.
  public let guest: String
}

extension Lab {
  /// Every QEMU that holds a guest on a host, also one that libvirt does not know; sorted by process id.
  ///
  /// Throws `LabError` of code `hostDied` when the host is not there.
  public func qemuProcesses(on host: LabHost) throws -> [QEMUProcess] {
    try HostProcesses(of: host).ids.compactMap { id in
      let words = HostProcesses.arguments(of: id)
      guard let position = words.firstIndex(of: "-uuid"), position + 1 < words.count else { return nil }
      return QEMUProcess(id: id, guest: words[position + 1].lowercased())
    }
  }

  /// The id of a host's libvirtd, as the machine numbers it; nil when none runs.
  public func libvirtdProcess(on host: LabHost) throws -> Int32? {
    let processes = try HostProcesses(of: host)
    let text = (try? Files.read("/proc/\(processes.first)/root\(Daemon.libvirtd.processFile)").trimmed) ?? ""
    return processes.ids.first { HostProcesses.innerID(of: $0) == text }
  }

  /// The first process of a host; its /proc shows the host's network.
  public func firstProcess(of host: LabHost) throws -> Int32 { try HostProcesses(of: host).first }

  /// The host that a process of this machine is in; nil for one that is in none.
  public func host(ofProcess id: Int32) -> LabHost? {
    let namespace = HostProcesses.namespace(of: id)
    return hosts.first { host in
      LabProcess(registeredIn: host.stateDirectory).flatMap { HostProcesses.namespace(of: $0.id) } == namespace
    }
  }

  /// SIGKILLs the QEMU of a guest on a host, by its UUID; returns which processes that were.
  ///
  /// Throws `LabError` of code `commandFailed` when there is none.
  func killQEMU(of guest: String, on host: LabHost) throws -> [LabProcess] {
    let found = try qemuProcesses(on: host).filter { $0.guest == guest.lowercased() }
    guard !found.isEmpty else {
      throw LabError(.commandFailed, "kill the QEMU of \(guest)", host: host.name, "none runs there")
    }
    return found.compactMap { Self.killNow($0.id) }
  }

  /// SIGKILLs a host's libvirtd; returns which process that was.
  ///
  /// Throws `LabError` of code `commandFailed` when there is none.
  func killLibvirtd(on host: LabHost) throws -> LabProcess {
    guard let id = try libvirtdProcess(on: host), let process = Self.killNow(id) else {
      throw LabError(.commandFailed, "kill libvirtd", host: host.name, "none runs there")
    }
    return process
  }

  /// Returns when the processes are gone.
  func waitForEnd(of processes: [LabProcess], on host: LabHost) async throws {
    try await poll(for: .seconds(30), every: .milliseconds(2), "end what was killed", host: host.name) {
      processes.allSatisfy { !$0.isAlive }
    }
  }

  private static func killNow(_ id: pid_t) -> LabProcess? {
    let process = LabProcess(id: id)
    kill(id, SIGKILL)
    return process
  }
}

/// The processes of a lab's host as the machine sees them: no command has to be started inside to look, or to kill.
struct HostProcesses {
  /// The host's first process.
  let first: pid_t
  /// Sorted.
  let ids: [pid_t]

  init(of host: LabHost) throws {
    guard let process = LabProcess(registeredIn: host.stateDirectory), process.isAlive,
      let namespace = Self.namespace(of: process.id)
    else { throw LabError(.hostDied, "list the processes", host: host.name, "the host is not up") }
    first = process.id
    ids = try Files.names(in: "/proc").compactMap { pid_t($0) }.filter { Self.namespace(of: $0) == namespace }.sorted()
  }

  /// None for one that has ended.
  static func arguments(of id: pid_t) -> [String] {
    let bytes = (try? Files.bytes("/proc/\(id)/cmdline")) ?? []
    return bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What the process is called in its own namespace: the last number of NSpid in proc(5)'s status.
  static func innerID(of id: pid_t) -> String? {
    guard let status = try? Files.read("/proc/\(id)/status") else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
    return line?.split(whereSeparator: \.isWhitespace).last.map(String.init)
  }

  /// Names the PID namespace; nil for a process that has ended.
  static func namespace(of id: pid_t) -> String? {
    var target = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/\(id)/ns/pid", &target, target.count)
    return count > 0 ? String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
  }
}
