import FoundationEssentials
import Glibc

/// How long a lab lives.
public enum LabLife: String, Codable, Sendable {
  /// Until `Lab.down`, or the machine's end.
  case untilDown
  /// As long as the process that made it; what it leaves behind is removed with the next lab.
  case withOwner
}

/// What a lab's directory says about it: enough to attach to it and to remove it.
struct LabRecord: Codable, Sendable, Equatable {
  let plan: LabPlan
  let life: LabLife
  let owner: Int32
  let ownerStartTime: String

  init(plan: LabPlan, life: LabLife) throws {
    guard let owner = LabProcess(id: getpid()) else {
      throw LabError(.fileFailed, "read /proc/self/stat", "it is not there")
    }
    self.plan = plan
    self.life = life
    self.owner = owner.id
    self.ownerStartTime = owner.startTime
  }

  /// True when nobody will ever remove this lab: it lived with its owner, and its owner is gone.
  var isOrphan: Bool {
    life == .withOwner && !LabProcess(id: owner, startTime: ownerStartTime).isAlive
  }

  static func path(in directory: String) -> String { "\(directory)/lab.json" }

  /// The record in a lab's directory; nil while there is none that can be read.
  static func read(in directory: String) -> LabRecord? {
    guard let data = try? Files.bytes(path(in: directory)) else { return nil }
    return try? JSONDecoder().decode(LabRecord.self, from: Data(data))
  }

  func write() throws {
    try Files.write([UInt8](try JSONEncoder().encode(self)), to: Self.path(in: plan.directory))
  }
}
