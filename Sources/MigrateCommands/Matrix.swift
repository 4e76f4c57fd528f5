import MigrationModel
import Preflight

/// Which guests can go from every host to every other.
struct Matrix: Sendable, Equatable {
  /// One way between two hosts.
  struct Direction: Sendable, Equatable {
    var source: String
    var destination: String
    /// Of the hosts themselves, whatever the guest.
    var hosts: Assessment
    var guests: [GuestAnswer]

    /// The worst of the hosts and all guests.
    var verdict: Verdict {
      let verdicts = [hosts.verdict] + guests.map(\.assessment.verdict)
      return [.blocked, .inconclusive, .warnings].first(where: verdicts.contains) ?? .ready
    }

    /// Guests that can go this way.
    var movable: Int { guests.count { ExitStatus($0.assessment.verdict) == .done } }
  }

  struct GuestAnswer: Sendable, Equatable {
    var name: String
    var uuid: String
    var assessment: Assessment
  }

  var hosts: [HostFacts]
  var unusable: [String: String]
  var directions: [Direction]
  var baseline: Fact<CPUBaseline>
  /// Guests whose CPU keeps them from some host: the baseline helps them, from their next start on.
  var restarts: [String]

  /// Judges every guest of every host for every other host, each for itself: not all of them at once.
  init(of survey: Survey) {
    hosts = survey.hosts
    unusable = survey.unusable
    baseline = survey.baseline ?? .gap(Gap(source: "CPU baseline", reason: "was not asked for"))
    directions = survey.pairs.compactMap { pair in
      guard let source = survey.host(pair.source), let destination = survey.host(pair.destination) else { return nil }
      let request = MigrationRequest()
      return Direction(
        source: source.name, destination: destination.name,
        hosts: assessHosts(request, source: source, destination: destination, pair: pair),
        guests: source.guests.map { guest in
          GuestAnswer(
            name: guest.name, uuid: guest.uuid,
            assessment: assess(request, domain: guest, source: source, destination: destination, pair: pair))
        })
    }
    let held = directions.flatMap(\.guests).filter { guest in
      guest.assessment.findings.contains {
        $0.severity == .blocker && ["cpu.flags", "cpu.passthrough"].contains($0.rule)
      }
    }
    restarts = Set(held.map(\.name)).sorted()
  }

  /// 0 when every guest can go every way; else as for several checks. A host that cannot be looked at is a failure.
  var status: ExitStatus {
    .together(checks: directions.map { ExitStatus($0.verdict) } + (unusable.isEmpty ? [] : [.failed]))
  }
}
