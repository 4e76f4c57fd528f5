/// Whether another host's daemon can open this libvirt URI of QEMU: it names a host, over a transport of libvirt's own.
///
/// "qemu+ssh://kvm2/system" is; "qemu:///system", "qemu+unix:///system?socket=/x" and "qemu+ssh://localhost/system" lead
/// every host to itself, and "qemu+ext" runs a program that only this machine has.
public func isOpenToPeers(uri: String) -> Bool {
  guard let mark = uri.firstRange(of: "://") else { return false }
  let transports = ["qemu", "qemu+ssh", "qemu+libssh", "qemu+libssh2", "qemu+tls", "qemu+tcp"]
  guard transports.contains(uri[..<mark.lowerBound].lowercased()) else { return false }
  let authority = uri[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
  let hostAndPort = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
  let isBracketed = hostAndPort.first == "["
  let host = isBracketed ? hostAndPort.dropFirst().prefix { $0 != "]" } : hostAndPort.prefix { $0 != ":" }
  return !host.isEmpty && !isThisMachine(host.lowercased())
}

private func isThisMachine(_ host: String) -> Bool {
  let name = host.last == "." ? String(host.dropLast()) : host
  return name == "localhost" || name.hasSuffix(".localhost") || name.hasPrefix("localhost.") || name == "::1"
    || name == "0.0.0.0" || name == "::" || (name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." })
}
