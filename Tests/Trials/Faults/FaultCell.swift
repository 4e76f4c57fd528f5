/// One cell of the matrix: what breaks, in which mode, and when.
public struct FaultCell: Sendable, Hashable {
  public enum Mode: String, Sendable, CaseIterable {
    case plain, p2p, tunnelled, postcopy
    /// Peer-to-peer, with `--strict-handover`.
    case strict
  }

  public enum Fault: String, Sendable, CaseIterable {
    /// The control: what is seen when nothing breaks.
    case nothing
    /// SIGKILL, as the OOM killer or a lost terminal would.
    case toolKilled = "tool-killed"
    /// SIGKILL, and another is started at once.
    case sourceDaemon = "source-libvirtd"
    case destinationDaemon = "destination-libvirtd"
    case destinationQEMU = "destination-qemu"
    case sourceQEMU = "source-qemu"
    /// The destination's management link has no carrier until the tool has ended.
    case linkCut = "link-cut"
    /// Its packets go nowhere for 40 s, or until the tool has ended.
    case blackhole
    /// The destination throws away what comes to the ports of migrations until the tool has ended.
    case dataPath = "data-path"

    var isOfTheNetwork: Bool { [.linkCut, .blackhole, .dataPath].contains(self) }
  }

  public enum Moment: String, Sendable, CaseIterable {
    case prepare
    /// The first progress.
    case early
    /// 60 per cent of the memory are there.
    case late
    /// The guest was paused on the source.
    case stop
    /// The guest runs on the destination; in post-copy the rest of its memory is still on the source.
    case `continue`
  }

  public var mode: Mode
  public var fault: Fault
  public var moment: Moment

  public init(_ mode: Mode, _ fault: Fault, _ moment: Moment) {
    self.mode = mode
    self.fault = fault
    self.moment = moment
  }

  /// Why there is no such cell; nil when there is.
  var absence: String? {
    mode == .tunnelled && fault == .dataPath ? "a tunnelled move has no data path of its own" : nil
  }

  public static let all: [FaultCell] = Mode.allCases.flatMap { mode in
    Fault.allCases.flatMap { fault in
      (fault == .nothing ? [.continue] : Moment.allCases).map { FaultCell(mode, fault, $0) }
    }
  }

  /// The fault takes away a QEMU, or half of the memory: the guest may be lost, and by the fault alone.
  var mayLoseTheGuest: Bool {
    switch (fault, moment) {
    case (.sourceQEMU, .continue), (.destinationQEMU, .prepare), (.destinationQEMU, .early), (.destinationQEMU, .late):
      mode == .postcopy && moment == .continue
    case (.sourceQEMU, _), (.destinationQEMU, _): true
    default: false
    }
  }
}

extension FaultCell.Moment {
  /// True when this line of `--output jsonl` is the moment's.
  func isReached(by line: [String: any Sendable]) -> Bool {
    switch (self, line["type"] as? String) {
    case (.prepare, "phase"): line["phase"] as? String == "prepare"
    case (.early, "progress"): true
    case (.late, "progress"): (line["percent"] as? Double ?? 0) >= 60
    case (.stop, "phase"): line["phase"] as? String == "stop"
    case (.continue, "phase"): ["continue", "postcopy"].contains(line["phase"] as? String)
    default: false
    }
  }
}
