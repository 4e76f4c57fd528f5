import DomainXML
import MigrationModel

#if canImport(Glibc)
  @preconcurrency import Glibc
#endif

/// What in a guest's XML has to be another on the destination, as far as an XML can mend it.
struct DestinationPlan: Sendable, Equatable {
  var edits: [DestinationEdit] = []
  /// What cannot be decided without the user, with the option that decides it.
  var questions: [String] = []

  /// - Parameters: `bridges` and `disks` are what the user said: old names to new.
  init(for check: Check, bridges: [String: String], disks: [String: String]) {
    map(bridges, disks)
    plugBridges(check, bridges)
    moveGraphics(check)
    unbind(check)
    chooseEmulator(check)
  }

  private mutating func map(_ bridges: [String: String], _ disks: [String: String]) {
    edits += bridges.sorted { $0.key < $1.key }.map { .bridge(from: $0.key, to: $0.value) }
    edits += disks.sorted { $0.key < $1.key }.map { .diskPath(from: $0.key, to: $0.value) }
  }

  /// A bridge that is not there gives way to the one bridge there that leads out of the host, if it is the only one.
  private mutating func plugBridges(_ check: Check, _ mapped: [String: String]) {
    guard case .known(let links) = check.destination.links else { return }
    let uplinks = Set(links.filter { !$0.isTap && $0.isUp }.compactMap(\.master))
    let bridges = links.filter { $0.isBridge && $0.isUp }
    let candidates = bridges.filter { uplinks.contains($0.name) }.map(\.name)
    let wanted = check.domain.interfaces.compactMap { interface in
      if case .bridge(let name) = interface.source { name } else { nil }
    }
    for name in Set(wanted).sorted() where mapped[name] == nil && !bridges.contains(where: { $0.name == name }) {
      if candidates.count == 1 {
        edits.append(.bridge(from: name, to: candidates[0]))
      } else {
        let known = candidates.isEmpty ? "none leads out of it" : candidates.joined(separator: ", ")
        questions.append(
          "which bridge of \(check.destination.name) takes the place of \(name)? --map-bridge \(name)=NAME (\(known))")
      }
    }
  }

  /// An address that only the source has gives way to the one that migrations go to, else the destination's first.
  private mutating func moveGraphics(_ check: Check) {
    guard case .known(let addresses) = check.destination.addresses, let first = addresses.first else { return }
    let preferred = (check.destination.migrationHost.value ?? nil).flatMap { addresses.contains($0) ? $0 : nil }
    let everywhere: Set<String> = ["0.0.0.0", "::", "127.0.0.1", "::1", "localhost"]
    let listens = Set(check.domain.graphics.compactMap(\.listen))
    for old in listens.sorted() where !everywhere.contains(old) && !addresses.contains(old) {
      edits.append(.listenAddress(from: old, to: preferred ?? first))
    }
  }

  private mutating func unbind(_ check: Check) {
    let host = check.destination
    guard case .known(let cpus) = host.cpusOnline, case .known(let nodes) = host.numaNodes else { return }
    let isLost = check.domain.placements.contains { placement in
      let online = Set(placement.kind == .cpus ? cpus : nodes)
      return !placement.ids.allSatisfy(online.contains)
    }
    if isLost { edits.append(.bound(cpus: cpus, nodes: nodes)) }
  }

  private mutating func chooseEmulator(_ check: Check) {
    guard case .known(let offered) = check.destination.emulators, let own = check.domain.emulator else { return }
    let fitting = offered.filter { $0.arch == check.domain.arch && $0.virtType == check.domain.virtType }
    if let other = fitting.first, !fitting.contains(where: { $0.path == own }) { edits.append(.emulator(other.path)) }
  }
}

extension DestinationPlan {
  /// Writes the edited XML for its owner alone: it holds what libvirt calls secure, such as the passwords of graphics.
  ///
  /// Throws CommandFailure when something is left to the user, and when the file cannot be written.
  func write(_ check: Check, to path: String) throws {
    guard questions.isEmpty else { throw CommandFailure.usage("--emit-xml: \(questions.joined(separator: "; "))") }
    guard let text = check.domain.migratableXML else {
      throw CommandFailure.usage("--emit-xml needs the source itself: facts from a file do not hold the XML")
    }
    do {
      try writePrivately(try destinationXML(of: text, edits), to: path)
    } catch let error as XMLError {
      throw CommandFailure(status: .failed, message: "\(check.domain.name): the XML cannot be made to fit: \(error)")
    }
  }

  /// "bridge br7 → br8": what was changed, for the user to read.
  var summary: String {
    let parts = edits.map { edit in
      switch edit {
      case .bridge(let old, let new): "bridge \(old) → \(new)"
      case .listenAddress(let old, let new): "graphics address \(old) → \(new)"
      case .diskPath(let old, let new): "disk \(old) → \(new)"
      case .emulator(let path): "emulator \(path)"
      case .unbound: "no bindings"
      case .bound: "bindings to what is online"
      }
    }
    return parts.isEmpty ? "nothing had to be changed" : parts.joined(separator: ", ")
  }
}

/// Replaces the file at `path` at once, readable by its owner only. Throws CommandFailure that names it.
private func writePrivately(_ text: String, to path: String) throws {
  func failure() -> CommandFailure {
    CommandFailure(status: .failed, message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
  // mkstemp(3) makes it for its owner alone.
  var draft = Array("\(path).XXXXXX".utf8CString)
  let descriptor = mkstemp(&draft)
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  guard descriptor >= 0, let file = fdopen(descriptor, "w") else { throw failure() }
  let isWritten = fputs(text, file) >= 0
  guard fclose(file) == 0, isWritten, rename(draft, path) == 0 else {
    defer { unlink(draft) }
    throw failure()
  }
}
