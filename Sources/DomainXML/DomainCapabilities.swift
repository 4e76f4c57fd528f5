import MigrationModel

/// The CPU that a host's hypervisor calls its own model, as a `<cpu>` for `virConnectBaselineHypervisorCPU`.
///
/// Reads the XML that `virConnectGetDomainCapabilities` prints; throws `XMLError` when it offers no host-model CPU.
public func hostModelCPU(parsing text: String) throws -> String {
  let mode = try XMLDocument(parsing: text).root
    .required("self::domainCapabilities/cpu/mode[@name='host-model'][@supported='yes']")
  return "<cpu mode='custom' match='exact'>\(mode.all("*").map(\.xml).joined())</cpu>"
}

extension CPUBaseline {
  /// Reads the `<cpu>` that `virConnectBaselineHypervisorCPU` prints; throws `XMLError` when it names no model.
  public init(parsing text: String) throws {
    let cpu = try XMLDocument(parsing: text).root
    let features = cpu.all("feature").filter { ["require", "force"].contains($0.attribute("policy") ?? "require") }
    self.init(
      model: try cpu.required("self::cpu/model").text, features: features.compactMap { $0.attribute("name") }.sorted(),
      xml: text)
  }
}

extension Emulator {
  /// Reads the XML that `virConnectGetDomainCapabilities` prints of one emulator and one machine type, which was asked for
  /// as `asked`, perhaps an alias; throws `XMLError` when it names none.
  public init(parsingDomainCapabilities text: String, machine asked: String?) throws {
    let root = try XMLDocument(parsing: text).root
    let name = try root.required("machine").text
    let maxVCPUs = root.first("vcpu")?.attribute("max").flatMap { Int($0) }
    let alias = asked.flatMap { $0 == name ? nil : Machine(name: $0, canonical: name, maxVCPUs: maxVCPUs) }
    self.init(
      path: try root.required("self::domainCapabilities/path").text, arch: try root.required("arch").text,
      virtType: try root.required("domain").text,
      machines: [Machine(name: name, maxVCPUs: maxVCPUs)] + [alias].compactMap(\.self))
  }
}
