import CLibvirt

/// How to migrate (`virDomainMigrateFlags`).
public typealias MigrateFlags = virDomainMigrateFlags

extension Domain {
  /// Migrates with this client in charge and answers the guest on the destination; blocks until it has moved.
  ///
  /// On failure the guest is where it was, except in the windows that libvirt's protocol leaves open: verify on both
  /// hosts. Not for `.peer2peer` or `.tunnelled` (`virDomainMigrate3`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func migrate(to destination: Connection, _ flags: MigrateFlags, _ parameters: [MigrateParameter]) throws
    -> Domain
  {
    let call = call("migrate")
    let typed = try TypedParameters(parameters, call)
    return try destination.call("accept a migration") { target, _ in
      let moved = try call.pointer {
        virDomainMigrate3(raw, target, typed.pointer, UInt32(typed.count), flags.rawValue)
      }
      return try Domain(adopting: moved, of: destination)
    }
  }

  /// Migrates with the source's daemon in charge, which opens `uri` itself; blocks until the guest has moved.
  ///
  /// Needs `.peer2peer`; failure as for `migrate` (`virDomainMigrateToURI3`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func migrate(toURI uri: String, _ flags: MigrateFlags, _ parameters: [MigrateParameter]) throws {
    let call = call("migrate")
    let typed = try TypedParameters(parameters, call)
    try call.count { virDomainMigrateToURI3(raw, uri, typed.pointer, UInt32(typed.count), flags.rawValue) }
  }

  /// What runs now: `.none` before and after a job (`virDomainGetJobInfo`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func jobType() throws -> JobType {
    var info = virDomainJobInfo()
    try call("read the job of").count { virDomainGetJobInfo(raw, &info) }
    return JobType(rawValue: info.type)
  }

  /// The running job's statistics, or with `completed` the last one's, which reading destroys unless `keep`.
  ///
  /// Once a migration has ended the source answers `.operationInvalid` and then `.noDomain` (`virDomainGetJobStats`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func jobStatistics(completed: Bool = false, keep: Bool = false) throws -> JobStatistics {
    var flags: UInt32 = completed ? VIR_DOMAIN_JOB_STATS_COMPLETED.rawValue : 0
    if keep { flags |= VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED.rawValue }
    var type: Int32 = 0
    var fields = TypedParameterReader(pointer: nil, count: 0)
    try call("read the job statistics of").count {
      virDomainGetJobStats(raw, &type, &fields.pointer, &fields.count, flags)
    }
    defer { virTypedParamsFree(fields.pointer, fields.count) }
    return JobStatistics(type: JobType(rawValue: type), fields)
  }

  /// Asks whatever job the domain has now to stop; one request can be lost, so repeat it until the job's call returns.
  ///
  /// `.operationInvalid` when there is none; refused in post-copy (`virDomainAbortJob`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func abortJob() throws { try call("abort the job of").count { virDomainAbortJob(raw) } }

  /// Pauses a migration that is in post-copy, so that it can be resumed another way; both hosts then count it as failed
  /// (`virDomainAbortJobFlags` with VIR_DOMAIN_ABORT_JOB_POSTCOPY).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func pausePostcopy() throws {
    try call("pause the post-copy of").count { virDomainAbortJobFlags(raw, VIR_DOMAIN_ABORT_JOB_POSTCOPY.rawValue) }
  }

  /// Lets the guest go on at the destination and fetch what is missing; there is no way back
  /// (`virDomainMigrateStartPostCopy`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func startPostcopy() throws {
    try call("switch to post-copy").count { virDomainMigrateStartPostCopy(raw, 0) }
  }

  /// MiB/s, for the running migration and later ones (`virDomainMigrateSetMaxSpeed`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func setMaxSpeed(_ rate: UInt64, inPostcopy: Bool = false) throws {
    let flags = inPostcopy ? VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY.rawValue : 0
    try call("set the migration speed of").count { virDomainMigrateSetMaxSpeed(raw, UInt(rate), flags) }
  }

  /// Before a migration and while it runs; QEMU keeps it until it is set again (`virDomainMigrateSetMaxDowntime`).
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func setMaxDowntime(_ downtime: Duration) throws {
    let milliseconds = UInt64(max(0, downtime / .milliseconds(1)).rounded())
    try call("set the downtime limit of").count { virDomainMigrateSetMaxDowntime(raw, milliseconds, 0) }
  }

  /// `virDomainMigrateGetMaxDowntime`.
  @available(*, noasync, message: "blocks: call it inside blocking { }")
  public func maxDowntime() throws -> Duration {
    var milliseconds: UInt64 = 0
    try call("read the downtime limit of").count { virDomainMigrateGetMaxDowntime(raw, &milliseconds, 0) }
    return .milliseconds(milliseconds)
  }
}

extension TypedParameters {
  convenience init(_ parameters: [MigrateParameter], _ call: Call) throws {
    try self.init()
    for parameter in parameters { try add(parameter.name, parameter.value, call) }
  }
}
