import DomainXML
import Libvirt
import MigrationModel

extension Conversation {
  /// The CPU that all hosts can give their guests, from each one's own model; one call a host, and one for the answer.
  func baseline(of looks: [Look]) async -> Fact<CPUBaseline> {
    let source = "virConnectBaselineHypervisorCPU"
    guard let first = partners.first else { return .gap(Gap(source: source, reason: "there are no hosts")) }
    let type = virtType(of: looks)
    do {
      let models = try await concurrently(partners) { partner in
        try await partner.probe.ask { probe in
          try hostModelCPU(parsing: probe.connection.domainCapabilities(virtType: type))
        }
      }
      return .known(
        try await first.probe.ask { probe in
          try CPUBaseline(parsing: probe.connection.baselineHypervisorCPU(models, virtType: type))
        })
    } catch {
      return .gap(Gap(source: source, reason: "\(error)"))
    }
  }

  /// kvm where every host has it, else emulation.
  private func virtType(of looks: [Look]) -> String {
    looks.allSatisfy { $0.facts.emulators.value?.contains { $0.virtType == "kvm" } == true } ? "kvm" : "qemu"
  }
}
