import MigrationModel

let storageCopySpace = Rule("storage.copy-space", .blocker, "copied disks have a target with room for them") { _ in
  .notApplicable("not written yet")
}
