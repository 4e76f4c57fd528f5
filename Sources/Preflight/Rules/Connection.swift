import MigrationModel

let networkPorts = Rule("network.ports", .blocker, "the source reaches a free migration port of the destination") { _ in
  .notApplicable("not written yet")
}

let sshMaxStartups = Rule("ssh.max-startups", .warning, "sshd takes as many connections at once as the moves open") {
  _ in
  .notApplicable("not written yet")
}

let p2pCredentials = Rule("p2p.credentials", .blocker, "the source's daemon reaches the destination's by itself") { _ in
  .notApplicable("not written yet")
}
