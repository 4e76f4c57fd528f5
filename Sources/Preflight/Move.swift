import MigrationModel

/// Everything that a rule may look at: one domain, from one host to another, as asked.
struct Move: Sendable {
  @Shared var request: MigrationRequest
  @Shared var domain: DomainFacts
  @Shared var source: HostFacts
  @Shared var destination: HostFacts
  @Shared var pair: PairFacts
  var policy: PreflightPolicy

  /// Only the definition moves: asked for, or left open for a guest that does not run.
  var isOffline: Bool {
    request.mode == .offline || (request.mode == .auto && request.live != true && !domain.isActive)
  }

  /// Why a rule about a running guest does not apply; nil when a running guest moves.
  var nothingRuns: String? {
    isOffline ? "only the definition moves" : domain.isActive ? nil : "\(domain.name) is \(domain.state.rawValue)"
  }

  /// Why no TCP connection of QEMU's goes from host to host; nil when one does.
  var noDataConnection: String? {
    if let nothingRuns { return nothingRuns }
    if request.mode == .tunnelled { return "a tunnelled migration makes no connection of its own" }
    return ports.isEmpty ? "QEMU listens on no TCP port" : nil
  }

  /// How the guest's CPU compares with the destination.
  var cpuComparison: Fact<CPUComparison>? {
    get { pair.cpuComparisons[domain.uuid] }
    set { pair.cpuComparisons[domain.uuid] = newValue }
  }

  /// The name that the guest will have on the destination.
  var nameOnDestination: String { request.destinationName ?? domain.name }

  /// The emulator that the destination will start: the domain's own, else the first that the destination offers.
  func emulator(among offered: [Emulator]) -> Emulator? {
    offered.first {
      $0.arch == domain.arch && $0.virtType == domain.virtType && (domain.emulator ?? $0.path) == $0.path
    }
  }

  func isCopied(_ disk: Disk) -> Bool { request.copies(disk) }
}

/// A large value that copies of its holder share until one of them is given another: rules hand their move from closure
/// to closure, and facts are made of hundreds of references, each of which a copy would count.
@propertyWrapper
struct Shared<Value: Sendable>: Sendable {
  private final class Box: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  private var box: Box

  init(wrappedValue: Value) { box = Box(wrappedValue) }

  var wrappedValue: Value {
    get { box.value }
    set { box = Box(newValue) }
  }
}

/// The limits that a site may set for itself.
public struct PreflightPolicy: Sendable, Equatable {
  /// Clock difference from which the move is warned about. Nanoseconds.
  public var clockWarning: Int64
  /// Clock difference from which the move is blocked. Nanoseconds.
  public var clockBlocker: Int64
  /// Memory of the destination that is spoken for: kept free, or needed by guests that move before this one.
  public var memoryReserve: ByteCount
  /// Guests that are to move at the same time.
  public var parallelMoves: Int
  /// Load average for each CPU of the destination from which the move is warned about.
  public var loadPerCPU: Double
  /// Share of the destination's memory that should stay available after the move, for guests of a host that fails.
  public var failoverShare: Double

  public init(
    clockWarning: Int64 = 10_000_000, clockBlocker: Int64 = 500_000_000, memoryReserve: ByteCount = .bytes(0),
    parallelMoves: Int = 1, loadPerCPU: Double = 2, failoverShare: Double = 0.05
  ) {
    self.clockWarning = clockWarning
    self.clockBlocker = clockBlocker
    self.memoryReserve = memoryReserve
    self.parallelMoves = parallelMoves
    self.loadPerCPU = loadPerCPU
    self.failoverShare = failoverShare
  }
}
