import ArgumentParser
import Foundation
import Synchronization
import Trials

@main struct TrialsTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab-trials", abstract: "Tries the tool at length on a lab.",
    subcommands: [Faults.self, ModesTool.self, SoakTool.self, IllegalCommand.self])
}

struct Faults: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Breaks things at every moment of a move, in every mode, and looks what is left.")

  @Option(help: "Only this mode (repeatable).") var mode: [FaultCell.Mode] = []
  @Option(help: "Only this fault (repeatable).") var fault: [FaultCell.Fault] = []
  @Option(help: "Only this moment (repeatable).") var moment: [FaultCell.Moment] = []
  @Flag(help: "Only the cells that every test run tries.") var quick = false
  @Option(help: "How many labs at once.") var labs = 3
  @Option(help: "What the labs are named.") var name = "faults"
  @Option(help: "The page; rows of cells that were not tried stay in it.") var page = "docs/fault-matrix.md"

  func run() async throws {
    let cells = (quick ? FaultMatrix.quick : FaultCell.all).filter {
      (mode.isEmpty || mode.contains($0.mode)) && (fault.isEmpty || fault.contains($0.fault))
        && (moment.isEmpty || moment.contains($0.moment))
    }
    // Written after every cell: a long run that is broken off has not been in vain.
    let rows = Mutex<[FaultRow]>([])
    let old = (try? String(contentsOfFile: page, encoding: .utf8)) ?? ""
    let all = try await FaultMatrix(cells: cells, labCount: labs, labName: name).run { [page] row in
      FileHandle.standardOutput.write(Data("\(row.text)\n".utf8))
      rows.withLock { rows in
        rows.append(row)
        try? FaultPage.text(rows, keeping: old).write(toFile: page, atomically: true, encoding: .utf8)
      }
    }
    let wrong = all.filter { !$0.isRight }.count
    print("\(all.count) cells, \(wrong) wrong")
    if wrong > 0 { throw ExitCode(1) }
  }
}

extension FaultCell.Mode: ExpressibleByArgument {}
extension FaultCell.Fault: ExpressibleByArgument {}
extension FaultCell.Moment: ExpressibleByArgument {}
