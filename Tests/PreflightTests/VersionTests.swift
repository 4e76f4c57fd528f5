import MigrationModel
import Testing

@testable import Preflight

/// An option, a version that decides about it, and how it is asked for.
struct Need: Sendable, CustomTestStringConvertible {
  var option: String
  var version: Version
  var ask: @Sendable (inout MigrationRequest) -> Void
  var testDescription: String { "\(option) \(version)" }

  init(_ option: String, _ version: Version, _ ask: @escaping @Sendable (inout MigrationRequest) -> Void) {
    self.option = option
    self.version = version
    self.ask = ask
  }
}

@Suite struct VersionTests {
  @Test func equalAndNewerDestinationsPass() {
    #expect(readyMove().answer("version.libvirt") == .holds)
    #expect(move { $0.destination.libvirt = .known(Version(11, 3, 0)) }.answer("version.libvirt") == .holds)
    #expect(readyMove().answer("version.qemu") == .holds)
    let newer = move {
      $0.destination.emulatorVersions = ["/usr/bin/qemu-system-x86_64": .known(Version(10, 0, 0))]
    }
    #expect(newer.answer("version.qemu") == .holds)
  }

  @Test func anOlderLibvirtWarns() {
    let finding = move { $0.source.libvirt = .known(Version(11, 3, 0)) }.findings("version.libvirt").first
    #expect(finding?.severity == .warning)
    #expect(finding?.source == "11.3.0")
    #expect(finding?.destination == "9.0.0")
    #expect(finding?.remedyText.contains("kvm2 to 11.3.0") == true)
  }

  @Test(
    arguments: [
      Need("--postcopy", Version(1, 3, 3), { $0.postcopy = true }), Need("--tls", Version(3, 2, 0), { $0.tls = true }),
      Need("--postcopy-bandwidth", Version(5, 1, 0), { $0.postcopyBandwidth = 1 }),
      Need("--parallel", Version(5, 2, 0), { $0.parallel = true }),
      Need("--tls-destination", Version(6, 0, 0), { $0.tlsDestination = "x" }),
      Need("--disks-uri", Version(6, 8, 0), { $0.disksURI = "tcp://h:1" }),
      Need("--copy-storage-synchronous-writes", Version(8, 0, 0), { $0.synchronousWrites = true }),
      Need("--postcopy-resume", Version(8, 5, 0), { $0.postcopyResume = true }),
      Need("--zerocopy", Version(8, 5, 0), { $0.zerocopy = true }),
      Need("--comp-methods zlib", Version(9, 4, 0), { $0.compression = ["zlib"] }),
      Need("--comp-methods zstd", Version(9, 4, 0), { $0.compression = ["zstd"] }),
    ])
  func aFlagThatASideIsTooOldForBlocks(_ need: Need) {
    let since = need.version
    let before = Version(since.major, since.minor, 0) == since ? Version(since.major - 1, 99, 0) : Version(1, 3, 2)
    func findings(_ source: Version, _ destination: Version) -> [Finding] {
      move {
        need.ask(&$0.request)
        $0.source.libvirt = .known(source)
        $0.destination.libvirt = .known(destination)
      }.findings("version.libvirt")
    }
    #expect(findings(since, since).isEmpty)
    let old = findings(since, before).first
    #expect(old?.severity == .blocker)
    #expect(old?.subject == need.option)
    #expect(old?.message.contains("kvm2") == true)
    #expect(old?.remedyText.contains("Upgrade libvirt on kvm2 to \(since)") == true)
    #expect(findings(before, since).first?.message.contains("kvm1") == true)
    #expect(findings(before, before).count == 2)
  }

  @Test func aStableReleaseBehindIsAWarning() {
    let findings = move { $0.domain.runningQEMU = .known(Version(7, 2, 6)) }.findings("version.qemu")
    #expect(findings.map(\.severity) == [.warning])
  }

  @Test func anOlderQEMUBlocksBecauseTheRunningOneCounts() {
    let finding = move { $0.domain.runningQEMU = .known(Version(7, 3, 0)) }.findings("version.qemu").first
    #expect(finding?.severity == .blocker)
    #expect(finding?.source == "7.3.0")
    #expect(finding?.destination == "7.2.5")
    #expect(finding?.subject == "/usr/bin/qemu-system-x86_64")
    #expect(finding?.remedyText.contains("/usr/bin/qemu-system-x86_64 --version") == true)
  }

  @Test(
    arguments: [
      Need("--parallel", Version(3, 9, 0), { $0.parallel = true }),
      Need("--comp-methods zlib", Version(4, 2, 0), { $0.compression = ["zlib"] }),
      Need("--comp-methods zstd", Version(4, 2, 0), { $0.compression = ["zstd"] }),
      Need("--zerocopy", Version(7, 0, 0), { $0.zerocopy = true }),
      Need("--comp-methods mt", Version(9, 1, 0), { $0.compression = ["mt"] }),
      Need(
        "--postcopy with --parallel", Version(10, 0, 9),
        {
          $0.postcopy = true; $0.parallel = true
        }
      ),
    ])
  func aQEMUThatCannotDoItBlocks(_ need: Need) {
    let findings = move {
      need.ask(&$0.request)
      $0.domain.runningQEMU = .known(need.version)
      $0.destination.emulatorVersions = ["/usr/bin/qemu-system-x86_64": .known(need.version)]
    }.findings("version.qemu")
    #expect(findings.map(\.subject) == [need.option, need.option])
    #expect(findings.map(\.severity) == [.blocker, .blocker])
  }

  @Test func theDestinationsOwnEmulatorIsAskedWhenTheDomainNamesNone() {
    let older = move {
      $0.domain.emulator = nil
      $0.domain.runningQEMU = .known(Version(9, 0, 0))
    }
    #expect(older.findings("version.qemu").map(\.severity) == [.blocker])
  }

  @Test func anUnreadRunningVersionIsUnknown() {
    let finding = move { $0.domain.runningQEMU = .gap(gap) }.findings("version.qemu").first
    #expect(finding?.severity == .unknown)
    #expect(finding?.message.contains("kvm1") == true)
  }

  @Test func thereIsNothingToCompareForAGuestThatDoesNotRun() {
    #expect(move { $0.domain.runningQEMU = .known(nil) }.answer("version.qemu")?.isNotApplicable == true)
    #expect(move { $0.domain.state = .shutOff }.answer("version.qemu")?.isNotApplicable == true)
    #expect(move { $0.request.mode = .offline }.answer("version.qemu")?.isNotApplicable == true)
  }
}
