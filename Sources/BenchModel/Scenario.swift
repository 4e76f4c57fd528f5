/// A guest, and the ways in which it is moved: one document of a scenario file.
///
/// docs/bench.md describes the file. Texts of it are shown, names become file names of nothing.
public struct Scenario: Codable, Sendable, Equatable {
  public struct Guest: Codable, Sendable, Equatable {
    public var memoryMib: Int?
    public var vcpus: Int?
    /// How much of its memory the guest's program keeps and checks.
    public var keptMib: Int?
    public var rateMibS: Rate?
    /// sequential, random or hot-cold.
    public var pattern: String?

    public init(
      memoryMib: Int? = nil, vcpus: Int? = nil, keptMib: Int? = nil, rateMibS: Rate? = nil, pattern: String? = nil
    ) {
      (self.memoryMib, self.vcpus, self.keptMib) = (memoryMib, vcpus, keptMib)
      (self.rateMibS, self.pattern) = (rateMibS, pattern)
    }
  }

  /// How much memory the guest's program changes a second.
  public enum Rate: Codable, Sendable, Equatable {
    case mebibytesPerSecond(Int)
    /// As much as the CPU gives.
    case max

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .mebibytesPerSecond(number)
      } else if try container.decode(String.self) == "max" {
        self = .max
      } else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "a rate is a number of MiB/s or max")
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .mebibytesPerSecond(let number): try container.encode(number)
      case .max: try container.encode("max")
      }
    }
  }

  /// One way of moving the guest.
  public struct Variant: Codable, Sendable, Equatable {
    public var name: String
    /// plain, p2p or tunnelled.
    public var mode: String?
    /// More options, which both tools know by the same names.
    public var options: [String]?
    public var maxDowntimeMs: Int?
    public var act: Act?

    public init(
      name: String, mode: String? = nil, options: [String]? = nil, maxDowntimeMs: Int? = nil, act: Act? = nil
    ) {
      (self.name, self.mode, self.options) = (name, mode, options)
      (self.maxDowntimeMs, self.act) = (maxDowntimeMs, act)
    }
  }

  /// What the harness does to a move from outside.
  public struct Act: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable { case suspend, postcopy }
    public var kind: Kind
    /// How many passes over the memory come before it; 0: as soon as the first begins.
    public var passes: Int

    public init(_ kind: Kind, after passes: Int) { (self.kind, self.passes) = (kind, passes) }
  }

  public var name: String
  public var about: String?
  public var guest: Guest?
  /// Of each host's link for migrations; absent: as fast as it is.
  public var linkMibS: Int?
  public var beatMs: Double?
  /// How often each variant is run with each tool.
  public var repeats: Int?
  /// migrate, virsh.
  public var tools: [String]?
  /// After so long a move is cancelled, and counted as not converged.
  public var timeLimitS: Int?
  /// kvm, or `capabilities`: skipped where that is not.
  public var requires: [String]?
  /// migrate checks both hosts first, as its users do; virsh has nothing like it. Off: both only move.
  public var preflight: Bool?
  public var variants: [Variant]

  public init(name: String, variants: [Variant]) { (self.name, self.variants) = (name, variants) }

  private static let modes = ["plain", "p2p", "tunnelled"]
  private static let patterns = ["sequential", "random", "hot-cold"]
  /// What QEMU's migrations may be able to do, by its own names, and `requires` may ask for.
  public static let capabilities = ["auto-converge", "compress", "multifd", "postcopy-ram", "xbzrle", "zero-copy-send"]
  private static let knownTools = ["migrate", "virsh"]

  /// Why it cannot be run as it stands; empty when it can.
  public var mistakes: [String] {
    var lines: [String] = []
    func demand(_ condition: Bool, _ line: String) { if !condition { lines.append("scenario \(name): \(line)") } }
    let memory = guest?.memoryMib ?? Defaults.memory
    demand(!name.isEmpty, "it needs a name")
    demand((96...1_048_576).contains(memory), "memory_mib is \(memory); 96 or more")
    let kept = guest?.keptMib ?? Defaults.kept
    demand(kept > 0 && kept <= memory - 80, "kept_mib is \(kept); the guest needs 80 MiB of its \(memory) for itself")
    demand((1...64).contains(guest?.vcpus ?? 1), "vcpus is \(guest?.vcpus ?? 1); 1 to 64")
    if case .mebibytesPerSecond(let rate)? = guest?.rateMibS {
      demand((0...1_000_000).contains(rate), "rate_mib_s is \(rate); 0 to 1000000, or max")
    }
    demand((0.5...5).contains(beatMs ?? Defaults.beat), "beat_ms is \(beatMs ?? 0); 0.5 to 5")
    demand((1...10_000).contains(repeats ?? 1), "repeats is \(repeats ?? 1); 1 to 10000")
    demand((1...1_000_000).contains(linkMibS ?? 1), "link_mib_s is \(linkMibS ?? 0); 1 to 1000000")
    demand((1...86_400).contains(timeLimitS ?? 1), "time_limit_s is \(timeLimitS ?? 0); 1 to 86400")
    let pattern = guest?.pattern ?? "sequential"
    demand(Self.patterns.contains(pattern), "no pattern \(pattern): \(Self.patterns.joined(separator: ", "))")
    for need in requires ?? [] where need != "kvm" && !Self.capabilities.contains(need) {
      demand(false, "nothing is known of \(need), which it requires: kvm, \(Self.capabilities.joined(separator: ", "))")
    }
    for tool in tools ?? [] where !Self.knownTools.contains(tool) { demand(false, "no tool \(tool): migrate, virsh") }
    demand(tools.map { !$0.isEmpty && Set($0).count == $0.count } ?? true, "tools are named once each")
    demand(!variants.isEmpty, "it has no variants")
    demand(Set(variants.map(\.name)).count == variants.count, "two variants have one name")
    for variant in variants {
      let mode = variant.mode ?? "plain"
      demand(Self.modes.contains(mode), "\(variant.name): no mode \(mode): \(Self.modes.joined(separator: ", "))")
      if let act = variant.act {
        demand(act.passes >= 0, "\(variant.name): passes is \(act.passes)")
      }
      demand((variant.maxDowntimeMs ?? 1) > 0, "\(variant.name): max_downtime_ms is \(variant.maxDowntimeMs ?? 0)")
    }
    return lines
  }

  /// What a file does not say.
  public enum Defaults {
    public static let memory = 256
    public static let kept = 64
    public static let beat = 2.0
    public static let repeats = 10
    public static let timeLimit = 120
  }
}

/// One move that is to be made.
public struct Job: Sendable, Equatable {
  public var `repeat`: Int
  public var variant: Scenario.Variant
  public var tool: String
}

/// Every variant with every tool, as often as the scenario says: in each repeat the variants in an order that is drawn, and
/// the tools of a variant one after the other, in an order that is drawn too.
public func jobs(of scenario: Scenario, seed: UInt64) -> [Job] {
  guard !scenario.variants.isEmpty else { return [] }
  var generator = SeededGenerator(seed: seed)
  let (repeats, tools) = (scenario.repeats ?? Scenario.Defaults.repeats, scenario.tools ?? ["migrate"])
  return (1...max(1, repeats)).flatMap { number in
    scenario.variants.shuffled(using: &generator).flatMap { variant in
      tools.shuffled(using: &generator).map { Job(repeat: number, variant: variant, tool: $0) }
    }
  }
}
