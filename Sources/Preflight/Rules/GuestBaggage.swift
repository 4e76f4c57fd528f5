import MigrationModel

let guestSnapshots = Rule("guest.snapshots", .blocker, "no snapshots or checkpoints hold the guest back") { _ in
  .notApplicable("not written yet")
}

let guestJobs = Rule("guest.jobs", .blocker, "no other job runs on the guest") { _ in
  .notApplicable("not written yet")
}

let guestAgent = Rule("guest.agent", .info, "the guest agent answers") { _ in
  .notApplicable("not written yet")
}

let guestPersistence = Rule("guest.persistence", .blocker, "a definition is left somewhere") { _ in
  .notApplicable("not written yet")
}
