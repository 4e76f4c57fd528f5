/// A line of docs/fault-matrix.md.
public struct FaultRow: Sendable {
  public var cell: FaultCell
  public var columns: [String]
  public var isRight: Bool

  init(_ seen: FaultObservation) {
    cell = seen.cell
    let complaints = seen.complaints()
    isRight = complaints.isEmpty
    columns = [
      "\(seen.exitCode)\(seen.outcome.map { " \($0)" } ?? "")", Self.shortened(seen.message),
      seen.recovery.map { "\($0.command) (\($0.exitCode)): \(Self.shortened($0.said))" } ?? "",
      (seen.isLost ? "lost by the fault\(seen.endedAfterTheMove ? ", after the move" : ""): " : "") + seen.summary
        + (seen.cameTooLate ? "; there was nothing left to kill" : "")
        + seen.crashes.map { "; libvirtd of the \($0) crashed" }.joined(),
      String(Int(seen.seconds.rounded())), isRight ? "OK" : "WRONG: " + complaints.joined(separator: "; "),
    ]
  }

  init(cell: FaultCell, failure: String) {
    self.cell = cell
    isRight = false
    columns = ["", "", "", "", "", "WRONG: \(failure)"]
  }

  static let header = [
    "mode", "fault", "moment", "exit code and outcome", "what the tool said", "what was run", "in the end", "s",
    "verdict",
  ]

  public var cells: [String] { [cell.mode.rawValue, cell.fault.rawValue, cell.moment.rawValue] + columns }
  public var text: String { MarkdownTable.line(cells) }

  private static func shortened(_ text: String) -> String {
    text.count > 220 ? "\(text.prefix(140)) … \(text.suffix(70))" : text
  }
}

/// docs/fault-matrix.md.
public enum FaultPage {
  /// The page with these rows in it; the rows of other cells stay as they are in `old`.
  public static func text(_ rows: [FaultRow], keeping old: String) -> String {
    var lines: [[String]: [String]] = [:]
    for cells in MarkdownTable.rows(of: old) where cells.count == FaultRow.header.count {
      lines[Array(cells.prefix(3))] = cells
    }
    for row in rows { lines[Array(row.cells.prefix(3))] = MarkdownTable.row(row.cells) }
    let ordered = FaultCell.all.compactMap { lines[[$0.mode.rawValue, $0.fault.rawValue, $0.moment.rawValue]] }
    let wrong = ordered.filter { $0.last?.hasPrefix("WRONG") == true }
    let table = MarkdownTable.text(header: FaultRow.header, rows: ordered)
    return preface + "\n\(ordered.count) cells, \(wrong.count) of them WRONG.\n\n\(table)"
  }

  private static let preface = """
    # What is left when something breaks

    Written by `bash Tests/faults.sh`, which tries every cell on real hosts (see [lab.md](lab.md)): in each mode each
    fault is made at each moment of a move, then what the tool names is run, and both hosts are looked at until nothing
    changes any more. The guest keeps 24 MiB of its memory, changes 8 MiB a second of them and checks them all the time;
    it is asked 100 times a second, so that two answers to one question show two guests.

    | Moment | The fault is made when the tool says |
    |---|---|
    | prepare | phase prepare |
    | early | the first progress |
    | late | 60 per cent |
    | stop | phase stop: the guest was paused on the source |
    | continue | phase continue, or postcopy: the guest runs on the destination |

    | Fault | What is done |
    |---|---|
    | nothing | the control |
    | tool-killed | SIGKILL |
    | source-libvirtd, destination-libvirtd | SIGKILL, and another is started at once |
    | source-qemu, destination-qemu | SIGKILL; one that is not there yet is waited for |
    | link-cut | the destination's management link is down until the tool has ended |
    | blackhole | its packets are thrown away for 40 s, or until the tool has ended |
    | data-path | the packets of the guest's memory are thrown away until the tool has ended; not in tunnelled mode, which has no such path |

    A cell is OK when the guest runs once, is the one that it was, with its memory intact, is defined where it runs and
    nowhere else, nothing is left over, and the tool said nothing else. Where the fault itself takes away the guest's only
    running QEMU, or half of its memory in post-copy, it is lost, also when the source keeps a paused copy from before it
    ran on the destination, or each host a part that QEMU 7.2 cannot put together any more, because the destination's waits
    for a page and answers nobody: then the tool must end with 4 and a definition be left, and post-copy's risk must have
    been told before.

    """
}
