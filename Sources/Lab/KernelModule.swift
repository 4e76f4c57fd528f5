/// The modules of an unpacked kernel package, by name.
struct KernelModules {
  /// Name (with underscores) to path.
  let paths: [String: String]

  init(paths: [String]) {
    self.paths = Dictionary(paths.map { (Self.name(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// `wanted` and all that they need, each after what it needs; what the kernel has built in is not there and skipped.
  func inLoadingOrder(_ wanted: [String], read: (String) throws -> [UInt8]) throws -> [(name: String, content: [UInt8])]
  {
    var done: Set<String> = []
    var order: [(name: String, content: [UInt8])] = []
    func visit(_ name: String) throws {
      guard done.insert(name).inserted, let path = paths[name] else { return }
      let content = try read(path)
      for needed in Self.dependencies(of: content) { try visit(needed) }
      order.append((name, content))
    }
    for name in wanted { try visit(name) }
    return order
  }

  /// What the module's .modinfo section says it needs: "depends=virtio,virtio_ring" between zero bytes.
  static func dependencies(of module: [UInt8]) -> [String] {
    let key = [0] + Array("depends=".utf8)
    guard let start = module.firstRange(of: key)?.upperBound, let end = module[start...].firstIndex(of: 0) else {
      return []
    }
    return String(decoding: module[start..<end], as: UTF8.self).split(separator: ",").map { normal(String($0)) }
  }

  private static func name(of path: String) -> String {
    let file = path.split(separator: "/").last ?? ""
    return normal(String(file.prefix { $0 != "." }))
  }

  private static func normal(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }
}
