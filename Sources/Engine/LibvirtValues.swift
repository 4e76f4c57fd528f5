import Libvirt
import MigrationModel

extension ProgressSample {
  /// What libvirt's job statistics say, in the model's terms; what libvirt left out stays nil.
  init(_ statistics: JobStatistics) {
    self.init()
    memory.total = statistics.memoryTotal
    memory.processed = statistics.memoryProcessed
    memory.remaining = statistics.memoryRemaining
    memory.bandwidth = statistics.memoryBandwidth?.rawValue
    memory.dirtyPagesPerSecond = statistics.memoryDirtyRate
    memory.pageSize = statistics.memoryPageSize
    memory.iteration = statistics.memoryIteration
    memory.constantPages = statistics.memoryConstantPages
    memory.normalPages = statistics.memoryNormalPages
    if let total = statistics.diskTotal, total > .bytes(0) { disk = Disk(statistics, total: total) }
    throttlePercent = statistics.autoConvergeThrottle.map(Int.init)
    postcopyRequests = statistics.memoryPostcopyRequests
    downtime = statistics.downtime
  }
}

extension ProgressSample.Disk {
  init(_ statistics: JobStatistics, total: ByteCount) {
    self.init()
    self.total = total
    processed = statistics.diskProcessed
    remaining = statistics.diskRemaining
    bandwidth = statistics.diskBandwidth?.rawValue
  }
}

extension GuestEvent {
  init(_ lifecycle: Lifecycle) {
    let kind: Kind =
      switch lifecycle {
      case .startedMigrated: .startedIncoming
      case .suspendedMigrated: .suspendedForMigration
      case .suspendedPostcopy: .suspendedForPostcopy
      case .resumedMigrated: .resumedAfterMigration
      case .resumedPostcopy: .resumedInPostcopy
      case .resumedUnpaused: .resumed
      case .stoppedMigrated: .leftSource
      case let other where other.event == .stopped: .ended
      default: .other
      }
    self.init(kind: kind, event: lifecycle.event.description, detail: lifecycle.detailDescription)
  }
}

extension MigrationFailure {
  /// libvirt merges both hosts' words into one sentence when both failed (virDomainMigrateVersion3Full,
  /// src/libvirt-domain.c): they are taken apart again.
  init(_ error: LibvirtError) {
    self.init(code: Int(error.code.rawValue), message: error.description)
    let marks = (source: "Message from the source host: ", destination: "Message from the destination host: ")
    guard let first = error.message.firstRange(of: marks.source),
      let second = error.message[first.upperBound...].firstRange(of: marks.destination)
    else { return }
    source = String(error.message[first.upperBound..<second.lowerBound])
    destination = String(error.message[second.upperBound...])
  }
}
