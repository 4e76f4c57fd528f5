import CLibssh

#if canImport(Glibc)
  import Glibc
#endif

/// Serves the channels of one authenticated session; the only place where they are touched.
final class ChannelLoop {
  /// sshd allows 10 sessions a connection (MaxSessions), and one that has just closed counts for some milliseconds.
  static let channelLimit = 8

  private let session: ClientSession
  private var waiting: [ChannelState] = []
  private var workers: [ChannelWorker] = []

  init(session: ClientSession) { self.session = session }

  /// Returns when the session is closed or lost, with the reason; every channel has ended then.
  func run() -> SSHError.Cause {
    while true {
      waiting += session.mailbox.take()
      if session.mailbox.isCloseRequested { return end(.closed) }
      session.pump()
      guard session.isConnected else { return end(.disconnected(session.message)) }
      expireWaiting()
      admit()
      if isQuiet() { session.wait(milliseconds: nextWake()) }
    }
  }

  /// One step of every channel; true when none of them moved and nothing came in meanwhile.
  ///
  /// A step of one channel can read what is for another, already served, into libssh's buffers: the socket would not
  /// become readable for it again.
  private func isQuiet() -> Bool {
    let received = session.bytesReceived
    var moved = false
    for worker in workers where worker.step() { moved = true }
    workers.removeAll { $0.isReleased }
    return !moved && session.bytesReceived == received
  }

  private func admit() {
    while workers.count < Self.channelLimit, !waiting.isEmpty {
      workers.append(ChannelWorker(state: waiting.removeFirst(), session: session))
    }
  }

  /// Drops waiting channels that were cancelled or whose time is over.
  private func expireWaiting() {
    for state in waiting where state.openDeadline.hasPassed {
      let text = "all \(Self.channelLimit) channels of the session stayed busy for \(state.openDeadline.budget)"
      state.fail(.exec, .refused(text))
    }
    waiting.removeAll { state in state.monitor.update { $0.isOver } }
  }

  private func nextWake() -> Int32 {
    let instants = workers.compactMap(\.nextWake) + waiting.map(\.openDeadline.instant)
    return instants.min()?.millisecondsFromNow ?? -1
  }

  /// What has arrived is still delivered: a channel that is complete ends well even when the connection is gone.
  private func end(_ cause: SSHError.Cause) -> SSHError.Cause {
    for worker in workers {
      while worker.step() {}
      worker.release(.command, cause)
    }
    for state in waiting { state.fail(.exec, cause) }
    return cause
  }
}
