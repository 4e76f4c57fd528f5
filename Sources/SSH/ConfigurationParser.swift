/// Reads what `ssh -G` prints: one `keyword value` a line, keywords in lower case. ssh_config(5).
struct ConfigurationParser {
  let context: ConfigurationContext

  /// Throws when a name in it could be read as an option or by a shell, or a number is none.
  func parse(_ output: String) throws(SSHError) -> SSHConfiguration {
    let values = Self.values(output)
    let first = { (key: String) -> String? in values[key]?.first }
    var configuration = SSHConfiguration(
      hostName: first("hostname") ?? context.destination.host,
      port: try port(first("port")), user: first("user") ?? context.localUser)
    if let fault = SSHDestination.fault(inHost: configuration.hostName) { throw failure("HostName: \(fault)") }
    if let fault = SSHDestination.fault(inUser: configuration.user) { throw failure("User: \(fault)") }
    configuration.hostKeyAlias = given(first("hostkeyalias"))
    let expand = Expansion(context: context, configuration: configuration)
    configuration.identityFiles = (values["identityfile"] ?? []).filter { $0 != "none" }.map(expand.path)
    configuration.userKnownHostsFiles = Self.paths(first("userknownhostsfile")).map(expand.path)
    configuration.globalKnownHostsFiles = Self.paths(first("globalknownhostsfile")).map(expand.path)
    configuration.revokedHostKeys = given(first("revokedhostkeys")).map(expand.path)
    configuration.identityAgent = agent(first("identityagent"), expand)
    configuration.identitiesOnly = first("identitiesonly") == "yes"
    configuration.addressFamily = first("addressfamily").flatMap(SSHConfiguration.AddressFamily.init) ?? .any
    configuration.algorithms = Self.algorithms(values)
    configuration.proxy = try proxy(command: first("proxycommand"), jump: first("proxyjump"), configuration, expand)
    return configuration
  }

  private static func values(_ output: String) -> [String: [String]] {
    output.split(separator: "\n").reduce(into: [:]) { values, line in
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { return }
      values[String(parts[0]), default: []].append(String(parts[1]))
    }
  }

  /// Several paths on one line, not quoted by ssh: a blank parts two only where an absolute path follows.
  private static func paths(_ text: String?) -> [String] {
    (text ?? "").split(separator: " ").reduce(into: []) { paths, word in
      if word == "none" { return }
      if paths.isEmpty || word.hasPrefix("/") || word.hasPrefix("~") || word.hasPrefix("$") {
        paths.append(String(word))
      } else {
        paths[paths.count - 1] += " \(word)"
      }
    }
  }

  private static func algorithms(_ values: [String: [String]]) -> SSHConfiguration.Algorithms {
    let list = { (key: String) in (values[key]?.first ?? "").split(separator: ",").map(String.init) }
    var algorithms = SSHConfiguration.Algorithms()
    algorithms.keyExchange = list("kexalgorithms")
    algorithms.hostKey = list("hostkeyalgorithms")
    algorithms.ciphers = list("ciphers")
    algorithms.macs = list("macs")
    algorithms.publicKey = list("pubkeyacceptedalgorithms")
    return algorithms
  }

  private func port(_ text: String?) throws(SSHError) -> UInt16 {
    guard let text else { return 22 }
    guard let port = UInt16(text), port > 0 else { throw failure("'\(text)' is no port") }
    return port
  }

  /// `none` turns the agent off, `SSH_AUTH_SOCK` and `$NAME` name a variable; unset means SSH_AUTH_SOCK.
  private func agent(_ text: String?, _ expand: Expansion) -> String? {
    let path: String?
    switch text {
    case "none": path = nil
    case nil, "SSH_AUTH_SOCK": path = context.environment["SSH_AUTH_SOCK"]
    case let text? where text.hasPrefix("$") && !text.hasPrefix("${"):
      path = context.environment[String(text.dropFirst())]
    case let text?: path = expand.path(text)
    }
    return path?.isEmpty == false ? path : nil
  }

  private func proxy(
    command: String?, jump: String?, _ configuration: SSHConfiguration, _ expand: Expansion
  ) throws(SSHError) -> SSHConfiguration.Proxy? {
    if let command = given(command) { return .shell(expand.tokens(command)) }
    return try given(jump).map { text throws(SSHError) in .program(try jumpArguments(text, to: configuration)) }
  }

  /// The last hop is the one to connect to, the others are on the way to it: `-J a,b` of ssh(1). BatchMode because
  /// nobody is there to answer.
  private func jumpArguments(_ text: String, to target: SSHConfiguration) throws(SSHError) -> [String] {
    var hops = text.split(separator: ",").map(String.init)
    guard let last = hops.popLast() else { throw failure("ProxyJump is empty") }
    let hop = try SSHDestination(last.hasPrefix("ssh://") ? String(last.dropFirst(6)) : last)
    var arguments = ["ssh", "-o", "BatchMode=yes"]
    if let file = context.configFile { arguments += ["-F", file] }
    if let user = hop.user { arguments += ["-l", user] }
    if let port = hop.port { arguments += ["-p", String(port)] }
    if !hops.isEmpty { arguments += ["-J", hops.joined(separator: ",")] }
    return arguments + ["-W", "[\(target.hostName)]:\(target.port)", "--", hop.host]
  }

  private func given(_ text: String?) -> String? { text == "none" ? nil : text }

  private func failure(_ text: String) -> SSHError {
    SSHError(host: context.destination.host, step: .configuration, cause: .configuration(text))
  }
}

/// `~`, `%h` and `${NAME}` in values, as far as ssh -G leaves them. ssh_config(5), TOKENS.
struct Expansion {
  let context: ConfigurationContext
  let configuration: SSHConfiguration

  /// A path: home directory, tokens and variables.
  func path(_ text: String) -> String {
    let full = text == "~" || text.hasPrefix("~/") ? context.home + text.dropFirst() : text
    return variables(tokens(full))
  }

  /// Percent tokens; an unknown one stays as it is.
  func tokens(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "%"), let letter = rest[mark...].dropFirst().first {
      result += rest[..<mark] + (value(of: letter) ?? "%\(letter)")
      rest = rest[mark...].dropFirst(2)
    }
    return result + rest
  }

  private func value(of letter: Character) -> String? {
    switch letter {
    case "%": "%"
    case "d": context.home
    case "h": configuration.hostName
    case "i": context.localUserID
    case "k": configuration.hostKeyAlias ?? configuration.hostName
    case "n": context.destination.host
    case "p": String(configuration.port)
    case "r": configuration.user
    case "u": context.localUser
    default: nil
    }
  }

  private func variables(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "$") {
      let tail = rest[mark...].dropFirst()
      result += rest[..<mark]
      guard tail.first == "{", let end = tail.firstIndex(of: "}") else {
        result += "$"
        rest = tail
        continue
      }
      result += context.environment[String(tail[..<end].dropFirst())] ?? ""
      rest = tail[end...].dropFirst()
    }
    return result + rest
  }
}
