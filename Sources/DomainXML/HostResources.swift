import MigrationModel

extension VirtualNetwork {
  /// Reads the XML that `virNetworkGetXMLDesc` prints; throws `XMLError` when it is no `<network>` with a name.
  public init(parsing text: String, isActive: Bool) throws {
    let network = try XMLDocument(parsing: text).root(named: "network")
    let tags = network.child("vlan")?.children("tag") ?? []
    self.init(
      name: try network.requiredText("name"), isActive: isActive,
      forwardMode: network.child("forward").map { $0.attribute("mode") ?? "nat" },
      bridge: network.child("bridge")?.attribute("name"),
      portGroups: Set(network.children("portgroup").compactMap { $0.attribute("name") }),
      vlans: try tags.compactMap { try $0.number("id") })
  }
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
