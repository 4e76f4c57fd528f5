import MigrationModel
import Testing

@testable import Preflight

@Suite struct DeviceTests {
  @Test func everyDeviceIsNamedWithWhatHoldsItBack() {
    let findings = move {
      $0.hold("pci")
      $0.hold("usb")
      $0.hold("network pci", isFailover: true)
    }.findings("device.passthrough")
    #expect(findings.map(\.severity) == [.blocker, .blocker, .warning])
    #expect(findings.map(\.subject) == ["pci 0000:01:00.0", "usb 0000:01:00.0", "network pci 0000:01:00.0"])
    #expect(findings[0].source == "libvirt 9.0.0, QEMU 7.2.5")
    #expect(findings[0].destination == "libvirt 8.6.0, QEMU 8.1.0 needed")
    #expect(findings[0].remedyText.contains("detach-device --domain web1 --file device.xml --live"))
  }

  /// Two devices and one gap: the gap is one finding, and what needs no version is still found.
  @Test func anUnreadVersionDoesNotHideOtherDevices() {
    let findings = move {
      $0.hold("pci")
      $0.hold("mdev")
      $0.hold("scsi")
      $0.domain.runningQEMU = .gap(gap)
    }.findings("device.passthrough")
    #expect(findings.map(\.severity) == [.blocker, .unknown])
    #expect(findings.first?.subject == "scsi 0000:01:00.0")
  }

  @Test func allThatCannotMoveIsFoundAtOnce() {
    let findings = move {
      $0.have("filesystem virtiofs", "filesystem path", "launchSecurity sev", "memory dimm")
      $0.domain.disks[0].isTransient = true
    }.findings("device.unsupported")
    #expect(findings.map(\.severity) == [.blocker, .blocker, .blocker, .unknown])
    #expect(
      findings.map(\.subject) == ["vda", "launchSecurity sev dev0", "filesystem virtiofs dev0", "filesystem path dev0"])
    #expect(findings[2].message.contains("since libvirt 10.5.0 and QEMU 8.2.0"))
    #expect(!findings[1].remedyText.contains("detach-device"))
  }

  @Test func whatOnlyQEMUKnowsMayBeTried() {
    let tried = move {
      $0.have("filesystem path")
      $0.request.allow = ["device.unsupported"]
    }.assessed()
    #expect(tried.verdict == .warnings)
  }

  @Test func aMissingPathNamesItsUseAndIsQuoted() {
    let finding = move {
      $0.use("/srv/\(nastyName)", "serial 0", .directory)
      $0.use("/boot/\(nastyName)", "kernel", .file)
      $0.destination.files["/srv"] = .known(readyFile(kind: "directory"))
      $0.destination.files["/boot/\(nastyName)"] = .known(nil)
    }.findings("device.paths")
    #expect(finding.map(\.subject) == ["/boot/\(nastyName)"])
    #expect(finding.first?.source == "used by kernel" && finding.first?.destination == "absent")
    #expect(finding.first?.remedyText.contains("/boot/\(nastyName)".shellQuoted) == true)
  }

  @Test func anOfflineMoveSaysWhereTheStateOfTheTPMIs() {
    let findings = move {
      $0.emulateTPM(there: nil)
      $0.domain.state = .shutOff
    }.findings("device.tpm")
    #expect(findings.map(\.severity) == [.blocker, .blocker])
    #expect(findings.map(\.destination) == ["no swtpm", "an empty TPM"])
    #expect(findings[1].source == "/var/lib/libvirt/swtpm/\(readyDomain().uuid)")
  }

  /// Whether an older swtpm loads the state is not sure either way, so not knowing its version keeps nobody back.
  @Test func anUnreadSwtpmOfTheSourceOnlyWarns() {
    let assessment = move {
      $0.emulateTPM()
      $0.source.swtpm = .gap(gap)
    }.assessed()
    #expect(assessment.findings.map(\.rule) == ["device.tpm"])
    #expect(assessment.verdict == .warnings)
  }

  @Test func anAddressAndAPortAreTwoReasons() {
    let findings = move { $0.show(on: "192.0.2.1", port: 22) }.findings("device.graphics")
    #expect(findings.map(\.severity) == [.blocker, .blocker])
    #expect(findings.map(\.subject) == ["vnc 192.0.2.1", "vnc port 22"])
    #expect(findings.map(\.destination) == ["192.0.2.2", "in use"])
    #expect(findings.allSatisfy { $0.remedyText.contains("--emit-xml FILE") })
  }

  @Test func aSecretOfSeveralUsersIsOneFinding() {
    let uuid = "it's; reboot"
    let finding = move {
      $0.domain.secrets = [SecretUse(uuid: uuid, user: "disk vda"), SecretUse(uuid: uuid, user: "disk vdb")]
      $0.domain.tpm = TPM(backend: "external", secret: uuid)
    }.findings("device.secrets")
    #expect(finding.map(\.source) == ["used by disk vda, disk vdb, tpm"])
    #expect(finding.first?.remedyText.contains("secret-dumpxml --secret \(uuid.shellQuoted)") == true)
    #expect(finding.first?.remedyText.contains("secret-set-value --secret \(uuid.shellQuoted)") == true)
  }

  @Test func aSecretNamedByUsageIsDefinedFromTheSourcesOwn() {
    let finding = move {
      $0.domain.secrets = [SecretUse(uuid: nil, usage: "admin", usageType: "ceph", user: "disk vda")]
      $0.source.secrets = .known([SecretIdentity(uuid: "5ec", usageType: "ceph", usage: "admin", hasValue: true)])
    }.findings("device.secrets").first
    #expect(finding?.subject == "ceph admin")
    #expect(finding?.remedyText.contains("secret-dumpxml --secret 5ec") == true)
  }
}
