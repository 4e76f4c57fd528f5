import CLibxml2
import MigrationModel

/// A change of a domain's XML that makes it fit the destination.
///
/// Each changes only what libvirt lets differ between the two sides (`virDomainDefCheckABIStability`).
public enum DestinationEdit: Sendable, Hashable {
  /// Interfaces on a bridge are put on another one.
  case bridge(from: String, to: String)
  /// Graphics servers listen on another address.
  case listenAddress(from: String, to: String)
  /// A file, device or directory of a disk or of its backing chain is somewhere else.
  case diskPath(from: String, to: String)
  case emulator(String)
  /// Nothing is bound to CPUs or NUMA nodes any more.
  case unbound
  /// What is bound is bound to no others than these ids; a binding of which none is left goes.
  case bound(cpus: [Int], nodes: [Int])
}

/// The XML of a domain with the edits made, as `virDomainMigrate3` takes it (destination_xml); all else stays.
///
/// `text` is what `virDomainGetXMLDesc` prints with VIR_DOMAIN_XML_MIGRATABLE. All edits see the original: two that swap
/// a pair of names do swap them. Throws `XMLError` for bad XML, and for an edit that finds nothing to change.
public func destinationXML(of text: String, _ edits: [DestinationEdit]) throws -> String {
  let document = try XMLDocument(parsing: text)
  let domain = try document.root(named: "domain")
  document.apply(try edits.flatMap { try changes($0, of: domain) })
  return try document.serialised()
}

private func changes(_ edit: DestinationEdit, of domain: XMLElement) throws -> [XMLChange] {
  let found: [XMLChange]
  switch edit {
  case .bridge(let old, let new): found = try rename(bridges(of: domain), old, new)
  case .listenAddress(let old, let new): found = try rename(listenAddresses(of: domain), old, new)
  case .diskPath(let old, let new): found = try rename(diskPaths(of: domain), old, new)
  case .emulator(let path):
    let valid = try validated(path)
    found = domain.child("devices")?.children("emulator").prefix(1).map { .text($0, to: valid) } ?? []
  case .unbound: found = bindings(of: domain).map(\.removal)
  case .bound(let cpus, let nodes):
    let (cpus, nodes) = (Set(cpus), Set(nodes))
    found = try bindings(of: domain).map { try $0.restriction(to: $0.kind == .cpus ? cpus : nodes) }
  }
  guard !found.isEmpty else { throw XMLError(.nothingToEdit(edit.thing)) }
  return found
}

extension DestinationEdit {
  /// What it looks for, for a message.
  fileprivate var thing: String {
    switch self {
    case .bridge(let old, _): "interface on bridge “\(old)”"
    case .listenAddress(let old, _): "graphics server on address “\(old)”"
    case .diskPath(let old, _): "disk on “\(old)”"
    case .emulator: "emulator"
    case .unbound, .bound: "binding to CPUs or NUMA nodes"
    }
  }
}

/// An attribute that a value may stand in.
private typealias Place = (element: XMLElement, attribute: String)

/// An interface on a network has a bridge too while the guest runs, but the destination finds its own.
private func bridges(of domain: XMLElement) -> [Place] {
  let sources = domain.devices("interface").compactMap { $0.child("source") }
  return sources.filter { $0.attribute("network") == nil }.map { ($0, "bridge") }
}

/// libvirt prints the address twice, and refuses a pair that differs (`virDomainGraphicsListensParseXML`).
private func listenAddresses(of domain: XMLElement) -> [Place] {
  domain.devices("graphics").flatMap { device in
    let listens = device.children("listen").filter { $0.attribute("type") == "address" }
    return [(device, "listen")] + listens.map { ($0, "address") }
  }
}

private func diskPaths(of domain: XMLElement) -> [Place] {
  domain.devices("disk").flatMap(layers).compactMap { $0.child("source") }
    .flatMap { [$0, $0.child("dataStore")?.child("source")].compactMap { $0 } }
    .flatMap { source in ["file", "dev", "dir"].map { (source, $0) } }
}

private func rename(_ places: [Place], _ old: String, _ new: String) throws -> [XMLChange] {
  let new = try validated(new)
  return places.compactMap { element, attribute in
    // By bytes: Swift's == holds two spellings of "é" for one, but they are two files.
    guard let value = element.attribute(attribute), value.utf8.elementsEqual(old.utf8) else { return nil }
    return .set(element, attribute, to: new)
  }
}

/// The value itself; throws when XML cannot hold it (XML 1.0, production 2) or there is none.
private func validated(_ value: String) throws -> String {
  let isLegal = value.unicodeScalars.allSatisfy { scalar in
    scalar.value >= 0x20 && ![0xFFFE, 0xFFFF].contains(scalar.value) || "\t\n\r".unicodeScalars.contains(scalar)
  }
  guard isLegal, !value.isEmpty else {
    throw XMLError(.unexpected("“\(value)” cannot stand in the XML of a domain"))
  }
  return value
}

extension Binding {
  /// A vCPU count stays without its cpuset; any other binding is an element that says nothing else.
  fileprivate var removal: XMLChange {
    if element.name == "vcpu", let attribute { return .unset(element, attribute) }
    return .remove(element)
  }

  fileprivate func restriction(to allowed: Set<Int>) throws -> XMLChange {
    guard let ids = Bitmap.ids(text) else {
      throw XMLError(.unexpected("\"\(text.prefix(40))\" is not a set of ids"), line: element.line)
    }
    let left = Bitmap.text(ids.filter(allowed.contains))
    if left.isEmpty { return removal }
    return attribute.map { .set(element, $0, to: left) } ?? .text(element, to: left)
  }
}

extension XMLElement {
  fileprivate func devices(_ name: String) -> [XMLElement] { child("devices")?.children(name) ?? [] }
}
