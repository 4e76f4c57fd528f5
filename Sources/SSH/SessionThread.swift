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
      guard let proxy = configuration.proxy else { return try serve(over: transport.connect(), report) }
      let (process, descriptor) = try ProxyProcess.start(proxy, host: configuration.label)
      return try explaining(process) { () throws(SSHError) in try serve(over: descriptor, report) }
    } catch {
      report(.failure(error))
      return error.cause
    }
  }

  /// Serves until the session ends; throws when it does not come about. The process of a proxy lives as long.
  private func serve(
    over descriptor: Int32, _ report: (Result<Void, SSHError>) -> Void
  ) throws(SSHError) -> SSHError.Cause {
    let session = try ClientSession(
      descriptor: descriptor, configuration: configuration, mailbox: mailbox, deadline: deadline)
    let knownHosts = configuration.readKnownHosts()
    try session.exchangeKeys(preferring: knownHosts.keyTypes(for: configuration.hostKeyName))
    try session.verifyHostKey(knownHosts)
    try session.authenticate()
    report(.success(()))
    return ChannelLoop(session: session).run()
  }

  /// When a proxy gives no connection its own words say why.
  private func explaining(
    _ proxy: ProxyProcess, _ body: () throws(SSHError) -> SSHError.Cause
  ) throws(SSHError) -> SSHError.Cause {
    do throws(SSHError) { return try body() } catch {
      guard error.step == .keyExchange, case .disconnected(let text) = error.cause else { throw error }
      throw SSHError(host: error.host, step: .proxy, cause: .disconnected(proxy.message ?? text))
    }
  }

  private var transport: Transport {
    Transport(configuration: configuration, mailbox: mailbox, deadline: deadline)
  }

  /// Signals of the process are for its other threads; a write to a broken pipe is an error here, not a death.
  private func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }
}
