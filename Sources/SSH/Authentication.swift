import CLibssh
import Threads

#if canImport(Glibc)
  import Glibc
#endif

extension ClientSession {
  /// Proves the user's identity: agent keys first, those named in the configuration before others, then key files.
  ///
  /// Never asks for anything and never sends a password. Throws with what was tried and what the server offers.
  func authenticate() throws(SSHError) {
    var attempt = AuthenticationAttempt(user: configuration.user)
    if try offer({ ssh_userauth_none(raw, nil) }) == .accepted { return }
    attempt.problem.offered = offeredMethods()
    guard attempt.problem.offered.contains("publickey") else { throw error(.authentication, attempt.cause) }
    let files = configuration.identityFiles.map(IdentityFile.init)
    if try authenticate(withAgentFor: files, &attempt) { return }
    for file in files where try authenticate(with: file, &attempt) { return }
    throw error(.authentication, attempt.cause)
  }

  // MARK: Agent

  private func authenticate(
    withAgentFor files: [IdentityFile], _ attempt: inout AuthenticationAttempt
  ) throws(SSHError) -> Bool {
    guard let path = configuration.identityAgent else { return false }
    guard let agent = Agent(path: path, deadline: deadline, mailbox: mailbox) else {
      attempt.problem.notes.append("no agent answers at \(path)")
      return false
    }
    guard let held = agent.keys() else {
      agent.close()
      attempt.problem.notes.append("the agent at \(path) does not answer")
      return false
    }
    let named = files.compactMap { $0.publicKey() }
    let keys = held.selected(named: named, only: configuration.identitiesOnly)
    guard !keys.isEmpty else {
      agent.close()
      return false
    }
    return try authenticate(agent, keys, &attempt)
  }

  /// libssh speaks to the agent through a socket pair of ours: it sees only the chosen keys, in our order, and an agent
  /// that hangs ends with the deadline (libssh itself would wait for ever). ssh_userauth_agent.
  private func authenticate(
    _ agent: Agent, _ keys: [AgentKey], _ attempt: inout AuthenticationAttempt
  ) throws(SSHError) -> Bool {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      agent.close()
      throw error(.authentication, .errno())
    }
    let (ours, theirs) = (ends[0], ends[1])
    relay(agent, keys, client: ours)
    ssh_set_agent_socket(raw, theirs)
    defer {
      ssh_set_agent_socket(raw, -1)
      close(theirs)
    }
    attempt.problem.tried += keys.map { "agent key \"\($0.comment)\" (\($0.key.type))" }
    attempt.offered += keys.map(\.key)
    return try attempt.record(offer { ssh_userauth_agent(raw, nil) }, in: self)
  }

  /// Ends, and closes its descriptors, when libssh's end of the pair is closed.
  private func relay(_ agent: Agent, _ keys: [AgentKey], client descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    let client = AgentStream(descriptor: descriptor, deadline: deadline, mailbox: mailbox)
    detachThread {
      agent.serve(client, keys: keys)
      agent.close()
      close(descriptor)
    }
  }

  // MARK: Key files

  private func authenticate(
    with file: IdentityFile, _ attempt: inout AuthenticationAttempt
  ) throws(SSHError) -> Bool {
    if let key = file.publicKey(), attempt.offered.contains(key) { return false }
    switch file.load() {
    case .missing: return false
    case .encrypted:
      attempt.problem.encrypted.append(file.path)
      return false
    case .unreadable(let why):
      attempt.problem.notes.append("\(file.path): \(why)")
      return false
    case .key(let key):
      defer { ssh_key_free(key) }
      attempt.problem.tried.append("key file \(file.path)")
      return try attempt.record(offer { ssh_userauth_publickey(raw, nil, key) }, in: self)
    }
  }

  // MARK: Answers

  /// One authentication request to its end. Throws when the connection is lost or the time is over.
  private func offer(_ call: () -> Int32) throws(SSHError) -> AuthenticationAttempt.Answer {
    let status = try complete(.authentication, again: SSH_AUTH_AGAIN.rawValue, call)
    guard isConnected else { throw failure(.authentication) }
    if deadline.hasPassed, status != SSH_AUTH_SUCCESS.rawValue {
      throw error(.authentication, .timedOut(deadline.budget))
    }
    switch status {
    case SSH_AUTH_SUCCESS.rawValue: return .accepted
    case SSH_AUTH_PARTIAL.rawValue: return .partial
    case SSH_AUTH_DENIED.rawValue: return .denied
    default: return .failed(message)
    }
  }

  fileprivate func offeredMethods() -> [String] {
    let flags = ssh_userauth_list(raw, nil)
    let names: [(Int32, String)] = [
      (Int32(SSH_AUTH_METHOD_PUBLICKEY), "publickey"), (Int32(SSH_AUTH_METHOD_PASSWORD), "password"),
      (Int32(SSH_AUTH_METHOD_INTERACTIVE), "keyboard-interactive"), (Int32(SSH_AUTH_METHOD_HOSTBASED), "hostbased"),
      (Int32(SSH_AUTH_METHOD_GSSAPI_MIC), "gssapi-with-mic"),
    ]
    return names.filter { flags & $0.0 != 0 }.map(\.1)
  }
}

/// What an authentication has tried so far.
struct AuthenticationAttempt {
  enum Answer: Equatable {
    case accepted, partial, denied
    case failed(String)
  }

  var problem: AuthenticationProblem
  var offered: [PublicKey] = []

  init(user: String) {
    problem = AuthenticationProblem(user: user, tried: [], offered: [], encrypted: [], notes: [], isPartial: false)
  }

  var cause: SSHError.Cause { .authentication(problem) }

  /// True when the server lets the user in. Throws when it accepts the key and wants a further method.
  mutating func record(_ answer: Answer, in session: ClientSession) throws(SSHError) -> Bool {
    switch answer {
    case .accepted: return true
    case .denied: return false
    case .failed(let text):
      problem.notes.append(text)
      return false
    case .partial:
      problem.isPartial = true
      problem.offered = session.offeredMethods()
      throw session.error(.authentication, cause)
    }
  }
}

extension [AgentKey] {
  /// Those that the configuration names, in its order, then the others unless IdentitiesOnly forbids them.
  func selected(named: [PublicKey], only: Bool) -> [AgentKey] {
    let first = named.compactMap { key in self.first { $0.key == key } }
    return only ? first : first + filter { !first.contains($0) }
  }
}
