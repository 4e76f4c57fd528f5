import BenchModel
import Foundation
import Lab
import Subprocess
import Testing
import Trials

@testable import Bench

/// The harness on a real lab: that what it reads is there and whole, not how fast anything was.
@Suite(.serialized) struct BenchLabTests {
  @Test func aScenarioIsMeasuredByEverybody() async throws {
    try await withLabSlots(1) {
      let directory = try Scratch()
      let file = try directory.write(
        "tiny.yaml",
        """
        name: tiny
        guest: {memory_mib: 128, kept_mib: 16, rate_mib_s: 2, pattern: hot-cold}
        repeats: 1
        tools: [migrate, virsh]
        variants:
          - {name: p2p, mode: p2p}
        ---
        name: kvm only
        requires: [kvm]
        variants: [{name: plain}]
        """)
      let output = try await Tool().run(
        "bench", "run", file, "--lab", testLabName("bench"), "--report", directory.path, "--output", "json")
      try await validate(output.text, schema: "migrate.bench-1.json")
      let report = try decode(output.text)
      // Beside other tests the machine may be too busy for the controls, and the report says so.
      #expect(output.status == (report.ok ? 0 : 1) && report.problems.allSatisfy { $0.hasPrefix("control ") })
      let saved = try String(contentsOfFile: directory.path + "/report.json", encoding: .utf8)
      #expect(try decode(saved) == report)
      #expect(try String(contentsOfFile: directory.path + "/report.html", encoding: .utf8).contains("tiny/p2p"))

      let moves = report.runs.filter { $0.scenario == "tiny/p2p" }
      #expect(Set(moves.map(\.tool)) == ["migrate", "virsh"])
      for move in moves {
        let (seen, cost) = (move.downtime, move.cost)
        #expect(move.isCompleted && move.memoryVerified && move.pagesChecked > 0 && move.complaints == [])
        #expect(move.beats > 500 && move.beatsLost == 0 && move.beatsRepeated == 0 && move.beatsReordered == 0)
        let figures = [
          seen.lateMs, seen.heartbeatMs, seen.silenceMs, seen.eventMs, seen.qemuMs, seen.reportedMs, seen.networkMs,
          seen.firstPacketMs,
        ]
        #expect(figures.allSatisfy { $0 != nil }, "\(seen)")
        #expect(try #require(seen.silenceMs) >= #require(seen.heartbeatMs))
        #expect([cost.sourceQemuS, cost.destinationQemuS, cost.toolS].allSatisfy { $0 ?? -1 >= 0 })
        #expect(try #require(cost.wireBytes) > 1 << 20 && #require(cost.memoryBytes) >= 128 << 20)
        let line = try #require(move.timeline)
        #expect(line.beatGapsUs.count == move.beats - 1 && !line.answerGapsUs.isEmpty && !line.work.isEmpty)
        #expect(line.events.contains { $0.what == "\(move.from): STOP" })
        #expect(line.events.contains { $0.what == "\(move.to): RESUME" })
        #expect(line.phases.map(\.what).contains("continue") == (move.tool == "migrate"))
      }
      #expect(Set(moves.map(\.from)) == ["host1", "host2"])
      #expect(report.runs.contains { $0.scenario == "kvm only/plain" && $0.outcome == "skipped" })
      #expect(report.ratios.contains { $0.scenario == "tiny/p2p" && $0.metric == .heartbeat })
    }
  }

