import Benchmark
import Engine
import FoundationEssentials
import MigrationModel

func engineBenchmarks() {
  Benchmark("engine.moves") { (benchmark, events: [Machine.Event]) in
    for _ in 0..<1000 {
      var machine = Machine(intent)
      for event in events { blackHole(machine.reduce(event)) }
      guard case .finished(let result) = machine.state else { return benchmark.demand(false) }
      benchmark.demand(result.outcome == .completed)
    }
  } setup: {
    move(samples: 80)
  }
  Benchmark("engine.samples") { (benchmark, events: [Machine.Event]) in
    var machine = Machine(intent)
    var reports = 0
    for event in events { reports += machine.reduce(event).count }
    benchmark.demand(reports == 10_000)
  } setup: {
    samples(10_000)
  }
  // As the journal keeps an update. The tool's own lines of JSON are encoded in the same way from a payload that only the
  // whole tool can be built with.
  Benchmark("updates.json") { (benchmark, updates: [MigrationUpdate]) in
    for update in updates {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      benchmark.demand(try encoder.encode(update).count > 50)
    }
  } setup: {
    updates(1000)
  }
}

private let intent = Machine.Intent(
  sourceName: "kvm1", destinationName: "kvm2", initialState: .running, leavesPaused: false,
  policy: ConvergencePolicy(deadline: .seconds(3600), onStall: .suspend, hangTimeout: .seconds(30)),
  undefinesSource: true, remedy: ["migrate recover web kvm1 kvm2"])

/// What is seen of a move that succeeds, sampled every 90 ms, with the driver's ticks between.
private func move(samples count: Int) -> [Machine.Event] {
  let end = Duration.milliseconds(200 + 90 * count)
  let began: [Machine.Event] = [
    .started(at: .zero),
    .lifecycle(.destination, event(.startedIncoming, "started"), at: .milliseconds(150)),
  ]
  let over: [Machine.Event] = [
    .lifecycle(.source, event(.suspendedForMigration, "suspended"), at: end),
    .completed(sample(count, of: count)),
    .lifecycle(.destination, event(.resumedAfterMigration, "resumed"), at: end + .milliseconds(40)),
    .lifecycle(.source, event(.leftSource, "stopped"), at: end + .milliseconds(50)),
    .callReturned(.succeeded, at: end + .milliseconds(60)),
    .inspected(
      Inspection(source: .absent, destination: .present(.running, reason: "migrated", isPersistent: true)),
      at: end + .milliseconds(70)),
    .cleared([], at: end + .milliseconds(80)),
  ]
  return began + samples(count) + over
}

/// Progress from nothing to nearly all, and a tick after each third sample.
private func samples(_ count: Int) -> [Machine.Event] {
  (0..<count).flatMap { number -> [Machine.Event] in
    let at = Duration.milliseconds(200 + 90 * number)
    let sampled = Machine.Event.sample(sample(number, of: count), at: at)
    return number % 3 == 2 ? [sampled, .tick(at: at + .milliseconds(20))] : [sampled]
  }
}

private func sample(_ number: Int, of count: Int) -> ProgressSample {
  let total: UInt64 = 2 << 30
  let sent = total / UInt64(count + 1) * UInt64(number)
  var sample = ProgressSample()
  sample.memory.total = .bytes(total)
  sample.memory.processed = .bytes(sent)
  sample.memory.remaining = .bytes(total - sent)
  sample.memory.bandwidth = 268_435_456
  sample.memory.dirtyPagesPerSecond = 4096
  sample.memory.pageSize = .bytes(4096)
  sample.memory.iteration = UInt64(number / 20 + 1)
  sample.memory.constantPages = 7
  sample.memory.normalPages = sent / 4096
  sample.downtime = .milliseconds(300)
  return sample
}

private func event(_ kind: GuestEvent.Kind, _ word: String) -> GuestEvent {
  GuestEvent(kind: kind, event: word, detail: "migrated")
}

/// What moves report, one after the other.
private func updates(_ count: Int) -> [MigrationUpdate] {
  var machine = Machine(intent)
  let contents = move(samples: 80).flatMap { machine.reduce($0) }.compactMap { effect -> MigrationUpdate.Content? in
    if case .report(let content) = effect { content } else { nil }
  }
  return (0..<count).map { number in
    MigrationUpdate(
      sequence: number + 1, time: .milliseconds(90 * number), domain: "web", content: contents[number % contents.count])
  }
}
