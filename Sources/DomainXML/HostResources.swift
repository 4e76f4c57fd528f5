import MigrationModel

extension VirtualNetwork {
  /// Reads the XML that `virNetworkGetXMLDesc` prints; throws `XMLError` when it is no `<network>` with a name.
  public init(parsing text: String, isActive: Bool) throws {
    let network = try XMLDocument(parsing: text).root
    self.init(
      name: try network.required("self::network/name").text, isActive: isActive,
      forwardMode: network.first("forward").map { $0.attribute("mode") ?? "nat" },
      bridge: network.first("bridge")?.attribute("name"),
      portGroups: Set(network.all("portgroup").compactMap { $0.attribute("name") }),
      vlans: network.all("vlan/tag").compactMap { $0.attribute("id").flatMap { Int($0) } })
  }
}

extension StoragePool {
  /// Reads the XML that `virStoragePoolGetXMLDesc` prints; throws `XMLError` when it is no `<pool>` with name and type.
  public init(parsing text: String, isActive: Bool) throws {
    let pool = try XMLDocument(parsing: text).root
    self.init(
      name: try pool.required("self::pool/name").text, type: try pool.requiredAttribute("type"), isActive: isActive,
      target: pool.first("target/path")?.text)
  }
}
