import CLibvirt
import Glibc
import MigrationModel

extension Connection {
  /// The host's own name (`virConnectGetHostname`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func hostname() throws -> String {
    try call("read the host name") { raw, call in try call.string { virConnectGetHostname(raw) } }
  }

  /// Version of the daemon (`virConnectGetLibVersion`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func libVersion() throws -> Version {
    try call("read the libvirt version") { raw, call in
      var encoded: UInt = 0
      try call.count { virConnectGetLibVersion(raw, &encoded) }
      return Version(encoded: encoded)
    }
  }

  /// Version of the hypervisor that the daemon would start (`virConnectGetVersion`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func hypervisorVersion() throws -> Version {
    try call("read the hypervisor's version") { raw, call in
      var encoded: UInt = 0
      try call.count { virConnectGetVersion(raw, &encoded) }
      return Version(encoded: encoded)
    }
  }

  /// The capabilities XML (`virConnectGetCapabilities`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func capabilities() throws -> String {
    try call("read the capabilities") { raw, call in try call.string { virConnectGetCapabilities(raw) } }
  }

  /// What one emulator offers on this host, as XML; nil leaves the choice to libvirt (`virConnectGetDomainCapabilities`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func domainCapabilities(
    emulator: String? = nil, arch: String? = nil, machine: String? = nil, virtType: String? = nil
  ) throws -> String {
    try call("read the domain capabilities of \(emulator ?? "the default emulator")") { raw, call in
      try call.string { virConnectGetDomainCapabilities(raw, emulator, arch, machine, virtType, 0) }
    }
  }

  /// The richest CPU that all of `cpus`, texts of `<cpu>` elements, can give, with migratable features only
  /// (`virConnectBaselineHypervisorCPU` with VIR_CONNECT_BASELINE_CPU_MIGRATABLE).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func baselineHypervisorCPU(_ cpus: [String], arch: String? = nil, virtType: String? = nil) throws -> String {
    try call("find a CPU for \(cpus.count) hosts") { raw, call in
      var texts: [UnsafePointer<CChar>?] = []
      for cpu in cpus { texts.append(UnsafePointer(strdup(cpu))) }
      defer { for text in texts { free(UnsafeMutablePointer(mutating: text)) } }
      return try call.string {
        virConnectBaselineHypervisorCPU(
          raw, nil, arch, nil, virtType, &texts, UInt32(texts.count), VIR_CONNECT_BASELINE_CPU_MIGRATABLE.rawValue)
      }
    }
  }

  /// Whether this host can run a guest with the CPU `cpu`, the text of a `<cpu>` element.
  ///
  /// An incompatible CPU is an answer, with libvirt's words and the features they name, not an error
  /// (`virConnectCompareHypervisorCPU` with VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func compareHypervisorCPU(
    _ cpu: String, emulator: String? = nil, arch: String? = nil, machine: String? = nil, virtType: String? = nil
  ) throws -> CPUComparison {
    do {
      let answer = try call("compare the guest's CPU with the host's") { raw, call in
        try call.count {
          virConnectCompareHypervisorCPU(
            raw, emulator, arch, machine, virtType, cpu, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE.rawValue)
        }
      }
      return CPUComparison(isCompatible: answer != VIR_CPU_COMPARE_INCOMPATIBLE.rawValue)
    } catch let error as LibvirtError where error.code == .cpuIncompatible {
      return CPUComparison(
        isCompatible: false, missing: missingCPUFeatures(in: error.message), message: error.message)
    }
  }
}

/// The features in libvirt's "... does not provide required features: avx512f, pku"; empty when it names none.
func missingCPUFeatures(in message: String) -> [String] {
  guard let mark = message.firstRange(of: "does not provide required features: ") else { return [] }
  return message[mark.upperBound...].split(whereSeparator: { ",; \n".contains($0) }).map(String.init)
}
