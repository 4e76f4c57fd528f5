import MigrationModel

let planHeadroom = Rule("plan.headroom", .warning, "load and reserve of the destination after the move") { _ in
  .notApplicable("not written yet")
}
