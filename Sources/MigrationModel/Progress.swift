/// What the hypervisor reported of a running migration at one moment. A field that it did not report is nil, never 0.
public struct ProgressSample: Codable, Sendable, Equatable {
  public struct Memory: Codable, Sendable, Equatable {
    public var total: ByteCount?
    public var processed: ByteCount?
    public var remaining: ByteCount?
    /// Bytes a second.
    public var bandwidth: UInt64?
    public var dirtyPagesPerSecond: UInt64?
    public var pageSize: ByteCount?
    /// The pass over memory, 1 in the first (QEMU's dirty-sync-count).
    public var iteration: UInt64?
    public var constantPages: UInt64?
    public var normalPages: UInt64?
    public init() {}

    /// Bytes a second that the guest dirties: pages a second times the page size.
    public var dirtyRate: UInt64? {
      guard let dirtyPagesPerSecond, let pageSize else { return nil }
      let (rate, overflow) = dirtyPagesPerSecond.multipliedReportingOverflow(by: pageSize.rawValue)
      return overflow ? nil : rate
    }
  }

  public struct Disk: Codable, Sendable, Equatable {
    public var total: ByteCount?
    public var processed: ByteCount?
    public var remaining: ByteCount?
    /// Bytes a second.
    public var bandwidth: UInt64?
    public init() {}
  }

  public var memory = Memory()
  /// nil where no disk is copied.
  public var disk: Disk?
  /// How much auto-converge slows the guest's CPUs down.
  public var throttlePercent: Int?
  public var postcopyRequests: UInt64?
  /// While running: the downtime that the hypervisor expects. Once completed: the one that it measured.
  public var downtime: Duration?
  public init() {}

  /// Share of memory and disk that need not be sent any more, 0 to 100; nil before totals are known.
  ///
  /// From what remains, because pages are sent more than once and `processed` may exceed `total`.
  public var percent: Double? {
    let parts = [(memory.total, memory.remaining), (disk?.total, disk?.remaining)]
    let known = parts.compactMap { total, remaining in
      total.flatMap { total in remaining.map { (total: total.rawValue, remaining: min($0.rawValue, total.rawValue)) } }
    }
    let total = known.reduce(0.0) { $0 + Double($1.total) }
    guard total > 0 else { return nil }
    return 100 * (1 - known.reduce(0.0) { $0 + Double($1.remaining) } / total)
  }

  /// Seconds until what remains is sent at the present bandwidth less the dirty rate; nil when it would never end.
  public var secondsLeft: Double? {
    guard let remaining = memory.remaining, let bandwidth = memory.bandwidth else { return nil }
    let net = Double(bandwidth) - Double(memory.dirtyRate ?? 0)
    return net > 0 ? Double(remaining.rawValue) / net : nil
  }
}
