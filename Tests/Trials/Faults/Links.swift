import Foundation
import Lab
import Subprocess

extension Lab {
  /// The host's management link loses its carrier.
  func cutLink(of host: LabHost) async throws { try await setPort(of: host, ["down"]) }

  /// What the host sends and is sent on the management network goes nowhere.
  func blackhole(_ host: LabHost) async throws { try await setPort(of: host, ["nomaster"]) }

  func healLink(of host: LabHost) async throws { try await setPort(of: host, ["master", "management", "up"]) }

  private func setPort(of host: LabHost, _ settings: [String]) async throws {
    let file = "\(plan.directory)/switch/process"
    let process = try String(contentsOfFile: file, encoding: .utf8).split(separator: " ").first ?? ""
    let result = try await Subprocess.run(
      .name("nsenter"),
      arguments: .init(["--target", "\(process)", "--net", "--", "ip", "link", "set", "m\(host.number)"] + settings),
      output: .discarded, error: .string(limit: 4096))
    guard result.terminationStatus.isSuccess else {
      throw LabError(.commandFailed, "change the link", host: host.name, result.standardError)
    }
  }
}
