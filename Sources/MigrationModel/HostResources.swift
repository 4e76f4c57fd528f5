/// A pool of huge pages of one size on one NUMA node.
public struct HugePagePool: Codable, Sendable, Hashable {
  public var node: Int
  /// Of one page.
  public var size: ByteCount
  public var total: Int
  public var free: Int
  public init(node: Int, size: ByteCount, total: Int, free: Int) {
    self.node = node
    self.size = size
    self.total = total
    self.free = free
  }
}

/// Which huge pages a guest can be given (`/proc/meminfo`, Hugepagesize; `/proc/self/mountinfo`, type hugetlbfs).
public struct HugePageSizes: Codable, Sendable, Hashable {
  /// What a guest gets that names no size.
  public var standard: ByteCount
  /// `pagesize=` of each hugetlbfs: libvirt hands out pages of these sizes only.
  public var mounted: [ByteCount]
  public init(standard: ByteCount, mounted: [ByteCount]) {
    self.standard = standard
    self.mounted = mounted
  }
}

/// The time-stamp counter of a host (`<counter name='tsc'>` of the capabilities).
public struct TimeStampCounter: Codable, Sendable, Hashable {
  /// Hz.
  public var frequency: UInt64
  /// The hardware can show a guest another frequency.
  public var scales: Bool
  public init(frequency: UInt64, scales: Bool) {
    self.frequency = frequency
    self.scales = scales
  }
}

/// What libvirtd or virtqemud may lock in memory.
public struct DaemonLimits: Codable, Sendable, Hashable {
  /// RLIMIT_MEMLOCK, soft; nil without a limit.
  public var lockedMemory: ByteCount?
  /// It holds CAP_SYS_RESOURCE, so libvirt raises the limit for a guest that needs it.
  public var canRaise: Bool
  public init(lockedMemory: ByteCount?, canRaise: Bool) {
    self.lockedMemory = lockedMemory
    self.canRaise = canRaise
  }
}

/// A security driver of a host (`<secmodel>`).
public struct SecurityModel: Codable, Sendable, Hashable {
  /// "selinux", "apparmor", "dac", "none".
  public var name: String
  /// Domain of interpretation.
  public var doi: String
  /// The label that a guest gets when its definition names none, by virtualisation type; of dac "+UID:+GID".
  public var baseLabels: [String: String]
  public init(name: String, doi: String, baseLabels: [String: String] = [:]) {
    self.name = name
    self.doi = doi
    self.baseLabels = baseLabels
  }
}

/// A libvirt secret without its value.
public struct SecretIdentity: Codable, Sendable, Hashable {
  public var uuid: String
  /// "volume", "ceph", "iscsi", "tls", "vtpm"; empty when none.
  public var usageType: String
  /// What names it within its usage type.
  public var usage: String
  /// Whether it was given a value; nil where that could not be seen, as of an ephemeral one.
  public var hasValue: Bool?
  public init(uuid: String, usageType: String = "", usage: String = "", hasValue: Bool? = nil) {
    self.uuid = uuid
    self.usageType = usageType
    self.usage = usage
    self.hasValue = hasValue
  }
}

/// The certificates that QEMU on one host migrates with.
public struct TLSCredentials: Codable, Sendable, Hashable {
  public var directory: String
  /// ca-cert.pem; nil when there is none.
  public var authority: Certificate?
  /// server-cert.pem, which the side that listens shows.
  public var server: Certificate?
  /// client-cert.pem, which the side that connects shows.
  public var client: Certificate?
  public init(
    directory: String, authority: Certificate? = nil, server: Certificate? = nil, client: Certificate? = nil
  ) {
    self.directory = directory
    self.authority = authority
    self.server = server
    self.client = client
  }

  public struct Certificate: Codable, Sendable, Hashable {
    /// SHA-256, upper-case hexadecimal with colons, as openssl prints it.
    public var fingerprint: String
    /// Subject alternative names, DNS names and IP addresses alike; the common name only where no DNS name is among
    /// them, as gnutls_x509_crt_check_hostname has it.
    public var names: [String]
    /// Seconds since 1970.
    public var notAfter: Int64
    /// It has ended by the clock of its host.
    public var isExpired: Bool
    /// It is signed by the ca-cert.pem beside it; nil when that could not be asked.
    public var isTrusted: Bool?
    /// The private key beside it is there; nil for an authority's.
    public var hasKey: Bool?
    public init(
      fingerprint: String, names: [String], notAfter: Int64, isExpired: Bool, isTrusted: Bool? = nil,
      hasKey: Bool? = nil
    ) {
      self.fingerprint = fingerprint
      self.names = names
      self.notAfter = notAfter
      self.isExpired = isExpired
      self.isTrusted = isTrusted
      self.hasKey = hasKey
    }
  }
}

/// MaxStartups of the running sshd: from `begin` connections that have not authenticated it drops some, from `full` all.
public struct SSHDLimits: Codable, Sendable, Hashable {
  public var begin: Int
  public var full: Int
  public init(begin: Int, full: Int) {
    self.begin = begin
    self.full = full
  }
}
