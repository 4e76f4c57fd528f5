import Lab

/// Tries cells, some labs at a time, and says what came of each as soon as it is known.
public struct FaultMatrix: Sendable {
  public var cells: [FaultCell]
  public var labCount: Int
  /// Names the labs; a number is appended.
  public var labName: String

  public init(cells: [FaultCell], labCount: Int = 2, labName: String) {
    self.cells = cells
    self.labCount = labCount
    self.labName = labName
  }

  public func run(telling: @escaping @Sendable (FaultRow) -> Void) async throws -> [FaultRow] {
    let queue = Queue(cells.filter { $0.absence == nil })
    return try await withThrowingTaskGroup(of: [FaultRow].self) { group in
      for number in 1...max(1, labCount) {
        group.addTask {
          var rows: [FaultRow] = []
          var next = await queue.next()
          while next != nil {
            rows += try await withLab(LabConfiguration(name: "\(labName)-\(number)")) { lab in
              try await Self.fill(&next, from: queue, in: lab, telling: telling)
            }
          }
          return rows
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private nonisolated(nonsending) static func row(
    _ cell: FaultCell, in lab: Lab
  ) async throws -> (row: FaultRow, isClean: Bool) {
    do { return try await FaultTrial(cell, in: lab).run() } catch let error as LabError {
      return (FaultRow(cell: cell, failure: "\(error)"), false)
    }
  }

  /// Tries cells until there are no more, or the lab is no longer fit for the next: then that is left in `next`.
  private nonisolated(nonsending) static func fill(
    _ next: inout FaultCell?, from queue: Queue, in lab: Lab, telling: @Sendable (FaultRow) -> Void
  ) async throws -> [FaultRow] {
    var rows: [FaultRow] = []
    while let cell = next {
      let (row, isFit) = try await Self.row(cell, in: lab)
      telling(row)
      rows.append(row)
      next = await queue.next()
      if !isFit { break }
    }
    return rows
  }

  private actor Queue {
    private var cells: ArraySlice<FaultCell>
    init(_ cells: [FaultCell]) { self.cells = cells[...] }
    func next() -> FaultCell? { cells.popFirst() }
  }
}

extension FaultMatrix {
  /// One or two cells of every kind of end; they take about a minute together.
  public static let quick: [FaultCell] = [
    FaultCell(.plain, .toolKilled, .late), FaultCell(.p2p, .toolKilled, .early),
    FaultCell(.plain, .sourceDaemon, .early), FaultCell(.p2p, .destinationDaemon, .late),
    FaultCell(.tunnelled, .destinationQEMU, .late), FaultCell(.plain, .destinationQEMU, .stop),
    FaultCell(.p2p, .sourceDaemon, .prepare), FaultCell(.postcopy, .nothing, .continue),
  ]
}
