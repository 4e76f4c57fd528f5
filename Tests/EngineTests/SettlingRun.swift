import Engine
import MigrationModel

/// A machine that is fed, and what it asked for; what it wants cleared is cleared at once.
struct SettlingRun {
  static let intent = Machine.Intent(
    sourceName: "host1", destinationName: "host2", initialState: .running, leavesPaused: false,
    policy: ConvergencePolicy(deadline: .seconds(60), onStall: .suspend, hangTimeout: .seconds(5)),
    remedy: ["migrate recover web S D"])
  var machine = Machine(Self.intent)
  var effects: [Machine.Effect] = []

  init(_ events: Machine.Event...) { for event in [.started(at: .zero)] + events { feed(event) } }

  mutating func feed(_ event: Machine.Event) {
    let asked = machine.reduce(event)
    effects += asked
    if asked.contains(where: { if case .clear = $0 { true } else { false } }) { feed(.cleared([], at: .zero)) }
  }

  /// The same look again and again, 100 ms apart.
  mutating func look(_ source: Sighting, _ destination: Sighting, from start: Int, to end: Int) {
    for step in stride(from: start * 10, to: end * 10, by: 1) where result == nil {
      feed(.inspected(Inspection(source: source, destination: destination), at: .milliseconds(100 * step)))
    }
  }

  var repairs: [Machine.Repair] { effects.compactMap { if case .repair(let repair, _) = $0 { repair } else { nil } } }

  var decisions: [MigrationDecision.Action] {
    effects.compactMap { if case .report(.decision(let decision)) = $0 { decision.action } else { nil } }
  }
  var result: MigrationResult? { if case .finished(let result) = machine.state { result } else { nil } }
}
