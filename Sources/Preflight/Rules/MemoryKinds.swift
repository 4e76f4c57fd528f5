import MigrationModel

let memoryHugePages = Rule("memory.hugepages", .blocker, "free huge pages of the guest's sizes") { _ in
  .notApplicable("not written yet")
}

let memoryLocked = Rule("memory.locked", .blocker, "the daemon may lock as much memory as the move needs") { _ in
  .notApplicable("not written yet")
}
