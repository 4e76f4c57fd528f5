import MigrationModel

let numaPlacement = Rule("numa.placement", .blocker, "CPUs and NUMA nodes that the guest is bound to are online") { _ in
  .notApplicable("not written yet")
}

let vcpuMax = Rule("vcpu.max", .blocker, "vCPUs against the machine type's maximum") { _ in
  .notApplicable("not written yet")
}
