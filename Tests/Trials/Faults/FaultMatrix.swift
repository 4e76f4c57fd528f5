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
          try await withLab(LabConfiguration(name: "\(labName)-\(number)")) { lab in
            var rows: [FaultRow] = []
            while let cell = await queue.next() {
              let row = try await Self.row(cell, in: lab)
              telling(row)
              rows.append(row)
            }
            return rows
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private static func row(_ cell: FaultCell, in lab: Lab) async throws -> FaultRow {
    do { return FaultRow(try await FaultTrial(cell, in: lab).run()) } catch let error as LabError {
      return FaultRow(cell: cell, failure: "\(error)")
    }
  }

  private actor Queue {
    private var cells: ArraySlice<FaultCell>
    init(_ cells: [FaultCell]) { self.cells = cells[...] }
    func next() -> FaultCell? { cells.popFirst() }
  }
}

/// A line of docs/fault-matrix.md.
public struct FaultRow: Sendable {
  public var cell: FaultCell
  public var columns: [String]
  public var isRight: Bool

  init(_ seen: FaultObservation) {
    cell = seen.cell
    let complaints = seen.complaints()
    isRight = complaints.isEmpty
    let recovery = seen.recovery.map { "\($0.command): \($0.exitCode)" } ?? ""
    columns = [
      "\(seen.exitCode) \(seen.outcome ?? "")", String(seen.message.prefix(300)), recovery,
      (seen.isLost ? "lost by the fault; \(seen.summary)" : seen.summary)
        + seen.crashes.map { "; libvirtd of the \($0) crashed" }.joined(), String(Int(seen.seconds.rounded())),
      isRight ? "OK" : "WRONG: " + complaints.joined(separator: "; "),
    ]
  }

  init(cell: FaultCell, failure: String) {
    self.cell = cell
    isRight = false
    columns = ["", "", "", "", "", "WRONG: \(failure)"]
  }

  public var text: String {
    "| \(cell.mode.rawValue) | \(cell.fault.rawValue) | \(cell.moment.rawValue) | "
      + columns.map { $0.replacing("|", with: "/").replacing("\n", with: " ") }.joined(separator: " | ") + " |"
  }
}
