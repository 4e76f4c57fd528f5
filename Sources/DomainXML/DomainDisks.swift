import MigrationModel

extension DomainFacts {
  mutating func readDisk(_ element: XMLElement) {
    let target = element.child("target")?.attribute("dev") ?? ""
    let source = diskSource(of: element)
    disks.append(
      Disk(
        target: target,
        device: element.attribute("device") ?? "disk",
        source: source,
        isReadOnly: element.child("readonly") != nil,
        isShareable: element.child("shareable") != nil,
        backingFiles: backingFiles(below: element),
        backing: backing(of: element),
        cache: element.child("driver")?.attribute("cache"),
        format: element.child("driver")?.attribute("type"),
        startupPolicy: element.child("source")?.attribute("startupPolicy"), servers: servers(of: element),
        isTransient: element.child("transient") != nil))
    if case .other(let type) = source { otherDevices.append(OtherDevice(kind: "disk \(type)", name: target)) }
    for layer in layers(of: element) { readLayer(layer, ofDisk: target) }
  }

  /// Secrets, sockets and files that one image of a chain is opened with.
  private mutating func readLayer(_ layer: XMLElement, ofDisk target: String) {
    let user = "disk \(target)"
    let source = layer.child("source")
    for holder in [layer, source].compactMap({ $0 }) {
      for name in ["auth", "encryption"] { readSecrets(in: holder.child(name), of: user) }
    }
    guard let source else { return }
    if layer.attribute("type") == "vhostuser" { need(.file, source.attribute("path"), for: user) }
    need(.file, source.child("config")?.attribute("file"), for: user)
    for host in source.children("host") { need(.file, host.attribute("socket"), for: user) }
    // A managed helper is libvirt's own, started anew with its guest.
    let reservations = source.child("reservations")
    guard reservations?.attribute("managed") != "yes" else { return }
    need(.file, reservations?.child("source")?.attribute("path"), for: "\(user) reservations")
  }

  /// The secrets of an `<auth>` or `<encryption>` element.
  mutating func readSecrets(in element: XMLElement?, of user: String) {
    for secret in element?.children("secret") ?? [] {
      let type = secret.attribute("type")
      let usage = secret.attribute("usage")
      // A passphrase is kept in a secret of usage type "volume" (qemuDomainSecretInfoSetup).
      let usageType = usage == nil ? nil : (type == "passphrase" ? "volume" : type)
      secrets.append(SecretUse(uuid: secret.attribute("uuid"), usage: usage, usageType: usageType, user: user))
    }
  }
}

/// The element itself and the `<backingStore>` elements below it, nearest first; the last, empty one ends the chain.
func layers(of disk: XMLElement) -> [XMLElement] {
  Array(sequence(first: disk) { $0.child("backingStore") })
}

/// The source of a `<disk>`, `<backingStore>` or `<dataStore>`, which are written alike.
private func diskSource(of element: XMLElement) -> Disk.Source {
  guard let source = element.child("source") else { return .none }
  func attribute(_ name: String) -> String { source.attribute(name) ?? "" }
  switch element.attribute("type") ?? "file" {
  case "file": return source.attribute("file").map(Disk.Source.file) ?? .none
  case "block": return source.attribute("dev").map(Disk.Source.block) ?? .none
  case "dir": return source.attribute("dir").map(Disk.Source.directory) ?? .none
  case "volume": return .volume(pool: attribute("pool"), volume: attribute("volume"))
  case "network": return .network(protocol: attribute("protocol"), name: attribute("name"))
  case let type: return .other(type)
  }
}

private func servers(of disk: XMLElement) -> [String] {
  (disk.child("source")?.children("host") ?? []).compactMap { host in
    host.attribute("name") ?? host.attribute("socket").map { "unix:\($0)" }
  }
}

/// The local paths below the top image, nearest first: of the chain, and of the data files that qcow2 headers point to.
private func backingFiles(below disk: XMLElement) -> [String] {
  layers(of: disk).enumerated().flatMap { depth, layer in
    let data = layer.child("source")?.child("dataStore")
    return [depth == 0 ? nil : layer, data].compactMap { $0.flatMap { path(of: diskSource(of: $0)) } }
  }
}

/// An empty `<backingStore/>` ends the chain; where there is none, libvirt has not looked.
private func backing(of disk: XMLElement) -> Disk.Backing? {
  guard let layer = disk.child("backingStore") else { return nil }
  let source = diskSource(of: layer)
  return source == .none ? .nothing : .image(source, format: layer.child("format")?.attribute("type"))
}

private func path(of source: Disk.Source) -> String? {
  switch source {
  case .file(let path), .block(let path), .directory(let path): path
  case .none, .volume, .network, .other: nil
  }
}
