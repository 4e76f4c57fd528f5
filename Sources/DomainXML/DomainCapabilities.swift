import MigrationModel

/// The CPU that a host's hypervisor calls its own model, as a `<cpu>` for `virConnectBaselineHypervisorCPU`.
///
/// Reads the XML that `virConnectGetDomainCapabilities` prints; throws `XMLError` when it offers no host-model CPU.
public func hostModelCPU(parsing text: String) throws -> String {
  let root = try XMLDocument(parsing: text).root(named: "domainCapabilities")
  let modes = try root.required("cpu").children("mode")
  guard let own = modes.first(where: { $0.attribute("name") == "host-model" && $0.attribute("supported") == "yes" })
  else { throw XMLError(.unexpected("<cpu> without a host-model"), line: root.line) }
  return "<cpu mode='custom' match='exact'>\(own.children.map(\.xml).joined())</cpu>"
}

extension CPUBaseline {
  /// Reads the `<cpu>` that `virConnectBaselineHypervisorCPU` prints; throws `XMLError` when it names no model.
  public init(parsing text: String) throws {
    let cpu = try XMLDocument(parsing: text).root(named: "cpu")
    let given = cpu.children("feature").filter { ["require", "force"].contains($0.attribute("policy") ?? "require") }
    self.init(
      model: try cpu.requiredText("model"), features: given.compactMap { $0.attribute("name") }.sorted(), xml: text)
  }
}

extension Emulator {
  /// Reads the XML that `virConnectGetDomainCapabilities` prints of one emulator and one machine type, which was asked for
  /// as `asked`, perhaps an alias; throws `XMLError` when it names none.
  public init(parsingDomainCapabilities text: String, machine asked: String?) throws {
    let root = try XMLDocument(parsing: text).root(named: "domainCapabilities")
    let name = try root.requiredText("machine")
    let most: UInt32? = try root.child("vcpu")?.number("max")
    let machine = Machine(name: name, maxVCPUs: most.map(Int.init))
    let alias = asked.flatMap { $0 == name ? nil : Machine(name: $0, canonical: name, maxVCPUs: machine.maxVCPUs) }
    self.init(
      path: try root.requiredText("path"), arch: try root.requiredText("arch"),
      virtType: try root.requiredText("domain"),
      machines: [machine] + [alias].compactMap(\.self))
  }
}
