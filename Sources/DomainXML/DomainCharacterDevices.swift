import MigrationModel

extension DomainFacts {
  /// `<serial>`, `<console>`, `<channel>` and their like.
  mutating func readCharacterDevice(_ device: XMLElement) {
    let target = device.child("target")
    let name = target?.attribute("name")
    if name == "org.qemu.guest_agent.0" { agentIsConnected = target?.attribute("state") == "connected" }
    let label = name ?? target?.attribute("port") ?? device.alias
    let use = label.isEmpty ? device.name : "\(device.name) \(label)"
    need(.file, device.child("database")?.text, for: use)
    if !isMadeByLibvirt(device, name) { readSource(of: device, for: use) }
  }

  /// The host's end of a character device, and its log.
  ///
  /// QEMU or virtlogd makes files and listening sockets; pipes, devices and sockets to connect to must be there
  /// (`qemuBuildChrChardevStr`). A pseudo-terminal is assigned anew.
  mutating func readSource(of device: XMLElement, for use: String) {
    let source = device.child("source")
    switch device.attribute("type") {
    case "file": need(.directory, source?.attribute("path"), for: use)
    case "pipe", "dev": need(.file, source?.attribute("path"), for: use)
    case "unix":
      need(source?.attribute("mode") == "bind" ? .directory : .file, source?.attribute("path"), for: use)
    default: break
    }
    need(.directory, device.child("log")?.attribute("file"), for: "\(use) log")
  }

  /// A graphics server, and the device that it draws with.
  mutating func readGraphics(_ device: XMLElement) throws {
    let listen = device.child("listen")
    let listenType = listen?.attribute("type") ?? "address"
    let socket = (listen?.attribute("socket") ?? device.attribute("socket")).flatMap { $0.isOfOneRun ? nil : $0 }
    let port = try device.port("port")
    let securePort = try device.port("tlsPort")
    graphics.append(
      Graphics(
        type: device.attribute("type") ?? "",
        listen: listenType == "address" ? listen?.attribute("address") ?? device.attribute("listen") : nil,
        port: port ?? securePort,
        isAutoport: device.attribute("autoport").map { $0 == "yes" } ?? (port == nil),
        socket: socket))
    need(.file, device.child("gl")?.attribute("rendernode"), for: "graphics \(device.attribute("type") ?? "")")
  }
}

extension XMLElement {
  /// A TCP port; nil for -1, which is one that is yet to be chosen.
  fileprivate func port(_ attribute: String) throws -> Int? {
    guard let port: Int = try number(attribute), port > 0 else { return nil }
    guard port <= 65535 else { throw XMLError(.unexpected("\(port) is not a port (\(attribute))"), line: line) }
    return port
  }
}

/// libvirt gives a channel to the agent a path of its own, and a new one on the destination
/// (`qemuDomainChrDefDropDefaultPath`).
private func isMadeByLibvirt(_ device: XMLElement, _ name: String?) -> Bool {
  guard device.name == "channel", device.attribute("type") == "unix", let name,
    let path = device.child("source")?.attribute("path")
  else { return false }
  return path.contains("/qemu/channel/") && path.hasSuffix(name)
}

extension String {
  /// A socket in the directory that libvirt makes for one run of a guest: /var/lib/libvirt/qemu/domain-1-name/vnc.sock.
  fileprivate var isOfOneRun: Bool { contains("/domain-") && hasSuffix(".sock") }
}
