import Foundation
import Subprocess
import Testing
import Trials

@testable import Lab

@Suite(.serialized) struct LabLifecycleTests {
  @Test func upAndDownAreIdempotent() async throws {
    try await skipWithoutLab()
    let configuration = LabConfiguration(name: testLabName("twice"))
    let first = try await Lab.up(configuration)
    let second = try await Lab.up(configuration)
    let processes = LabProcesses(first.plan)
    #expect(first.plan == second.plan)
    #expect(processes == LabProcesses(second.plan))
    #expect(processes.areAllAlive)
    try await Lab.down(configuration.name)
    try await Lab.down(configuration.name)
    #expect(processes.areAllGone)
    expectNothingLeft(of: first.plan)
  }

  @Test func hostsReachEachOtherByName() async throws {
    try await withTestLab("hostile-names") { lab in
      let result = try await lab.run(on: lab.host(1), ["ssh", "-o", "BatchMode=yes", "host2", "hostname"])
      #expect(result.text == "host2")
      let remote = try await lab.virsh(on: lab.host(2), ["--connect", lab.host(1).sshURI, "hostname"])
      #expect(remote.text == "host1")
    }
  }

  @Test func storageAndNetworkAreThere() async throws {
    try await withTestLab("resources") { lab in
      for host in lab.hosts {
        #expect(try await lab.virsh(on: host, ["pool-list", "--name"]).text == "shared")
        #expect(try await lab.virsh(on: host, ["net-list", "--name"]).text == "guests")
      }
      try Files.write("seen", to: "\(lab.plan.sharedDirectory)/note")
      try Files.write("one", to: "\(lab.host(1).localDirectory)/note")
      #expect(try await lab.run(on: lab.host(2), ["cat", "\(LabPlan.sharedPath)/note"]).text == "seen")
      #expect(try await !lab.run(on: lab.host(2), ["cat", "\(LabPlan.localPath)/note"]).isSuccess)
    }
  }

  @Test func twoLabsLiveSideBySide() async throws {
    try await withTestLab("beside", hostCount: 1) { left in
      try await withTestLab("right", hostCount: 1) { right in
        #expect(left.plan.index != right.plan.index)
        for lab in [left, right] {
          let answer = try await lab.virsh(on: lab.host(1), ["hostname"])
          #expect(answer.text == "host1")
        }
      }
    }
  }

  @Test func labGoesAfterAnError() async throws {
    struct Mishap: Error {}
    let plan = Captured<LabPlan>()
    await #expect(throws: Mishap.self) {
      try await withTestLab("error", hostCount: 1) { lab in
        await plan.set(lab.plan)
        throw Mishap()
      }
    }
    expectNothingLeft(of: try #require(await plan.value))
  }

  @Test func labGoesAfterACancellation() async throws {
    try await skipWithoutLab()
    let plan = Captured<LabPlan>()
    let task = Task {
      try await withTestLab("cancel", hostCount: 1) { lab in
        await plan.set(lab.plan)
        try await Task.sleep(for: .seconds(3600))
      }
    }
    try await poll(for: .seconds(90), "make the lab") { await plan.value != nil }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    expectNothingLeft(of: try #require(await plan.value))
  }

  @Test func aFailedBringUpLeavesNothing() async throws {
    try await skipWithoutLab()
    let name = testLabName("failed")
    let task = Task { try await Lab.up(LabConfiguration(name: name, hostCount: 1)) }
    let directory = "\(LabConfiguration().stateRoot)/\(name)"
    try await poll(for: .seconds(30), every: .milliseconds(1), "begin") { Files.exists("\(directory)/switch") }
    let plan = try #require(LabRecord.read(in: directory)?.plan)
    task.cancel()
    _ = await task.result
    try await Lab.down(name)
    expectNothingLeft(of: plan)
  }

  @Test func nobodyTakesALivingLabOver() async throws {
    try await withTestLab("taken", hostCount: 1) { lab in
      for life in [LabLife.untilDown, .withOwner] {
        let error = await #expect(throws: LabError.self) {
          try await Lab.up(LabConfiguration(name: lab.name, hostCount: 1), life: life)
        }
        #expect(error?.code == .busy)
      }
    }
  }

  @Test func labDiesWithItsKilledOwner() async throws {
    try await skipWithoutLab()
    let name = testLabName("killed")
    let plan = try await killOwner(ofLab: name)
    let processes = LabProcesses(plan)
    try await poll(for: .seconds(30), "let the hosts die with their owner") { processes.areAllGone }
    #expect(Files.exists(plan.directory))
    try await Lab.down(testLabName("unrelated"))
    expectNothingLeft(of: plan)
  }

  @Test(arguments: ["", "UPPER", "a/b", "..", "-x", String(repeating: "a", count: 33)])
  func badNamesAreRefused(_ name: String) async throws {
    let error = await #expect(throws: LabError.self) { try await Lab.down(name) }
    #expect(error?.code == .invalidConfiguration)
  }

  /// Lets the demonstration make a lab, and kills it once the lab is whole.
  private func killOwner(ofLab name: String) async throws -> LabPlan {
    let directory = "\(LabConfiguration().stateRoot)/\(name)"
    let result = try await Subprocess.run(
      .path(.init(Tool.path)), arguments: ["lab", "demo", "--name", name], input: .none, output: .discarded,
      error: .discarded
    ) { execution in
      try await poll(for: .seconds(120), "let the other process make its lab") {
        guard let lab = try? Lab.attach(name) else { return false }
        return lab.isComplete
      }
      try execution.send(signal: .kill)
      return try #require(LabRecord.read(in: directory)?.plan)
    }
    #expect(result.terminationStatus == .signaled(SIGKILL))
    return result.closureResult
  }
}

/// The first processes of a lab.
private struct LabProcesses: Equatable {
  let all: [LabProcess]

  init(_ plan: LabPlan) {
    all = ([plan.switchDirectory] + plan.hosts.map(\.stateDirectory)).compactMap(LabProcess.init(registeredIn:))
  }

  var areAllAlive: Bool { !all.isEmpty && all.allSatisfy(\.isAlive) }
  var areAllGone: Bool { all.allSatisfy { !$0.isAlive } }
}

/// A value that a closure hands out.
private actor Captured<Value: Sendable> {
  private(set) var value: Value?
  func set(_ value: Value) { self.value = value }
}

private func expectNothingLeft(of plan: LabPlan, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(!Files.exists(plan.directory), sourceLocation: sourceLocation)
  // The index may be another lab's by now, made by a test beside this one.
  let heirs = ((try? Lab.names()) ?? []).compactMap { try? Lab.attach($0) }.filter { $0.plan.index == plan.index }
  for end in ["m", "g"] where heirs.isEmpty {
    #expect(!Files.exists("/sys/class/net/\(plan.devicePrefix)\(end)"), sourceLocation: sourceLocation)
  }
  let mounts = (try? Files.read("/proc/self/mounts")) ?? ""
  #expect(!mounts.contains(plan.directory), sourceLocation: sourceLocation)
  #expect(processes(mentioning: plan.directory + "/").isEmpty, sourceLocation: sourceLocation)
}

/// The ids of processes whose arguments hold the text.
private func processes(mentioning text: String) -> [String] {
  ((try? Files.names(in: "/proc")) ?? []).filter { name in
    name.first?.isNumber == true && (try? Files.read("/proc/\(name)/cmdline"))?.contains(text) == true
  }
}
