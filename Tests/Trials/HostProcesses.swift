import Foundation
import Glibc
import Lab

/// The processes of a lab's host, as the machine sees them: no namespace is entered, so looking costs no time.
struct HostProcesses: Sendable {
  let host: LabHost

  /// Its mount namespace is what makes a process the host's.
  private var namespace: String? {
    let registered = try? String(contentsOfFile: "\(host.stateDirectory)/process", encoding: .utf8)
    return registered?.split(separator: " ").first.flatMap { Self.namespace(of: String($0)) }
  }

  private static func namespace(of process: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/mnt")
  }

  /// Processes of the host whose command line fits, by their ids outside.
  func ids(where fits: ([Substring]) -> Bool) -> [pid_t] {
    guard let namespace else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { name in
      guard let id = pid_t(name), let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"),
        fits(String(decoding: data, as: UTF8.self).split(separator: "\0")), Self.namespace(of: name) == namespace
      else { return nil }
      return id
    }
  }

  /// Every QEMU of a guest on this host, whatever libvirt knows of it.
  func machines(of guest: GuestSpecification) -> [pid_t] { machines { $0.contains(Substring(guest.id)) } }

  /// Every QEMU that has been given a machine; those that libvirt asks for capabilities have none.
  func machines(where fits: ([Substring]) -> Bool = { _ in true }) -> [pid_t] {
    ids { $0.first?.contains("qemu-system") == true && $0.contains("-uuid") && fits($0) }
  }

  var daemons: [pid_t] { ids { $0.first?.hasSuffix("libvirtd") == true } }
}
