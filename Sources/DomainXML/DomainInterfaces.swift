import MigrationModel

extension DomainFacts {
  mutating func readInterface(_ element: XMLElement) throws {
    let mac = element.child("mac")?.attribute("address")
    let type = element.attribute("type") ?? ""
    let mtu: UInt32? = try element.child("mtu")?.number("size")
    interfaces.append(
      Interface(
        mac: mac, source: interfaceSource(element, type),
        filter: element.child("filterref")?.attribute("filter"), mtu: mtu.map(Int.init)))
    let use = "interface \(mac ?? element.alias)"
    readHostHardware(ofInterface: element, type, use: use)
    readHelpers(ofInterface: element, type, name: mac ?? element.alias)
    need(.file, element.child("script")?.attribute("path"), for: use)
    need(.file, element.child("backend")?.attribute("tap"), for: use)
    need(.file, element.child("backend")?.attribute("vhost"), for: use)
    need(.file, element.child("rom")?.attribute("file"), for: use)
  }

  /// A network of forward mode "hostdev" is printed as type "hostdev" while the guest runs, so this sees it too.
  private mutating func readHostHardware(ofInterface element: XMLElement, _ type: String, use: String) {
    let source = element.child("source")
    switch type {
    case "hostdev":
      let address = source?.child("address")
      hostDevices.append(
        HostDevice(
          kind: "network \(address?.attribute("type") ?? "pci")", address: address.map(hostAddress) ?? "",
          isFailover: element.isFailover))
    case "vdpa":
      hostDevices.append(HostDevice(kind: "vdpa", address: source?.attribute("dev") ?? ""))
    case "vhostuser" where source?.attribute("mode") == "server":
      need(.directory, source?.attribute("path"), for: use)
    default: break
    }
  }

  /// Interfaces whose other end is a process of its own.
  private mutating func readHelpers(ofInterface element: XMLElement, _ type: String, name: String) {
    let backend = element.child("backend")?.attribute("type")
    switch (type, backend) {
    case ("user", _): otherDevices.append(OtherDevice(kind: "interface user \(backend ?? "slirp")", name: name))
    case ("vhostuser", "passt"): otherDevices.append(OtherDevice(kind: "interface vhostuser passt", name: name))
    default: break
    }
  }
}

/// While a guest runs, the type of an interface on a network is what the network came to, such as "bridge"; the network is
/// still named, and it is what the destination will look for.
private func interfaceSource(_ element: XMLElement, _ type: String) -> Interface.Source {
  let source = element.child("source")
  if let network = source?.attribute("network") {
    return .network(name: network, portGroup: source?.attribute("portgroup"))
  }
  switch type {
  case "bridge": return .bridge(source?.attribute("bridge") ?? "")
  case "direct":
    return .direct(device: source?.attribute("dev") ?? "", mode: source?.attribute("mode") ?? "vepa")
  case "vhostuser" where source?.attribute("mode") != "server" && element.child("backend")?.attribute("type") == nil:
    return .vhostUser(source?.attribute("path") ?? "")
  default: return .other(type)
  }
}