  @Test func aStoppedGuestReadsAtLeastAsLongAsItWasStopped() async throws {
    try await withLabSlots(1) {
      let output = try await Tool().run(
        "bench", "controls", "--cycles", "3", "--lab", testLabName("controls"), "--output", "json")
      let controls = try decode(output.text).controls
      #expect(controls.first?.kind == Control.Kind.none && controls.first?.lost == 0)
      let stops = controls.filter { $0.kind == .stopContinue }
      #expect(stops.map(\.askedMs) == [20, 50, 200])
      for stop in stops {
        let (asked, read) = (try #require(stop.askedMs), try #require(stop.readMs))
        #expect(try #require(stop.atLeastMs) < asked && asked <= #require(stop.atMostMs) && stop.stoppedMs != nil)
        #expect(try read > #require(stop.atLeastMs) - stop.beatMs, "\(stop)")
        // A machine that is busy with other tests makes it later, and not by seconds.
        #expect(read < asked + 5000 && stop.lost == 0)
        #expect(stop.lateMs != nil && (1...3).contains(stop.taken ?? 0))
      }
    }
  }

  @Test func anInterruptedBenchKeepsWhatItHasAndTakesDownWhatItStarted() async throws {
    try await withLabSlots(1) {
      let (directory, lab) = (try Scratch(), testLabName("stopped"))
      let file = try directory.write(
        "long.yaml",
        """
        name: long
        guest: {memory_mib: 128, kept_mib: 16}
        repeats: 1000
        variants: [{name: p2p, mode: p2p}]
        """)
      let words = ["bench", "run", file, "--lab", lab, "--report", directory.path]
      let ended = try await Subprocess.run(
        .path(.init(Tool.path)), arguments: Arguments(words), input: .none, output: .string(limit: 1 << 20),
        error: .sequence
      ) { bench in
        // It says a line for each run.
        for try await line in bench.standardError.strings() where line.hasPrefix("long/p2p migrate 2") {
          try bench.send(signal: .interrupt)
        }
      }
      #expect(ended.terminationStatus == .exited(130), "\(ended.standardOutput)")
      let report = try decode(try String(contentsOfFile: directory.path + "/report.json", encoding: .utf8))
      #expect(report.interrupted && !report.ok && !report.runs.isEmpty && report.runs.count < 1000)
      #expect(!FileManager.default.fileExists(atPath: "/var/lib/migrate-lab/\(lab)"))
    }
  }

  /// The lab's hosts as anybody's: by their URIs, with an image that was copied there, and beats by TCP.
  @Test func hostsThatAreThereAlreadyAreMeasuredToo() async throws {
    try await withTestLab("site") { lab in
      let directory = try Scratch()
      let image = try await Tool().run("bench", "image", lab.sharedImages)
      #expect(image.status == 0, "\(image.complaints)")
      let site = try directory.write(
        "site.yaml",
        """
        hosts:
          - {name: one, uri: "\(try lab.host(1).uri)", address: \(try lab.host(1).address)}
          - {name: two, uri: "\(try lab.host(2).uri)", address: \(try lab.host(2).address)}
        image: "\(lab.sharedImages)"
        type: qemu
        bridge: br0
        guest_address: \(lab.plan.guestAddress(1))/24
        listen: \(lab.plan.managementGateway):7007
        """)
      let file = try directory.write(
        "tiny.yaml",
        """
        name: tiny
        guest: {memory_mib: 128, kept_mib: 16}
        repeats: 2
        variants: [{name: plain}]
        """)
      let output = try await Tool().run("bench", "run", file, "--site", site, "--output", "json")
      let report = try decode(output.text)
      #expect(report.runs.map(\.outcome) == ["completed", "completed"], "\(output.complaints)")
      for (run, way) in zip(report.runs, [("one", "two"), ("two", "one")]) {
        #expect((run.from, run.to) == way && run.complaints == [] && run.memoryVerified)
        #expect(run.downtime.heartbeatMs != nil && run.downtime.silenceMs != nil && run.downtime.networkMs != nil)
        // Stamps of two hosts, whose clocks nobody has compared.
        #expect(run.downtime.qemuMs == nil && run.cost.wireBytes == nil)
      }
      for host in lab.hosts { #expect(try await lab.virsh(on: host, ["list", "--all", "--name"]).text.isEmpty) }
    }
  }

  @Test func aGuestThatNeverBeatsIsSaidToBeSo() async throws {
    try await withTestLab("dumb") { lab in
      var scenario = Scenario(name: "dumb", variants: [])
      // More than the guest has left beside its kernel: the keeper is killed before it beats.
      scenario.guest = .init(memoryMib: 96, keptMib: 90)
      let site = try await BenchSite.lab(lab)
      let error = await #expect(throws: BenchError.self) {
        try await BenchGuest.with(scenario, on: site, patience: .seconds(20), leave: { Issue.record("left: \($0)") }) {
          _ in
        }
      }
      #expect(error?.description.contains("did not beat") == true, "\(String(describing: error))")
      for host in lab.hosts { #expect(try await lab.virsh(on: host, ["list", "--all", "--name"]).text.isEmpty) }
    }
  }

  /// Moves that do not go as they should, of one guest: each leaves in its run what went wrong, and nothing else.
  @Test func whatAMoveLacksIsSaid() async throws {
    try await withTestLab("lacks") { lab in
      var scenario = Scenario(name: "lacks", variants: [])
      scenario.guest = .init(memoryMib: 128, keptMib: 16, rateMibS: .mebibytesPerSecond(8))
      scenario.timeLimitS = 15
      scenario.requires = ["multifd", "teleport"]
      let site = try await BenchSite.lab(lab)
      try await BenchGuest.with(scenario, on: site, leave: { Issue.record("left: \($0)") }) { guest in
        func move(_ variant: Scenario.Variant, patience: Duration = .seconds(30)) async throws -> Run {
          try await guest.move(variant, with: "migrate", repeat: 1, migrate: Tool.path, patience: patience)
        }
        #expect(try await guest.lacking() == "the QEMU of host1 has no teleport")
        let slow = ["--bandwidth", "1"]
        let late = try await move(.init(name: "late", options: slow))
        #expect(late.outcome == "not-converged" && late.complaints == [] && guest.side == 0, "\(late)")

        let stopped = try await move(
          .init(name: "stopped", options: ["--bandwidth", "48"], act: .init(.suspend, after: 1)))
        #expect(
          stopped.isCompleted && stopped.actDone == true && stopped.complaints == [] && guest.side == 1, "\(stopped)")
        #expect(stopped.downtime.heartbeatMs != nil && stopped.downtime.reportedMs != nil)

        let early = try await move(.init(name: "early", act: .init(.suspend, after: 1000)))
        #expect(early.isCompleted && early.actDone == false && early.complaints == [] && guest.side == 0)

        try await lab.withFaults([.uplinkUnplugged(on: try lab.host(2))]) {
          let unheard = try await move(.init(name: "unheard"), patience: .seconds(2))
          #expect(unheard.isCompleted && unheard.downtime.heartbeatMs != nil && guest.side == 1)
          #expect(unheard.complaints.contains { $0.contains("was not reached over its network within 2.0 seconds") })
          #expect(!unheard.memoryVerified && unheard.complaints.contains { $0.contains("could not be checked") })
        }
      }
    }
  }

  private func decode(_ text: String) throws -> BenchReport {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(BenchReport.self, from: Data(text.utf8))
  }
}

extension Lab {
  /// At the same path on every host.
  fileprivate var sharedImages: String { "\(plan.directory)/images" }
}

/// A directory of the test's own, which goes with it.
private final class Scratch {
  let path = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString)").path()

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    return path + "/" + name
  }
}
