import MigrationModel

let cpuPassthrough = Rule("cpu.passthrough", .blocker, "a passed-through CPU is the same model, stepping and microcode")
{ _ in
  .notApplicable("not written yet")
}

let cpuNested = Rule("cpu.nested", .warning, "nested virtualisation that the guest sees is on at both ends") { _ in
  .notApplicable("not written yet")
}

let cpuTSC = Rule("cpu.tsc", .blocker, "an invariant TSC keeps its frequency") { _ in
  .notApplicable("not written yet")
}
