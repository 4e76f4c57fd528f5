import MigrationModel

/// The destination has the guest's security drivers, and its QEMU may open the files that both hosts share.
///
/// The labels of a running guest travel along, dynamic ones too, and libvirt refuses a model that it has no driver for
/// (`virSecurityManagerCheckAllLabel` in `qemuProcessStartValidate`).
let securityModel = Rule("security.model", .blocker, "security drivers, labels, and the users that QEMU runs as") {
  move in
  let labels = move.domain.securityLabels.filter { !$0.model.isEmpty && $0.model != "none" }
  let unconfined = move.domain.securityLabels.contains { $0.type == "none" }
  let files = move.sharedFiles
  return Answer(
    all: [
      labels.isEmpty ? .notApplicable("no labels") : drivers(for: labels, move),
      unconfined ? confinement(move) : .notApplicable("every label confines"),
      files.isEmpty ? .notApplicable("no shared files") : owners(of: files, move),
    ], ifNone: "\(move.domain.name) has no security labels and no files that both hosts share")
}

private func drivers(for labels: [SecurityLabel], _ move: Move) -> Answer {
  move.onBoth("the list of security drivers", \.securityModels) { source, destination in
    Answer(
      unique(labels).flatMap { label in
        driverIssues(label, source.first { $0.name == label.model }, destination.first { $0.name == label.model }, move)
      })
  }
}

private func driverIssues(
  _ label: SecurityLabel, _ here: SecurityModel?, _ there: SecurityModel?, _ move: Move
) -> [Issue] {
  let (guest, host) = (move.domain.name, move.destination.name)
  guard let there else {
    return [
      Issue(
        .blocker, label.model, source: "\(label.type) label", destination: "no such driver",
        "\(guest) has a \(label.type) \(label.model) label, and libvirt on \(host) has no \(label.model) driver, so it"
          + " refuses the guest.",
        remedy: [
          "Turn \(label.model) on in the kernel of \(host), and look at security_driver in /etc/libvirt/qemu.conf there;"
            + " then restart libvirtd.",
          "Or take the <seclabel> out of the definition, shut \(guest) down and move it offline: "
            + move.source.virsh("edit --domain \(guest)"),
        ])
    ]
  }
  if let here, here.doi != there.doi {
    return [
      Issue(
        label.type == "static" ? .blocker : .warning, label.model, source: "DOI \(here.doi)",
        destination: "DOI \(there.doi)",
        "\(label.model) labels are of domain of interpretation \(here.doi) on \(move.source.name) and \(there.doi) on"
          + " \(host), so the labels of \(guest) and of its files mean something else there.",
        remedy: ["Give both hosts the same \(label.model) policy."])
    ]
  }
  guard label.type == "static", let text = label.label, !label.isNumeric else { return [] }
  return [
    Issue(
      .warning, label.model, source: text, destination: "not asked",
      "\(guest) has the static \(label.model) label \(text.oneLine), which libvirt takes as it is: \(host) must know it"
        + " by the same meaning.",
      remedy: [label.lookUp + "    # on \(host)"])
  ]
}

extension SecurityLabel {
  /// User and group by number, which mean the same everywhere: "+64055:+64055".
  fileprivate var isNumeric: Bool {
    model == "dac" && label?.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "+" || $0 == ":") } ?? false
  }

  /// A command that shows whether a host knows the label.
  fileprivate var lookUp: String {
    let text = label ?? ""
    switch model {
    case "dac": return "getent passwd \((text.split(separator: ":").first.map(String.init) ?? "").shellQuoted)"
    case "apparmor": return "aa-status | grep -F -e \(text.shellQuoted)"
    default: return "runcon \(text.shellQuoted) true"
    }
  }
}

