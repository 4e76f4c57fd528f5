import MigrationModel

/// What the XML of a domain says of it.
public struct DomainDescription: Sendable, Equatable {
  /// State, reason, persistence, the running QEMU's version and the jobs are not in the XML: they are as `DomainFacts`
  /// starts.
  public var facts: DomainFacts

  /// Reads the XML that `virDomainGetXMLDesc` prints.
  ///
  /// Throws `XMLError` when the text is not XML, not a `<domain>` with name, UUID, memory and vCPUs, or has a number that
  /// is none: a fact that cannot be read must not look like one that is not there.
  public init(parsing text: String) throws {
    let domain = try XMLDocument(parsing: text).root(named: "domain")
    facts = DomainFacts(name: try domain.requiredText("name"), uuid: try domain.requiredText("uuid"))
    facts.virtType = try domain.requiredAttribute("type")
    try facts.readProcessors(of: domain)
    try facts.readMemory(of: domain)
    facts.readBoot(of: domain)
    facts.readHostSettings(of: domain)
    try facts.readDevices(of: domain)
    var seen = Set<HostPath>()
    facts.hostPaths.removeAll { !seen.insert(HostPath(path: $0.path, use: "", need: $0.need)).inserted }
  }
}

extension DomainFacts {
  /// vCPUs, the CPU model and the time-stamp counter.
  fileprivate mutating func readProcessors(of domain: XMLElement) throws {
    let vcpu = try domain.required("vcpu")
    let most: UInt32 = try vcpu.number()
    let plugged: UInt32 = try vcpu.number("current") ?? most
    guard (1...max(most, 1)).contains(plugged) else {
      throw XMLError(.unexpected("\(plugged) of \(most) vCPUs"), line: vcpu.line)
    }
    vcpus = Int(plugged)
    maxVCPUs = Int(most)
    if let element = domain.child("cpu") { readCPU(element) }
    let timers = domain.child("clock")?.children("timer") ?? []
    tscFrequency = try timers.first { $0.attribute("name") == "tsc" }?.number("frequency")
  }

  private mutating func readCPU(_ element: XMLElement) {
    cpu = element.xml
    cpuMode = element.attribute("mode") ?? "custom"
    cpuIsMigratable = element.attribute("migratable").map { $0 == "on" }
    cpuFeatures = Set(
      element.children("feature").compactMap { feature in
        guard ["require", "force"].contains(feature.attribute("policy") ?? "require") else { return nil }
        return feature.attribute("name")
      })
  }

  /// Size, pages and limits of the memory, and what is bound to CPUs and NUMA nodes.
  fileprivate mutating func readMemory(of domain: XMLElement) throws {
    var bitmaps = BitmapReader()
    memory = try byteCount(of: domain.required("memory"), defaultUnit: "KiB")
    memoryHardLimit = try hardLimit(of: domain)
    locksMemory = domain.child("memoryBacking")?.child("locked") != nil
    memorySource = domain.child("memoryBacking")?.child("source")?.attribute("type")
    hugePages = try hugePageUses(of: domain, &bitmaps)
    numaCells = try guestNodes(of: domain)
    placements = try bindings(of: domain).map { binding in
      Placement(
        element: binding.label, kind: binding.kind, ids: try bitmaps.ids(binding.text, in: binding.element))
    }
  }

  /// Security labels and encrypted memory.
  fileprivate mutating func readHostSettings(of domain: XMLElement) {
    securityLabels = domain.children("seclabel").map {
      SecurityLabel(
        model: $0.attribute("model") ?? "", type: $0.attribute("type") ?? "dynamic", label: $0.child("label")?.text)
    }
    if let security = domain.child("launchSecurity") {
      otherDevices.append(OtherDevice(kind: "launchSecurity \(security.attribute("type") ?? "sev")"))
    }
  }
}

/// libvirt's "unlimited" is no limit (VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, in KiB).
private func hardLimit(of domain: XMLElement) throws -> ByteCount? {
  guard let element = domain.child("memtune")?.child("hard_limit") else { return nil }
  let limit = try byteCount(of: element, defaultUnit: "KiB")
  return limit.rawValue / 1024 >= 9_007_199_254_740_991 ? nil : limit
}

/// The memory of each guest NUMA node; a cell without an id has its place as one (`virDomainNumaDefParseXML`).
private func guestNodes(of domain: XMLElement) throws -> [Int: ByteCount] {
  let cells = domain.child("cpu")?.child("numa")?.children("cell") ?? []
  let sizes = try cells.enumerated().map { place, cell in
    let id: UInt16? = try cell.number("id")
    let memory = try byteCount(
      cell.requiredAttribute("memory"), unit: cell.attribute("unit") ?? "KiB", line: cell.line)
    return (id.map { Int($0) } ?? place, memory)
  }
  return Dictionary(sizes) { first, _ in first }
}

/// The pages of `<hugepages>`, and those of plugged memory that has its own.
private func hugePageUses(of domain: XMLElement, _ bitmaps: inout BitmapReader) throws -> [HugePageUse] {
  var uses: [HugePageUse] = []
  if let element = domain.child("memoryBacking")?.child("hugepages") {
    let pages = element.children("page")
    if pages.isEmpty { uses.append(HugePageUse(size: nil)) }
    for page in pages {
      let size = try byteCount(page.requiredAttribute("size"), unit: page.attribute("unit") ?? "KiB", line: page.line)
      let nodes = try page.attribute("nodeset").map { try bitmaps.ids($0, in: page) }
      uses.append(HugePageUse(size: size, guestNodes: nodes ?? []))
    }
  }
  for device in domain.child("devices")?.children("memory") ?? [] {
    guard let page = device.child("source")?.child("pagesize") else { continue }
    let node: UInt16? = try device.child("target")?.child("node")?.number()
    uses.append(
      HugePageUse(size: try byteCount(of: page, defaultUnit: "KiB"), guestNodes: node.map { [Int($0)] } ?? []))
  }
  // A page of 4 KiB is an ordinary one (qemuBuildMemoryGetPagesize).
  return uses.filter { ($0.size ?? .mebibytes(2)) > .kibibytes(4) }
}
