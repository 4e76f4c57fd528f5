import Foundation
import Glibc
import Lab
import Libvirt
import Threads

/// What this process and the hosts hold at one moment between two moves.
struct SoakSample: Sendable {
  var move: Int
  /// In KiB, after the allocator has given back what is free.
  var memory: Int
  var descriptors: Int
  var threads: Int
  /// References that libvirt still holds to connections that were opened, used and closed for this look.
  var references: Int
  var machines: Int
  /// Clients of both libvirtd together, this look's own not counted.
  var clients: Int
  var daemonMemory: Int
  var daemonDescriptors: Int
  var sessions: Int
  var leftovers: [String]

  static func take(after move: Int, in lab: Lab) async throws -> SoakSample {
    // Handles are given back on threads of their own: they have a moment for it.
    _ = try await eventually(within: .seconds(5)) { sockets() == 0 ? true : nil }
    let own = self.own()
    let hosts = try await hosts(in: lab)
    return SoakSample(
      move: move, memory: own.memory, descriptors: own.descriptors, threads: own.threads,
      references: try await references(in: lab), machines: hosts.machines, clients: hosts.clients,
      daemonMemory: hosts.memory, daemonDescriptors: hosts.descriptors, sessions: hosts.sessions,
      leftovers: try await lab.leftovers())
  }

  /// malloc_trim(3), which the Glibc module does not have.
  private static func giveBackFreeMemory() {
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
  }

  private static func own() -> (memory: Int, descriptors: Int, threads: Int) {
    giveBackFreeMemory()
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    // The listing itself has one open.
    return (number("VmRSS:", in: status), open - 1, number("Threads:", in: status))
  }

  /// TCP connections of this process to a libvirtd.
  private static func sockets() -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    let inodes = names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
    let table = (try? String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)) ?? ""
    // 16509 is 407D.
    return table.split(separator: "\n").count { line in
      let fields = line.split(separator: " ")
      return fields.count > 9 && fields[2].hasSuffix(":407D") && inodes.contains("socket:[\(fields[9])]")
    }
  }

  private static func references(in lab: Lab) async throws -> Int {
    var left = 0
    for host in lab.hosts {
      left += try await blocking {
        let connection = try Connection.open(host.uri, host: host.name)
        _ = try connection.domainEvents()
        return try connection.close()
      }
    }
    return left
  }

  private struct Hosts {
    var machines = 0, clients = 0, memory = 0, descriptors = 0, sessions = 0
  }

  private static func hosts(in lab: Lab) async throws -> Hosts {
    var all = Hosts()
    for host in lab.hosts {
      let daemon = try await lab.require(on: host, ["cat", "/run/libvirtd.pid"], to: "find libvirtd").text
      let status = try await lab.require(on: host, ["cat", "/proc/\(daemon)/status"], to: "look at libvirtd").output
      let open = try await lab.require(on: host, ["ls", "/proc/\(daemon)/fd"], to: "look at libvirtd").output
      let clients = try await lab.run(on: host, ["virt-admin", "client-list", "libvirtd"]).output
      let sessions = try await lab.run(on: host, ["pgrep", "-fc", "^sshd: "]).text
      all.machines += try lab.qemuProcesses(on: host).count
      all.memory += number("VmRSS:", in: status)
      all.descriptors += open.split(separator: "\n").count
      all.clients += clients.split(separator: "\n").count { $0.contains("tcp") }
      // The one that listens is no session.
      all.sessions += max(0, (Int(sessions) ?? 0) - 1)
    }
    return all
  }

  private static func number(_ name: String, in status: String) -> Int {
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
  }

  static let header = [
    "moves", "memory, KiB", "descriptors", "threads", "references left", "QEMUs", "clients", "libvirtd's memory, KiB",
    "libvirtd's descriptors", "ssh sessions", "leftovers",
  ]

  var cells: [String] {
    [move, memory, descriptors, threads, references, machines, clients, daemonMemory, daemonDescriptors, sessions]
      .map(String.init) + [leftovers.joined(separator: "; ")]
  }

  var text: String { zip(Self.header, cells).map { "\($0) \($1)" }.joined(separator: ", ") }
}
