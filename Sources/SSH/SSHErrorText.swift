extension SSHError: CustomStringConvertible {
  /// One sentence with the host, the step and the cause, and then what mends it.
  public var description: String {
    let sentence = "\(host): \(step.phrase): \(cause.phrase)"
    return hint.map { "\(sentence); \($0)" } ?? sentence
  }

  /// What to do about it, where that is known.
  public var hint: String? {
    switch cause {
    case .hostKey(let problem): problem.hint
    case .authentication(let problem): problem.hint(host: host)
    case .timedOut: timeoutHint
    case .disconnected where step == .authentication:
      "if an agent holds many keys, name one with IdentityFile and set IdentitiesOnly yes"
    case .unresolvable: "check the name, or give HostName in the SSH configuration"
    default: nil
    }
  }

  private var timeoutHint: String? {
    switch step {
    case .resolve: "the name server does not answer"
    case .connect: "nothing answers at this address: check that the host is up and that no firewall drops the port"
    case .keyExchange, .proxy: "the port accepts connections but does not speak SSH in time"
    case .authentication: "the server or the agent does not answer"
    default: nil
    }
  }
}

extension SSHError.Step {
  var phrase: String {
    switch self {
    case .destination: "destination"
    case .configuration: "SSH configuration"
    case .resolve: "name lookup"
    case .connect: "TCP connect"
    case .proxy: "proxy command"
    case .keyExchange: "SSH key exchange"
    case .hostKey: "host key check"
    case .authentication: "SSH authentication"
    case .exec: "starting the remote command"
    case .command: "remote command"
    }
  }
}

extension SSHError.Cause {
  var phrase: String {
    switch self {
    case .malformedDestination(let reason): "not [user@]host[:port]: \(reason)"
    case .configuration(let text), .library(let text): text
    case .unresolvable(let code, let text): "\(text) (getaddrinfo \(code))"
    case .system(let code, let text): "\(text) (errno \(code))"
    case .timedOut(let budget): "no answer within \(budget)"
    case .cancelled: "cancelled"
    case .closed: "the session is closed"
    case .disconnected(let text): "the connection ended: \(text)"
    case .hostKey(let problem): problem.phrase
    case .authentication(let problem): problem.phrase
    case .refused(let text): "refused: \(text)"
    case .outputLimit(let limit): "more than \(limit) bytes of output"
    }
  }
}

extension HostKeyProblem {
  var phrase: String {
    let key = "the \(keyType) key \(fingerprint) of \(name)"
    return switch kind {
    case .unknown: "\(key) is not known"
    case .changed: "\(key) is not the one in \(place): the host was reinstalled, or someone is in between"
    case .otherType(let types): "\(key) is not known; \(place) has only \(types.joined(separator: ", "))"
    case .revoked: "\(key) is revoked in \(place)"
    }
  }

  var hint: String {
    let scan = "compare the fingerprint with the host's own (ssh-keygen -lf on its console), then add \(scanCommand)"
    return switch kind {
    case .unknown, .otherType: scan
    case .changed:
      "if the change is right, remove the old key with ssh-keygen -R \(quoted(name))\(fileOption) and \(scan)"
    case .revoked: "do not connect: give the host a new key"
    }
  }

  private var place: String { (file ?? "known_hosts") + (line.map { ", line \($0)" } ?? "") }

  private var fileOption: String { file.map { " -f \(quoted($0))" } ?? "" }

  private var scanCommand: String {
    let target = file.map { " to \($0)" } ?? " to a known_hosts file"
    guard name.hasPrefix("["), let end = name.lastIndex(of: "]") else {
      return "the output of ssh-keyscan \(quoted(name))" + target
    }
    let host = String(name[name.index(after: name.startIndex)..<end])
    let port = String(name[end...].dropFirst(2))
    return "the output of ssh-keyscan -p \(port) \(quoted(host))" + target
  }

  /// For a shell that the reader pastes the command into.
  private func quoted(_ text: String) -> String { "'" + text.split(separator: "'").joined(separator: "'\\''") + "'" }
}

extension AuthenticationProblem {
  var phrase: String {
    if isPartial { return "the key of \(user) is accepted, but the server wants more: \(offeredText)" }
    if let file = encrypted.first, isOnlyEncrypted {
      return "the key file \(file) is encrypted and no agent holds its key"
    }
    let attempts = tried.isEmpty ? "no key to offer" : "tried \(tried.joined(separator: ", "))"
    return ([" as \(user): \(attempts)", "the server offers \(offeredText)"] + encryptedNotes + notes)
      .joined(separator: "; ").trimmingPrefix(" ").description
  }

  func hint(host: String) -> String {
    if let file = encrypted.first { return "load it with ssh-add \(file)" }
    if !offered.contains("publickey") { return "the server takes no public keys: allow PubkeyAuthentication there" }
    return "add a public key to authorized_keys of \(user) on \(host), or name the right key with IdentityFile"
  }

  private var isOnlyEncrypted: Bool { tried.isEmpty && notes.isEmpty && offered.contains("publickey") }
  private var offeredText: String { offered.isEmpty ? "no method" : offered.joined(separator: ", ") }
  private var encryptedNotes: [String] { encrypted.map { "\($0) is encrypted and no agent holds its key" } }
}
