import MigrationModel

/// A fact that a rule wants, with the words for saying that it could not be read.
struct Reading<Value: Sendable> {
  enum Side { case source, destination }

  /// What the fact is, as the subject of a sentence: "the host UUID".
  var thing: String
  var fact: Fact<Value>
  /// The host that was asked.
  var host: String
  var side: Side

  /// Goes on with the value; a gap is the answer `unknown`, and `worst` is what it could hide where that is less than the
  /// rule's weight.
  func answer(worst: Severity? = nil, _ judge: (Value) -> Answer) -> Answer {
    switch fact {
    case .known(let value): judge(value)
    case .gap(let gap): .findings([unknown(gap, otherSide: "not asked", worst: worst)])
    }
  }

  /// Goes on with both values; each gap is an `unknown` of its own.
  func answer<Other>(with other: Reading<Other>, _ judge: (Value, Other) -> Answer) -> Answer {
    switch (fact, other.fact) {
    case (.known(let value), .known(let second)): judge(value, second)
    case (.gap(let gap), .known): .findings([unknown(gap, otherSide: "read")])
    case (.known, .gap(let gap)): .findings([other.unknown(gap, otherSide: "read")])
    case (.gap(let gap), .gap(let second)):
      .findings([unknown(gap, otherSide: "not read"), other.unknown(second, otherSide: "not read")])
    }
  }

  private func unknown(_ gap: Gap, otherSide: String, worst: Severity? = nil) -> Issue {
    Issue(
      .unknown, thing,
      source: side == .source ? "not read" : otherSide, destination: side == .source ? otherSide : "not read",
      "\(host): \(thing) could not be read (\(gap)).",
      remedy: ["See on \(host) why it fails: \(gap.source)"], worst: worst, cause: "\(host): \(gap.reason)")
  }
}

extension Move {
  func onSource<Value>(_ thing: String, _ fact: (HostFacts) -> Fact<Value>) -> Reading<Value> {
    Reading(thing: thing, fact: fact(source), host: source.name, side: .source)
  }

  func onDestination<Value>(_ thing: String, _ fact: (HostFacts) -> Fact<Value>) -> Reading<Value> {
    Reading(thing: thing, fact: fact(destination), host: destination.name, side: .destination)
  }

  /// Goes on with the same fact of both hosts.
  func onBoth<Value>(
    _ thing: String, _ fact: (HostFacts) -> Fact<Value>, _ judge: (Value, Value) -> Answer
  ) -> Answer {
    onSource(thing, fact).answer(with: onDestination(thing, fact), judge)
  }

  /// A fact that was asked of the destination by key; one that nobody asked for is a gap.
  func onDestination<Value>(_ thing: String, _ fact: Fact<Value>?) -> Reading<Value> {
    Reading(
      thing: thing, fact: fact ?? .gap(Gap(source: "probe", reason: "nothing asked for it")), host: destination.name,
      side: .destination)
  }

  /// A fact that was asked of the source by key; one that nobody asked for is a gap.
  func onSource<Value>(_ thing: String, _ fact: Fact<Value>?) -> Reading<Value> {
    Reading(
      thing: thing, fact: fact ?? .gap(Gap(source: "probe", reason: "nothing asked for it")), host: source.name,
      side: .source)
  }
}

extension Fact {
  /// A fact that nobody asked for, though it is wanted now, is a gap.
  func unwrapped<Wrapped>() -> Fact<Wrapped> where Value == Wrapped? {
    switch self {
    case .known(.some(let value)): .known(value)
    case .known(.none): .gap(Gap(source: "probe", reason: "nothing asked for it"))
    case .gap(let gap): .gap(gap)
    }
  }
}
