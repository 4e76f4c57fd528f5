import ArgumentParser

/// Facts that are kept, and facts that are taken from a file instead of a host; for checks only.
struct FactsOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write all facts that were gathered into this file (JSON).", valueName: "file"))
  var saveFacts: String?

  @Option(help: ArgumentHelp("Take the source's facts from this file, not from the host.", valueName: "file"))
  var sourceFacts: String?

  @Option(help: ArgumentHelp("Take the destination's facts from this file, not from the host.", valueName: "file"))
  var destFacts: String?

  @Option(help: ArgumentHelp("Report only what changed since these facts were saved.", valueName: "file"))
  var since: String?

  @Option(help: ArgumentHelp("Write a destination XML that mends what an XML can, for --xml.", valueName: "file"))
  var emitXml: String?

  @Option(
    help: ArgumentHelp("With --emit-xml: plug what is on bridge OLD into NEW (repeatable).", valueName: "old=new"))
  var mapBridge: [String] = []

  @Option(help: ArgumentHelp("With --emit-xml: the disk at path OLD is at NEW (repeatable).", valueName: "old=new"))
  var mapDisk: [String] = []

  func validate() throws {
    for map in mapBridge + mapDisk {
      let parts = map.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
        throw ValidationError("“\(map)” is not OLD=NEW")
      }
    }
    guard emitXml != nil || (mapBridge + mapDisk).isEmpty else {
      throw ValidationError("--map-bridge and --map-disk say what --emit-xml writes, which is not asked for")
    }
  }

  var bridges: [String: String] { pairs(mapBridge) }
  var disks: [String: String] { pairs(mapDisk) }

  private func pairs(_ maps: [String]) -> [String: String] {
    Dictionary(
      maps.compactMap { map in
        map.firstIndex(of: "=").map { (String(map[..<$0]), String(map[map.index(after: $0)...])) }
      }, uniquingKeysWith: { _, last in last })
  }

  var isEmpty: Bool { [saveFacts, sourceFacts, destFacts, since, emitXml].allSatisfy { $0 == nil } }
}
