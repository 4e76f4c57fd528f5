import CLibvirt

/// One kind of event: its number and the callback of the signature that libvirt calls for that number.
///
/// libvirt stores every callback as one type; the typed constants below are what keeps number and signature together.
struct EventCallback: Sendable {
  var id: Int32
  var function: virConnectDomainEventGenericCallback

  /// Everything that the streams of a connection carry.
  static let all = [
    EventCallback(id: VIR_DOMAIN_EVENT_ID_LIFECYCLE, function: unsafeBitCast(onLifecycle, to: Generic.self)),
    EventCallback(id: VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, function: unsafeBitCast(onJobCompleted, to: Generic.self)),
    EventCallback(
      id: VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, function: unsafeBitCast(onMigrationIteration, to: Generic.self)),
  ]
  private typealias Generic = virConnectDomainEventGenericCallback

  private init(id: virDomainEventID, function: @escaping Generic) {
    self.id = Int32(id.rawValue)
    self.function = function
  }

  static let onLifecycle: virConnectDomainEventCallback = { _, domain, event, detail, opaque in
    hub(opaque)?.receive(domain, .lifecycle(Lifecycle(event: .init(rawValue: event), detail: detail)))
    return 0
  }

  static let onJobCompleted: virConnectDomainEventJobCompletedCallback = { _, domain, fields, count, opaque in
    let statistics = JobStatistics(type: nil, TypedParameterReader(pointer: fields, count: count))
    hub(opaque)?.receive(domain, .jobCompleted(statistics))
  }

  static let onMigrationIteration: virConnectDomainEventMigrationIterationCallback = { _, domain, pass, opaque in
    hub(opaque)?.receive(domain, .migrationIteration(Int(pass)))
  }

  static let release: virFreeCallback = { opaque in
    if let opaque { Unmanaged<EventHub>.fromOpaque(opaque).release() }
  }

  private static func hub(_ opaque: UnsafeMutableRawPointer?) -> EventHub? {
    opaque.map { Unmanaged<EventHub>.fromOpaque($0).takeUnretainedValue() }
  }
}
