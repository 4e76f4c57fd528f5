import MigrationModel

/// What the XML of a domain says of it.
public struct DomainDescription: Sendable, Equatable {
  /// State, reason, persistence and the running QEMU's version are not in the XML: they are as `DomainFacts` starts.
  public var facts: DomainFacts
  /// The guest's `<cpu>` element, as `virConnectCompareHypervisorCPU` takes it; nil without one.
  public var cpu: String?

  /// Reads the XML that `virDomainGetXMLDesc` prints.
  ///
  /// Throws `XMLError` when the text is not XML, or not a `<domain>` with name, UUID, memory and vCPUs.
  public init(parsing text: String) throws {
    let domain = try XMLDocument(parsing: text).root
    guard domain.name == "domain" else {
      throw XMLError(.unexpected("<\(domain.name)> where <domain> belongs"), line: domain.line)
    }
    facts = DomainFacts(name: try domain.required("name").text, uuid: try domain.required("uuid").text)
    facts.virtType = try domain.requiredAttribute("type")
    facts.arch = domain.first("os/type")?.attribute("arch") ?? ""
    facts.machine = domain.first("os/type")?.attribute("machine") ?? ""
    facts.emulator = domain.first("devices/emulator")?.text
    facts.memory = try byteCount(of: domain.required("memory"), defaultUnit: "KiB")
    facts.vcpus = try vcpuCount(of: domain.required("vcpu"))
    facts.disks = domain.all("devices/disk").map(disk)
    facts.interfaces = domain.all("devices/interface").map(interface)
    let cpu = domain.first("cpu")
    facts.cpuMode = cpu.map { $0.attribute("mode") ?? "custom" }
    self.cpu = cpu?.xml
  }
}

/// The vCPUs that are plugged in, which `current` tells when it is fewer than the maximum.
private func vcpuCount(of element: XMLElement) throws -> Int {
  let text = element.attribute("current") ?? element.text
  guard let count = Int(text.trimmed), count > 0 else {
    throw XMLError(.unexpected("\"\(text)\" is not a number of vCPUs"), line: element.line)
  }
  return count
}

private func disk(_ element: XMLElement) -> Disk {
  Disk(
    target: element.first("target")?.attribute("dev") ?? "",
    device: element.attribute("device") ?? "disk",
    source: source(of: element),
    isReadOnly: element.first("readonly") != nil,
    isShareable: element.first("shareable") != nil,
    backingFiles: backingFiles(below: element))
}

/// The source of a `<disk>` or `<backingStore>`, which are written alike.
private func source(of element: XMLElement) -> Disk.Source {
  guard let source = element.first("source") else { return .none }
  func attribute(_ name: String) -> String { source.attribute(name) ?? "" }
  switch element.attribute("type") ?? "" {
  case "file": return source.attribute("file").map(Disk.Source.file) ?? .none
  case "block": return source.attribute("dev").map(Disk.Source.block) ?? .none
  case "dir": return source.attribute("dir").map(Disk.Source.directory) ?? .none
  case "volume": return .volume(pool: attribute("pool"), volume: attribute("volume"))
  case "network": return .network(protocol: attribute("protocol"), name: attribute("name"))
  case let type: return .other(type)
  }
}

/// The local paths of the chain of `<backingStore>` elements, nearest first; the last, empty one ends it.
private func backingFiles(below element: XMLElement) -> [String] {
  element.all("descendant::backingStore[not(ancestor::mirror)]").compactMap {
    switch source(of: $0) {
    case .file(let path), .block(let path), .directory(let path): path
    case .none, .volume, .network, .other: nil
    }
  }
}

private func interface(_ element: XMLElement) -> Interface {
  Interface(mac: element.first("mac")?.attribute("address"), source: interfaceSource(element))
}

/// While a guest runs, the type of an interface on a network is what the network came to, such as "bridge"; the network is
/// still named, and it is what the destination will look for.
private func interfaceSource(_ element: XMLElement) -> Interface.Source {
  let source = element.first("source")
  if let network = source?.attribute("network") {
    return .network(name: network, portGroup: source?.attribute("portgroup"))
  }
  switch element.attribute("type") ?? "" {
  case "bridge": return .bridge(source?.attribute("bridge") ?? "")
  case let type: return .other(type)
  }
}
