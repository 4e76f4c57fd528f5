import CLibvirt
import Threads

extension Connection {
  /// What happens to the domains of this host, or to one of them, in the order in which libvirt tells it.
  ///
  /// The stream holds every event until it is read, for none may be lost, and keeps the connection open. It ends when
  /// the connection is lost or closed (`closeReason` then says why). Dropping it or cancelling its reader deregisters.
  /// Throws `LibvirtError` when the host refuses, and nothing stays registered (`virConnectDomainEventRegisterAny`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domainEvents(of domain: Domain? = nil) throws -> AsyncStream<DomainEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: DomainEvent.self, bufferingPolicy: .unbounded)
    try call("register for events") { raw, call in
      let registration = EventRegistration(raw, continuation)
      do {
        for callback in EventCallback.all { try registration.add(callback, on: domain?.raw, call) }
      } catch {
        registration.end()
        throw error
      }
      keep(registration)
    }
    return stream
  }

  /// Ends `registration` with its stream, with the loss of the transport or with `close`, whichever is first.
  private func keep(_ registration: EventRegistration) {
    let id = ObjectIdentifier(registration)
    registrations.withLock { $0[id] = registration }
    registration.continuation.onTermination = { [self] _ in
      closing.forget(id)
      registrations.withLock { _ = $0.removeValue(forKey: id) }
      detachThread(registration.end)
    }
    closing.listen(id) { [continuation = registration.continuation] _ in continuation.finish() }
  }
}
