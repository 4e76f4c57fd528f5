import MigrationModel

extension DomainFacts {
  /// A `<hostdev>` of any mode and type.
  mutating func readHostDevice(_ element: XMLElement) {
    let source = element.child("source")
    let kind = element.attribute("type") ?? element.attribute("mode") ?? ""
    let address: String
    switch kind {
    case "usb": address = usbAddress(source)
    case "scsi": address = scsiAddress(source)
    case "scsi_host": address = source?.attribute("wwpn") ?? ""
    case "pci", "mdev": address = source?.child("address").map(hostAddress) ?? ""
    default: address = source?.children.first { _ in true }?.text ?? ""
    }
    hostDevices.append(HostDevice(kind: kind, address: address, isFailover: element.isFailover))
    readSecrets(in: source?.child("auth"), of: "hostdev \(element.alias)")
    need(.file, element.child("rom")?.attribute("file"), for: "hostdev \(element.alias) rom")
  }
}

extension XMLElement {
  /// `<teaming type='transient'>`: libvirt unplugs it before a migration and plugs one in again afterwards.
  var isFailover: Bool { child("teaming")?.attribute("type") == "transient" }
}

/// An `<address>` of the host: "0000:01:00.0", the UUID of a mediated device, or bus and device of USB.
func hostAddress(_ address: XMLElement) -> String {
  if let uuid = address.attribute("uuid") { return uuid }
  if address.attribute("type") == "usb" { return usbPosition(address) }
  func part(_ name: String, _ width: Int) -> String {
    let text = address.attribute(name) ?? "0"
    guard text.hasPrefix("0x"), let number = UInt32(text.dropFirst(2), radix: 16) else { return text }
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
  }
  return "\(part("domain", 4)):\(part("bus", 2)):\(part("slot", 2)).\(part("function", 1))"
}

/// "1234:5678" where vendor and product are given, as libvirt then looks for them and not for the position.
private func usbAddress(_ source: XMLElement?) -> String {
  guard let vendor = source?.child("vendor")?.attribute("id"), let product = source?.child("product")?.attribute("id")
  else { return source?.child("address").map(usbPosition) ?? "" }
  return "\(vendor.droppingHexPrefix):\(product.droppingHexPrefix)"
}

private func usbPosition(_ address: XMLElement) -> String {
  "bus \(address.attribute("bus") ?? "?") device \(address.attribute("device") ?? address.attribute("port") ?? "?")"
}

/// "scsi_host0:0:0:0", or the name of an iSCSI target.
private func scsiAddress(_ source: XMLElement?) -> String {
  if let name = source?.attribute("name") { return name }
  let address = source?.child("address")
  let parts = ["bus", "target", "unit"].map { address?.attribute($0) ?? "0" }
  return ([source?.child("adapter")?.attribute("name") ?? ""] + parts).joined(separator: ":")
}

extension String {
  fileprivate var droppingHexPrefix: Substring { hasPrefix("0x") ? dropFirst(2) : self[...] }
}
