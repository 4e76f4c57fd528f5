import MigrationModel

let networkDirect = Rule("network.direct", .blocker, "devices under macvtap and vhost-user sockets exist") { _ in
  .notApplicable("not written yet")
}

let networkMTU = Rule("network.mtu", .blocker, "packets that fit on the source fit on the destination, and on the way")
{ _ in
  .notApplicable("not written yet")
}

let networkAddress = Rule("network.address", .warning, "the guest's network segment is the same one") { _ in
  .notApplicable("not written yet")
}

let networkFilter = Rule("network.filter", .blocker, "the interfaces' network filters are defined") { _ in
  .notApplicable("not written yet")
}
