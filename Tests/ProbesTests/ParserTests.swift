import MigrationModel
import Testing

@testable import Probes

@Suite struct ParserTests {
  @Test func cpuinfoGivesVendorModelAndFlags() {
    let text = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon : odd\nflags\t\t: fpu vme sse4_2\n"
    #expect(Parse.cpu(text) == HostCPU(vendor: "GenuineIntel", model: "Xeon : odd", flags: ["fpu", "vme", "sse4_2"]))
    #expect(Parse.cpu("processor\t: 0\n") == nil)
  }

  @Test func armCpuinfoIsReadToo() {
    #expect(Parse.cpu("Features\t: fp asimd\nCPU implementer\t: 0x41\n")?.flags == ["fp", "asimd"])
  }

  @Test func meminfoCountsInKibibytes() {
    let memory = Parse.memory("MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB\n")
    #expect(memory == HostMemory(total: .mebibytes(2), available: .mebibytes(1)))
    #expect(Parse.memory("MemTotal: 2048 kB\n") == nil)
  }

  @Test func linksCarryOddNamesLiterally() {
    let links = Parse.links("1 0x1003 1500 br$(x)\n0 0x1002 9000 eth0\n")
    #expect(
      links == [
        Link(name: "br$(x)", isBridge: true, isUp: true, mtu: 1500),
        Link(name: "eth0", isBridge: false, isUp: false, mtu: 9000),
      ])
    #expect(Parse.links("") == [])
    #expect(Parse.links("nonsense\n") == nil)
  }

  @Test func addressesLeaveLoopbackAndLinkLocalOut() {
    let text = """
      1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever
      2: eth0    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever
      2: eth0    inet6 2001:db8::7/64 scope global \\       valid_lft forever
      2: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever
      """
    #expect(Parse.addresses(text) == ["192.0.2.7", "2001:db8::7"])
  }

  @Test(arguments: [
    ("", nil), ("#migration_host = \"a\"\n", nil), ("migration_host = \"host2.example\"\n", "host2.example"),
    ("  migration_host='a'  # b\n", "a"), ("migration_host = \"a\"\nmigration_host = \"b\"\n", "b"),
    ("migration_hosts = \"a\"\n", nil),
  ])
  func migrationHostIsTheLastOneSet(text: String, expected: String?) {
    #expect(Parse.migrationHost(text) == expected)
  }

  @Test func chronySaysWhetherItIsSynchronised() {
    let fields = "C0000201,192.0.2.1,3,1700000000.1,0.000001,0.0,0.0,1.0,0.0,0.1,0.01,0.02,64.0"
    #expect(
      Parse.clockSync("chrony\n\(fields),Normal\n")
        == ClockSync(service: "chrony", synchronised: true, reference: "192.0.2.1", stratum: 3))
    #expect(Parse.clockSync("chrony\n\(fields),Not synchronised\n")?.synchronised == false)
    #expect(Parse.clockSync("chrony\n506 Cannot talk to daemon\n") == nil)
  }

  @Test func timesyncdSaysWhomItFollows() {
    let text =
      "timesyncd\nNTP=yes\nNTPSynchronized=yes\nServerName=ntp.example\nNTPMessage={ Leap=0, Version=4, Stratum=2, }\n"
    #expect(
      Parse.clockSync(text)
        == ClockSync(service: "timesyncd", synchronised: true, reference: "ntp.example", stratum: 2))
    #expect(Parse.clockSync("timesyncd\nNTPSynchronized=no\n")?.synchronised == false)
  }

  @Test func ntpdCountsStratumSixteenAsUnsynchronised() {
    #expect(Parse.clockSync("ntpd\nversion=\"ntpd 4.2\", stratum=2,\nrefid=192.0.2.9\n")?.synchronised == true)
    #expect(Parse.clockSync("ntpd\nstratum=16, refid=INIT\n")?.synchronised == false)
  }

  @Test func datesNeedNineDecimals() {
    #expect(Parse.nanoseconds("1700000000.000000005\n") == 1_700_000_000_000_000_005)
    #expect(Parse.nanoseconds("1700000000.%N") == nil)
    #expect(Parse.nanoseconds("1700000000") == nil)
  }

  /// No host's clock may stop this process: the differences of what is read must fit as well.
  @Test(arguments: ["9999999999999.000000000", "-9223372036.000000000", "4294967296.000000000", "1.-00000001"])
  func datesOutOfAllReasonAreNotRead(text: String) {
    #expect(Parse.nanoseconds(text) == nil)
  }

  @Test func aFileKnowsItsFileSystem() {
    let mounts = Mount.table(
      """
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      40 22 0:35 / /srv/my\\040disks rw,relatime - nfs4 filer:/export rw,vers=4.2
      """)
    let file = Parse.file("regular file|1024|99\n/srv/my disks/a.qcow2\n", mounts: mounts)
    #expect(
      file
        == FileIdentity(
          kind: "regular", size: .bytes(1024), fileSystem: "nfs4", mountSource: "filer:/export", inode: 99))
    #expect(Parse.file("regular file|1024|99\n/srv/my disks2/a\n", mounts: mounts)?.fileSystem == "ext4")
    #expect(Parse.file("is a link that leads nowhere\n", mounts: mounts) == nil)
  }

  @Test func aFileThatIsAMountPointIsOnThatMount() {
    let mounts = [Mount(point: "/", type: "ext4", source: "root"), Mount(point: "/a", type: "xfs", source: "bound")]
    #expect(Parse.file("regular file|1|2\n/a\n", mounts: mounts)?.mountSource == "bound")
  }

  @Test func aLaterMountCoversAnEarlierOne() {
    let mounts = [Mount(point: "/a", type: "nfs4", source: "one"), Mount(point: "/a", type: "tmpfs", source: "two")]
    #expect(Mount.holding("/a/b", among: mounts)?.source == "two")
  }

  @Test func theOffsetIsTheMiddleAndItsErrorHalfTheTrip() {
    #expect(
      ClockProbe.offset(sent: 1000, remote: 5100, received: 1200) == ClockOffset(offset: 4000, errorBound: 101))
  }
}
