import Foundation
import MigrationModel

/// What is different between two looks at the same hosts.
struct Drift: Sendable, Equatable {
  /// One value that was another.
  struct Change: Sendable, Equatable {
    var host: String
    /// Where in the host's facts: "links br0 mtu".
    var fact: String
    var before: String
    var now: String
  }

  /// The domain's verdict by the saved facts; nil when they do not hold the domain.
  var verdict: Verdict?
  /// Findings that are not there any more.
  var resolved: [Finding]
  /// Findings that are as they were.
  var unchanged: Int
  var changes: [Change]
}

extension Drift {
  /// Compares a check with the one that the saved facts give; `current` is left with what is new or says something else.
  init(_ current: inout Check, since before: Check?, changes: [Change]) {
    let old = before?.assessment.findings ?? []
    let now = current.assessment.findings
    current.assessment.findings = now.filter { !old.contains($0) }
    let rules = Set(now.map(\.identity))
    self.init(
      verdict: before?.assessment.verdict, resolved: old.filter { !rules.contains($0.identity) },
      unchanged: now.count - current.assessment.findings.count, changes: changes)
  }

  /// What differs in the facts of hosts of the same name, without what is another number at every look: clocks, load,
  /// free memory and the like.
  static func changes(from before: [HostFacts], to now: [HostFacts]) -> [Change] {
    now.flatMap { host -> [Change] in
      guard let old = before.first(where: { $0.name == host.name }) else { return [] }
      let (was, values) = (flat(old), flat(host))
      return Set(was.keys).union(values.keys).sorted().compactMap { fact in
        was[fact] == values[fact]
          ? nil : Change(host: host.name, fact: fact, before: was[fact] ?? "absent", now: values[fact] ?? "absent")
      }
    }
  }

  private static let measured: Set<String> = [
    "clock", "clockSync", "memory", "load", "portsInUse", "freeSpace", "hugePages", "available", "jobs",
  ]

  /// Every leaf of the facts by its place. Elements of lists go by their names, where they have one.
  private static func flat(_ facts: HostFacts) -> [String: String] {
    guard let data = try? JSONEncoder().encode(facts), let tree = try? JSONSerialization.jsonObject(with: data) else {
      return [:]
    }
    var leaves: [String: String] = [:]
    func visit(_ node: Any, _ path: [String]) {
      switch node {
      case let object as [String: Any]:
        for (key, value) in object where !measured.contains(key) {
          visit(value, key == "known" || key == "_0" ? path : path + [key])
        }
      case let list as [Any]:
        if list.allSatisfy({ !($0 is [String: Any]) }) {
          leaves[path.joined(separator: " ")] = list.map { "\($0)" }.sorted().joined(separator: ", ")
        } else {
          for (index, element) in list.enumerated() { visit(element, path + [name(of: element) ?? "\(index)"]) }
        }
      default: leaves[path.joined(separator: " ")] = node is NSNull ? "none" : "\(node)"
      }
    }
    visit(tree, [])
    return leaves
  }

  private static func name(of element: Any) -> String? {
    guard let object = element as? [String: Any] else { return nil }
    return ["name", "target", "mac", "uuid", "path", "element"].compactMap { object[$0] as? String }.first
  }
}

extension Finding {
  /// What it is about, whatever the values.
  fileprivate var identity: [String] { [rule, severity.rawValue, subject] }
}
