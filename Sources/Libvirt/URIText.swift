/// `text` with the password of every URI in it replaced by "***": "qemu+tcp://me:***@kvm2/system".
func redactingPasswords(_ text: String) -> String {
  var result = ""
  var rest = text[...]
  while let mark = rest.firstRange(of: "://") {
    result += rest[..<mark.upperBound]
    rest = rest[mark.upperBound...]
    let end = rest.firstIndex(where: { "/?# \t\n'\"".contains($0) }) ?? rest.endIndex
    result += redactingPassword(inAuthority: rest[..<end])
    rest = rest[end...]
  }
  return result + rest
}

private func redactingPassword(inAuthority authority: Substring) -> String {
  guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
    return String(authority)
  }
  return authority[...colon] + "***" + authority[at...]
}

/// The host that a libvirt URI names, "localhost" where it names none: "kvm2" of "qemu+ssh://root@kvm2:22/system".
func hostLabel(ofURI uri: String) -> String {
  guard let mark = uri.firstRange(of: "://") else { return "localhost" }
  let rest = uri[mark.upperBound...]
  let authority = rest.prefix(while: { $0 != "/" && $0 != "?" })
  let hostAndPort = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
  if hostAndPort.first == "[", let end = hostAndPort.firstIndex(of: "]") {
    return String(hostAndPort[hostAndPort.index(after: hostAndPort.startIndex)..<end])
  }
  let host = hostAndPort.prefix(while: { $0 != ":" })
  return host.isEmpty ? "localhost" : String(host)
}
