import MigrationModel

extension VirtualNetwork {
  /// Reads the XML that `virNetworkGetXMLDesc` prints; throws `XMLError` when it is no `<network>` with a name.
  public init(parsing text: String, isActive: Bool) throws {
    let network = try XMLDocument(parsing: text).root(named: "network")
    let groups = network.children("portgroup").filter { $0.attribute("name") != nil }
    self.init(
      name: try network.requiredText("name"), isActive: isActive,
      forwardMode: network.child("forward").map { $0.attribute("mode") ?? "nat" },
      bridge: network.child("bridge")?.attribute("name"),
      portGroups: try Dictionary(groups.map { ($0.attribute("name") ?? "", try vlanTags(of: $0)) }) { first, _ in first
      },
      defaultPortGroup: groups.first { $0.attribute("default") == "yes" }?.attribute("name"),
      vlans: try vlanTags(of: network))
  }
}

private func vlanTags(of element: XMLElement) throws -> [Int] {
  try (element.child("vlan")?.children("tag") ?? []).compactMap { try $0.number("id") }
}

extension StoragePool {
  /// Reads the XML that `virStoragePoolGetXMLDesc` prints; throws `XMLError` when it is no `<pool>` with name and type.
  public init(parsing text: String, isActive: Bool) throws {
    let pool = try XMLDocument(parsing: text).root(named: "pool")
    let available = try pool.child("available").map { try byteCount(of: $0, defaultUnit: "bytes") }
    self.init(
      name: try pool.requiredText("name"), type: try pool.requiredAttribute("type"), isActive: isActive,
      target: pool.child("target")?.child("path")?.text, available: isActive ? available : nil)
  }
}
