import Testing
import Trials

@testable import Lab

/// A few cells of docs/fault-matrix.md; `bash Tests/faults.sh` tries all of them.
@Suite(.serialized) struct FaultMatrixLabTests {
  @Test func theQuickCellsEndAsTheyMust() async throws {
    let matrix = FaultMatrix(cells: FaultMatrix.quick, labCount: 2, labName: testLabName("faults"))
    let rows = try await withLabSlots(2) { try await matrix.run { _ in } }
    #expect(rows.count == FaultMatrix.quick.count)
    for row in rows { #expect(row.isRight, "\(row.text)") }
  }
}
