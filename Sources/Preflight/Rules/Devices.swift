import MigrationModel

let devicePassthrough = Rule("device.passthrough", .blocker, "no hardware of the host is in the guest's hands") { _ in
  .notApplicable("not written yet")
}

let deviceUnsupported = Rule("device.unsupported", .blocker, "no device that these versions cannot move") { _ in
  .notApplicable("not written yet")
}

let devicePaths = Rule("device.paths", .blocker, "files that devices and the boot need exist") { _ in
  .notApplicable("not written yet")
}

let deviceTPM = Rule("device.tpm", .blocker, "the virtual TPM and its state can follow") { _ in
  .notApplicable("not written yet")
}

let deviceGraphics = Rule("device.graphics", .blocker, "graphics can listen where the definition says") { _ in
  .notApplicable("not written yet")
}

let deviceSecrets = Rule("device.secrets", .blocker, "secrets are defined and have values") { _ in
  .notApplicable("not written yet")
}
