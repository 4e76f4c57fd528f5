import MigrationModel

let storageFilesystem = Rule("storage.filesystem", .blocker, "the file system is one that libvirt takes for shared") {
  _ in
  .notApplicable("not written yet")
}

let storageCache = Rule("storage.cache", .blocker, "no disk's cache survives on the wrong host") { _ in
  .notApplicable("not written yet")
}

let storageMedia = Rule("storage.media", .warning, "removable media are on the destination or may be left out") { _ in
  .notApplicable("not written yet")
}

let storageLocks = Rule("storage.locks", .blocker, "both hosts lock disks through the same manager") { _ in
  .notApplicable("not written yet")
}
