import MigrationModel

/// A place in a domain's XML that binds a part of the guest to CPUs or NUMA nodes of the host.
struct Binding {
  /// "vcpupin 0", as `Placement.element`.
  var label: String
  var kind: Placement.Kind
  var element: XMLElement
  /// The attribute that holds the ids; nil when they stand between the tags.
  var attribute: String?

  var text: String { attribute.map { element.attribute($0) ?? "" } ?? element.text }
}

/// Every binding by explicit ids; `placement='auto'` binds to what the destination's numad advises, so it is none.
func bindings(of domain: XMLElement) -> [Binding] {
  let vcpu = domain.child("vcpu").flatMap { binding("vcpu cpuset", .cpus, $0, "cpuset") }
  let memory = (domain.child("devices")?.children("memory") ?? []).compactMap { device -> Binding? in
    guard let mask = device.child("source")?.child("nodemask") else { return nil }
    return Binding(label: "memory \(device.alias)", kind: .nodes, element: mask, attribute: nil)
  }
  return [vcpu].compactMap { $0 } + (domain.child("cputune")?.children.compactMap(pin) ?? [])
    + (domain.child("numatune")?.children.compactMap(nodes) ?? []) + memory
}

private func pin(_ element: XMLElement) -> Binding? {
  switch element.name {
  case "vcpupin": binding("vcpupin \(element.attribute("vcpu") ?? "")", .cpus, element, "cpuset")
  case "emulatorpin": binding("emulatorpin", .cpus, element, "cpuset")
  case "iothreadpin": binding("iothreadpin \(element.attribute("iothread") ?? "")", .cpus, element, "cpuset")
  default: nil
  }
}

private func nodes(_ element: XMLElement) -> Binding? {
  switch element.name {
  case "memory": binding("numatune memory", .nodes, element, "nodeset")
  case "memnode": binding("memnode \(element.attribute("cellid") ?? "")", .nodes, element, "nodeset")
  default: nil
  }
}

private func binding(_ label: String, _ kind: Placement.Kind, _ element: XMLElement, _ attribute: String) -> Binding? {
  guard element.attribute(attribute) != nil else { return nil }
  return Binding(label: label, kind: kind, element: element, attribute: attribute)
}

extension XMLElement {
  /// The name that libvirt gave a device; empty before the guest first ran.
  var alias: String { child("alias")?.attribute("name") ?? "" }
}
