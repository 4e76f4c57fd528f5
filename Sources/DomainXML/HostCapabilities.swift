import MigrationModel

/// What the capabilities XML says of a host.
public struct HostCapabilities: Sendable, Equatable {
  public var uuid: String?
  public var arch: String
  public var cpuVendor: String?
  public var cpuModel: String?
  /// nil where the processor has none, or the kernel does not tell.
  public var tsc: TimeStampCounter?
  public var securityModels: [SecurityModel]
  /// One for each emulator, architecture and virtualisation type.
  public var emulators: [Emulator]

  /// Reads the XML that `virConnectGetCapabilities` prints.
  ///
  /// Throws `XMLError` when the text is not XML, not `<capabilities>` with a host architecture, or has a number that is
  /// none.
  public init(parsing text: String) throws {
    let root = try XMLDocument(parsing: text).root(named: "capabilities")
    let host = try root.required("host")
    let cpu = try host.required("cpu")
    uuid = host.child("uuid")?.text
    arch = try cpu.requiredText("arch")
    cpuVendor = cpu.child("vendor")?.text
    cpuModel = cpu.child("model")?.text
    tsc = try cpu.children("counter").first { $0.attribute("name") == "tsc" }.map(counter)
    securityModels = try host.children("secmodel").map(securityModel)
    emulators = try root.children("guest").flatMap { try $0.children("arch").flatMap(emulators(ofArch:)) }
  }
}

private func counter(_ element: XMLElement) throws -> TimeStampCounter {
  guard let frequency: UInt64 = try element.number("frequency") else {
    throw XMLError(.unexpected("<counter> without frequency="), line: element.line)
  }
  return TimeStampCounter(frequency: frequency, scales: element.attribute("scaling") == "yes")
}

private func securityModel(_ element: XMLElement) throws -> SecurityModel {
  let labels = element.children("baselabel").map { ($0.attribute("type") ?? "", $0.text) }
  return SecurityModel(
    name: try element.requiredText("model"), doi: element.child("doi")?.text ?? "",
    baseLabels: Dictionary(labels) { first, _ in first })
}

/// A `<domain type=>` has its architecture's emulator and machines unless it brings its own.
private func emulators(ofArch arch: XMLElement) throws -> [Emulator] {
  let machines = try arch.children("machine").map(machine)
  return try arch.children("domain").compactMap { domain in
    guard let path = (domain.child("emulator") ?? arch.child("emulator"))?.text else { return nil }
    let own = try domain.children("machine").map(machine)
    return Emulator(
      path: path, arch: arch.attribute("name") ?? "", virtType: domain.attribute("type") ?? "",
      machines: own.isEmpty ? machines : own)
  }
}

private func machine(_ element: XMLElement) throws -> Emulator.Machine {
  let most: UInt32? = try element.number("maxCpus")
  return Emulator.Machine(
    name: element.text, canonical: element.attribute("canonical"), maxVCPUs: most.map(Int.init))
}
