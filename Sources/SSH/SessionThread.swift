import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

/// The life of a session on its own pthread: connect, serve channels until closed, let go of everything.
struct SessionThread {
  let configuration: SSHConfiguration
  let mailbox: Mailbox
  let deadline: Deadline

  /// Calls `report` once, when the session is usable or has failed. Returns when everything is released.
  func run(report: (Result<Void, SSHError>) -> Void) {
    blockSignals()
    let reason = serve(report)
    for channel in mailbox.finish() { channel.fail(.exec, reason) }
  }

  private func serve(_ report: (Result<Void, SSHError>) -> Void) -> SSHError.Cause {
    do throws(SSHError) {
      let session = try connect()
      report(.success(()))
      return ChannelLoop(session: session).run()
    } catch {
      report(.failure(error))
      return error.cause
    }
  }

  private func connect() throws(SSHError) -> ClientSession {
    let transport = Transport(configuration: configuration, mailbox: mailbox, deadline: deadline)
    let session = try ClientSession(
      descriptor: try transport.connect(), configuration: configuration, mailbox: mailbox, deadline: deadline)
    let knownHosts = configuration.readKnownHosts()
    try session.exchangeKeys(preferring: knownHosts.keyTypes(for: configuration.hostKeyName))
    try session.verifyHostKey(knownHosts)
    try session.authenticate()
    return session
  }

  /// Signals of the process are for its other threads; a write to a broken pipe is an error here, not a death.
  private func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }
}
