public func reportPage(_ report: BenchReport) -> String { report.runs.map(\.scenario).joined() }
public struct BenchComparison: Codable, Sendable, Equatable {
  public enum Verdict: String, Codable, Sendable { case better, worse, none = "no difference shown" }
  public struct Row: Codable, Sendable, Equatable {
    public var scenario: String
    public var tool: String
    public var metric: Metric
    public var before, after: Double
    public var ratio: Double?
    public var ci95: Interval?
    public var pAdjusted: Double?
    public var verdict: Verdict
  }
  public var rows: [Row] = []
  public var notes: [String] = []
  public init(_ a: BenchReport, _ b: BenchReport) {}
}
