import CLibvirt

extension Connection {
  /// What happens to the domains of this host, or to one of them, in the order in which libvirt tells it.
  ///
  /// The stream holds every event until it is read, for none may be lost, and keeps the connection open. It ends when
  /// the connection is lost or closed (`closeReason` then says why). Throws `LibvirtError` when the host refuses.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domainEvents(of domain: Domain? = nil) throws -> AsyncStream<DomainEvent> {
    try call("register for events") { raw, call in
      try hub.register(with: raw, call)
      return hub.stream(uuid: domain?.uuid, holding: self)
    }
  }
}