/// `virSecurityManagerGenLabel` refuses "Unconfined guests" where qemu.conf says so.
private func confinement(_ move: Move) -> Answer {
  move.onDestination("security_require_confined in qemu.conf", \.qemuConf).answer { conf in
    guard conf["security_require_confined"] == "1" else { return .holds }
    return Answer([
      Issue(
        .blocker, "security_require_confined", source: "label of type none", destination: "1",
        "\(move.domain.name) has a label of type none, and libvirt on \(move.destination.name) takes confined guests only.",
        remedy: [
          "Take the <seclabel type='none'> out of the definition, then restart the guest: "
            + move.source.virsh("edit --domain \(move.domain.name)"),
          "Or set security_require_confined = 0 in /etc/libvirt/qemu.conf on \(move.destination.name), and restart"
            + " libvirtd there.",
        ])
    ])
  }
}

/// QEMU runs as the same user on both hosts, where they share files.
///
/// With dynamic_ownership the destination's libvirt gives the files to its own user while the source's QEMU still runs,
/// and after a move leaves them so on shared storage (`virSecurityDACSetOwnershipInternal`, which takes a refusal for
/// success; `virSecurityDACRestoreImageLabelInt`). An NFS server asks the new owner's mode at each write of the old one:
/// that breaks the guest before it has moved. Other file systems ask when a file is opened only. Without
/// dynamic_ownership nobody changes the owner, and the other user cannot open the files.
private func owners(of files: [String], _ move: Move) -> Answer {
  guard !move.domain.securityLabels.contains(where: { $0.model == "dac" && $0.type == "static" }) else {
    return .notApplicable("the definition names the user")
  }
  return move.onBoth("the list of security drivers", \.securityModels) { source, destination in
    let (here, there) = (user(source, move), user(destination, move))
    guard here != there else { return .holds }
    return move.onBoth("dynamic_ownership in qemu.conf", \.qemuConf) { confHere, confThere in
      let isDynamic = [confHere, confThere].allSatisfy { $0["dynamic_ownership"] != "0" }
      return Answer([ownerIssue(here, there, files, isDynamic: isDynamic, move)])
    }
  }
}

/// "+UID:+GID" of the QEMUs that libvirt starts for guests like this one; "none" without the dac driver.
private func user(_ models: [SecurityModel], _ move: Move) -> String {
  models.first { $0.name == "dac" }?.baseLabels[move.domain.virtType] ?? "none"
}

private func ownerIssue(_ here: String, _ there: String, _ files: [String], isDynamic: Bool, _ move: Move) -> Issue {
  let (source, destination) = (move.source.name, move.destination.name)
  let onNFS = files.first { move.destination.files[$0]?.value??.fileSystem.hasPrefix("nfs") ?? false }
  let isSameUser = here.prefix { $0 != ":" } == there.prefix { $0 != ":" }
  let consequence: String =
    if isSameUser {
      "files that only the group may open cannot be opened there"
    } else if !isDynamic {
      "and with dynamic_ownership off on one of them nobody gives it the files of \(move.domain.name)"
    } else if let onNFS {
      "and when \(destination) takes over \(onNFS) on NFS, \(move.domain.name) loses it while it still runs on \(source)"
    } else {
      "and the files of \(move.domain.name) stay with the other user when the move fails"
    }
  return Issue(
    !isSameUser && (!isDynamic || onNFS != nil) ? .blocker : .warning, "user of QEMU", source: here, destination: there,
    "QEMU runs as \(here) on \(source) and as \(there) on \(destination), \(consequence).",
    remedy: [
      "Set user = \"\(here.prefix { $0 != ":" })\" and group = \"\(here.split(separator: ":").last ?? "")\" in"
        + " /etc/libvirt/qemu.conf on \(destination), and restart libvirtd there with no guest running.",
      "Or give the account the same number on both: id libvirt-qemu    # on either; it is called qemu on some"
        + " distributions",
    ])
}

extension Move {
  /// Files of the guest's disks that both hosts open. Devices in /dev belong to each host by itself.
  fileprivate var sharedFiles: [String] {
    domain.disks.compactMap { disk in
      guard !isCopied(disk) else { return nil }
      switch disk.source {
      case .file(let path): return path
      case .volume(let pool, let volume):
        guard case .known(.some(let path)) = destination.volumes["\(pool)/\(volume)"] else { return nil }
        return path.hasPrefix("/") && !path.hasPrefix("/dev/") ? path : nil
      case .none, .block, .directory, .network, .other: return nil
      }
    }
  }
}
