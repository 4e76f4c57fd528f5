import MigrationModel

/// What the capabilities XML says of a host.
public struct HostCapabilities: Sendable, Equatable {
  public var uuid: String?
  public var arch: String
  public var cpuVendor: String?
  public var cpuModel: String?
  /// One for each emulator, architecture and virtualisation type.
  public var emulators: [Emulator]

  /// Reads the XML that `virConnectGetCapabilities` prints.
  ///
  /// Throws `XMLError` when the text is not XML, or not `<capabilities>` with a host architecture.
  public init(parsing text: String) throws {
    let root = try XMLDocument(parsing: text).root
    let host = try root.required("self::capabilities/host")
    uuid = host.first("uuid")?.text
    arch = try host.required("cpu/arch").text
    cpuVendor = host.first("cpu/vendor")?.text
    cpuModel = host.first("cpu/model")?.text
    emulators = root.all("guest/arch").flatMap(emulators(ofArch:))
  }
}

/// A `<domain type=>` has its architecture's emulator and machines unless it brings its own.
private func emulators(ofArch arch: XMLElement) -> [Emulator] {
  arch.all("domain").compactMap { domain in
    guard let path = (domain.first("emulator") ?? arch.first("emulator"))?.text else { return nil }
    let own = domain.all("machine")
    return Emulator(
      path: path, arch: arch.attribute("name") ?? "", virtType: domain.attribute("type") ?? "",
      machines: (own.isEmpty ? arch.all("machine") : own).map {
        Emulator.Machine(name: $0.text, canonical: $0.attribute("canonical"))
      })
  }
}
