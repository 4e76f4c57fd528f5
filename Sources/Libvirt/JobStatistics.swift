import CLibvirt
import MigrationModel

/// What kind of job a domain runs or has run (`virDomainJobType`).
public struct JobType: RawRepresentable, Sendable, Hashable {
  public var rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let none = JobType(rawValue: 0)
  public static let bounded = JobType(rawValue: 1)
  public static let unbounded = JobType(rawValue: 2)
  public static let completed = JobType(rawValue: 3)
  public static let failed = JobType(rawValue: 4)
  public static let cancelled = JobType(rawValue: 5)
}

/// Statistics of a domain's job; nil means that the host did not report the field, which is not zero.
public struct JobStatistics: Sendable, Hashable {
  /// Nil in a job-completed event.
  public var type: JobType?
  /// `virDomainJobOperation`; 5 is an outgoing migration.
  public var operation: Int32?
  public var timeElapsed: Duration?
  /// Corrected by the clock difference that libvirt itself saw; skew can make a net time vanish.
  public var timeElapsedNet: Duration?
  public var timeRemaining: Duration?
  /// Expected while the job runs, measured when it has completed.
  public var downtime: Duration?
  public var downtimeNet: Duration?
  public var setupTime: Duration?

  /// Memory, disks and NBD mirror together.
  public var dataTotal: ByteCount?
  /// May exceed the total, because pages are sent again.
  public var dataProcessed: ByteCount?
  public var dataRemaining: ByteCount?

  public var memoryTotal: ByteCount?
  public var memoryProcessed: ByteCount?
  public var memoryRemaining: ByteCount?
  /// Pages of one repeated byte.
  public var memoryConstantPages: UInt64?
  public var memoryNormalPages: UInt64?
  public var memoryNormalBytes: ByteCount?
  /// Per second; nil when zero.
  public var memoryBandwidth: ByteCount?
  /// Pages per second.
  public var memoryDirtyRate: UInt64?
  public var memoryPageSize: ByteCount?
  /// 0 in the first pass; may start above 0 after a cancelled attempt.
  public var memoryIteration: UInt64?
  public var memoryPostcopyRequests: UInt64?

  public var diskTotal: ByteCount?
  public var diskProcessed: ByteCount?
  public var diskRemaining: ByteCount?
  /// Per second.
  public var diskBandwidth: ByteCount?

  public var compressionCache: ByteCount?
  public var compressionBytes: ByteCount?
  public var compressionPages: UInt64?
  public var compressionCacheMisses: UInt64?
  public var compressionOverflow: UInt64?
  /// Per cent; nil when the guest is not throttled.
  public var autoConvergeThrottle: Int32?
  /// libvirt 10.6 and later.
  public var vfioDataTransferred: ByteCount?

  /// Completed jobs only.
  public var success: Bool?
  /// Completed jobs only.
  public var errorMessage: String?

  public init() {}
}

extension JobStatistics {
  /// Reads what `virDomainGetJobStats` or a job-completed event gave; a field of an unexpected type counts as absent.
  init(type: JobType?, _ fields: TypedParameterReader) {
    self.type = type
    operation = fields.int(VIR_DOMAIN_JOB_OPERATION)
    success = fields.bool(VIR_DOMAIN_JOB_SUCCESS)
    errorMessage = fields.string(VIR_DOMAIN_JOB_ERRMSG)
    autoConvergeThrottle = fields.int(VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE)
    readTimes(fields)
    readData(fields)
    readMemory(fields)
    readCompression(fields)
  }

  private mutating func readTimes(_ fields: TypedParameterReader) {
    timeElapsed = fields.milliseconds(VIR_DOMAIN_JOB_TIME_ELAPSED)
    timeElapsedNet = fields.milliseconds(VIR_DOMAIN_JOB_TIME_ELAPSED_NET)
    timeRemaining = fields.milliseconds(VIR_DOMAIN_JOB_TIME_REMAINING)
    downtime = fields.milliseconds(VIR_DOMAIN_JOB_DOWNTIME)
    downtimeNet = fields.milliseconds(VIR_DOMAIN_JOB_DOWNTIME_NET)
    setupTime = fields.milliseconds(VIR_DOMAIN_JOB_SETUP_TIME)
  }

  private mutating func readData(_ fields: TypedParameterReader) {
    dataTotal = fields.bytes(VIR_DOMAIN_JOB_DATA_TOTAL)
    dataProcessed = fields.bytes(VIR_DOMAIN_JOB_DATA_PROCESSED)
    dataRemaining = fields.bytes(VIR_DOMAIN_JOB_DATA_REMAINING)
    diskTotal = fields.bytes(VIR_DOMAIN_JOB_DISK_TOTAL)
    diskProcessed = fields.bytes(VIR_DOMAIN_JOB_DISK_PROCESSED)
    diskRemaining = fields.bytes(VIR_DOMAIN_JOB_DISK_REMAINING)
    diskBandwidth = fields.bytes(VIR_DOMAIN_JOB_DISK_BPS)
    vfioDataTransferred = fields.bytes("vfio_data_transferred")
  }

  private mutating func readMemory(_ fields: TypedParameterReader) {
    memoryTotal = fields.bytes(VIR_DOMAIN_JOB_MEMORY_TOTAL)
    memoryProcessed = fields.bytes(VIR_DOMAIN_JOB_MEMORY_PROCESSED)
    memoryRemaining = fields.bytes(VIR_DOMAIN_JOB_MEMORY_REMAINING)
    memoryConstantPages = fields.unsigned(VIR_DOMAIN_JOB_MEMORY_CONSTANT)
    memoryNormalPages = fields.unsigned(VIR_DOMAIN_JOB_MEMORY_NORMAL)
    memoryNormalBytes = fields.bytes(VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES)
    memoryBandwidth = fields.bytes(VIR_DOMAIN_JOB_MEMORY_BPS)
    memoryDirtyRate = fields.unsigned(VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE)
    memoryPageSize = fields.bytes(VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE)
    memoryIteration = fields.unsigned(VIR_DOMAIN_JOB_MEMORY_ITERATION)
    memoryPostcopyRequests = fields.unsigned(VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS)
  }

  private mutating func readCompression(_ fields: TypedParameterReader) {
    compressionCache = fields.bytes(VIR_DOMAIN_JOB_COMPRESSION_CACHE)
    compressionBytes = fields.bytes(VIR_DOMAIN_JOB_COMPRESSION_BYTES)
    compressionPages = fields.unsigned(VIR_DOMAIN_JOB_COMPRESSION_PAGES)
    compressionCacheMisses = fields.unsigned(VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES)
    compressionOverflow = fields.unsigned(VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW)
  }
}
