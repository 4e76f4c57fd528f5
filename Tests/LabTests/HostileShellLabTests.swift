import Foundation
import Testing
import Trials

@testable import Lab

/// Hosts whose accounts print what nobody asked for, over real SSH.
@Suite(.serialized) struct HostileShellLabTests {
  @Test func whatAnAccountPrintsNeitherMakesNorBreaksAVerdict() async throws {
    try await withTestLab("hostile") { lab in
      let two = try lab.host(2)
      let tool = Tool(lab: lab)
      let guest = GuestSpecification(name: "web", disk: .shared(mebibytes: 8))
      try await lab.define(guest, on: try lab.host(1))
      try await lab.start(guest, on: try lab.host(1))

      // A banner, and start-up files that talk and leave bytes that are no text.
      try await lab.require(
        on: two, ["sh", "-c", "printf 'echo Welcome\\nprintf \"\\\\377\\\\000x\\\\n\"\\n' >/root/.bashrc"],
        to: "write start-up files")
      let greeted = try await lab.withFault(.sshdSettings(["Banner": "/etc/hostname"], on: two)) {
        try await tool.check("web")
      }
      #expect(greeted.status == 0, "\(greeted.text)")
      #expect(greeted.passed.isSuperset(of: ["storage.identity", "clock.skew", "network.bridge"]))

      // No shell at all behind the account: one that talks and leaves, one without sh's language, one that never ends.
      let commands = ["/bin/echo This account is not available.", "/usr/bin/env python3 -i", "/bin/cat /dev/zero"]
      for command in commands {
        let answer = try await lab.withFault(.sshdSettings(["ForceCommand": command], on: two)) {
          try await tool.check("web")
        }
        #expect(answer.status == 3, "\(command): \(answer.text)")
        #expect(answer.verdict == "inconclusive")
        let unknown = answer.findings.filter { $0.severity == "unknown" }
        #expect(unknown.contains { $0.rule == "storage.present" && $0.message.contains("host2") }, "\(answer.text)")
        #expect(!answer.passed.contains("storage.identity"))
      }
    }
  }
}
