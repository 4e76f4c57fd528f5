/// Why something of a lab could not be done.
public struct LabError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Codable, Sendable, CaseIterable {
    case invalidConfiguration, missingRequirement, noSuchLab, noSuchHost, noFreeIndex, busy
    case commandFailed, timedOut, hostDied, fileFailed, systemCallFailed
  }

  public let code: Code
  /// What was being done, as a verb phrase: "start libvirtd".
  public let action: String
  /// The host on which, where it was one.
  public let host: String?
  public let cause: String

  public init(_ code: Code, _ action: String, host: String? = nil, _ cause: String) {
    self.code = code
    self.action = action
    self.host = host
    self.cause = cause
  }

  public var description: String {
    "cannot \(action)\(host.map { " on \($0)" } ?? ""): \(cause) [\(code.rawValue)]"
  }
}
