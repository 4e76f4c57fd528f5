import MigrationModel

let securityModel = Rule("security.model", .blocker, "security drivers and the users of QEMU match") { _ in
  .notApplicable("not written yet")
}

let securityTLS = Rule("security.tls", .blocker, "certificates are there, valid and for the right name") { _ in
  .notApplicable("not written yet")
}
