import CLibvirt

/// A failed libvirt call: what was being done, on which host, and libvirt's own words.
///
/// A copy of `virError`, taken on the thread and in the step of the call that failed.
public struct LibvirtError: Error, Sendable, Hashable, CustomStringConvertible {
  public var code: Code
  /// The part of libvirt that failed (`virErrorDomain`).
  public var domain: Int32
  /// `virErrorLevel`: 1 a warning, 2 an error.
  public var level: Int32
  public var message: String
  public var str1: String?
  public var str2: String?
  public var str3: String?
  public var int1: Int32
  public var int2: Int32
  /// What was being done, as it reads after "cannot": "look up domain web1".
  public var operation: String
  public var host: String

  /// `virErrorNumber`; a number that this version does not name is kept as it is.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public var rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
    public var description: String { String(rawValue) }

    public static let internalError = Code(rawValue: 1)
    public static let noSupport = Code(rawValue: 3)
    public static let invalidConnection = Code(rawValue: 6)
    public static let operationFailed = Code(rawValue: 9)
    public static let systemError = Code(rawValue: 38)
    public static let rpc = Code(rawValue: 39)
    public static let noDomain = Code(rawValue: 42)
    public static let authenticationFailed = Code(rawValue: 45)
    public static let noStoragePool = Code(rawValue: 49)
    public static let noStorageVolume = Code(rawValue: 50)
    public static let operationInvalid = Code(rawValue: 55)
    public static let operationTimeout = Code(rawValue: 68)
    public static let migratePersistFailed = Code(rawValue: 69)
    public static let argumentUnsupported = Code(rawValue: 74)
    public static let operationAborted = Code(rawValue: 78)
    public static let migrateUnsafe = Code(rawValue: 81)
    public static let operationUnsupported = Code(rawValue: 84)
    public static let cpuIncompatible = Code(rawValue: 91)
    public static let migrateFinishOK = Code(rawValue: 93)
  }

  public var description: String { "\(host): cannot \(operation): \(message) (libvirt error \(code))" }
}

extension LibvirtError {
  /// Copies the calling thread's last error (`virGetLastError`); passwords in URIs are taken out of every text.
  static func last(operation: String, host: String) -> LibvirtError {
    guard let raw = virGetLastError()?.pointee else {
      return LibvirtError(
        code: .internalError, message: "libvirt gave no reason", operation: operation, host: host)
    }
    var error = LibvirtError(
      code: Code(rawValue: raw.code), message: text(raw.message) ?? "libvirt gave no reason", operation: operation,
      host: host)
    error.domain = raw.domain
    error.level = Int32(raw.level.rawValue)
    (error.str1, error.str2, error.str3) = (text(raw.str1), text(raw.str2), text(raw.str3))
    (error.int1, error.int2) = (raw.int1, raw.int2)
    return error
  }

  /// An error of this wrapper's own, such as the use of a closed connection.
  init(code: Code, message: String, operation: String, host: String) {
    self.code = code
    domain = 0
    level = Int32(VIR_ERR_ERROR.rawValue)
    self.message = redactingPasswords(message)
    int1 = 0
    int2 = 0
    self.operation = redactingPasswords(operation)
    self.host = redactingPasswords(host)
  }

  private static func text(_ raw: UnsafePointer<CChar>?) -> String? {
    raw.map { redactingPasswords(String(cString: $0)) }
  }
}
