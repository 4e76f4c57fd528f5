import MigrationModel
import Testing

@testable import Probes

@Suite struct ParserTests {
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
    let file = Parse.file("regular file|1024|99", at: "/srv/my disks/a.qcow2", mounts: mounts)
    #expect(
      file
        == FileIdentity(
          kind: "regular", size: .bytes(1024), fileSystem: "nfs4", mountSource: "filer:/export", inode: 99))
    #expect(Parse.file("regular file|1024|99", at: "/srv/my disks2/a", mounts: mounts)?.fileSystem == "ext4")
    #expect(Parse.file("is a link that leads nowhere", at: "/a", mounts: mounts) == nil)
  }

  @Test func aFileThatIsAMountPointIsOnThatMount() {
    let mounts = [Mount(point: "/", type: "ext4", source: "root"), Mount(point: "/a", type: "xfs", source: "bound")]
    #expect(Parse.file("regular file|1|2", at: "/a", mounts: mounts)?.mountSource == "bound")
  }

  @Test func aLaterMountCoversAnEarlierOne() {
    let mounts = [Mount(point: "/a", type: "nfs4", source: "one"), Mount(point: "/a", type: "tmpfs", source: "two")]
    #expect(Mount.holding("/a/b", among: mounts)?.source == "two")
  }

  @Test func theOffsetIsTheMiddleAndItsErrorHalfTheTrip() {
    #expect(
      ClockProbe.offset(sent: 1000, remote: 5100, received: 1200) == ClockOffset(offset: 4000, errorBound: 101))
  }

  @Test func hugePagesAreMountedForTheirSizes() {
    let mounts = """
      30 22 0:20 / /dev/hugepages rw - hugetlbfs hugetlbfs rw,pagesize=2M
      31 22 0:21 / /dev/big rw - hugetlbfs none rw,mode=755,pagesize=1024M
      32 22 0:22 / /x rw - tmpfs pagesize=2M rw
      """
    #expect(
      Parse.hugePageSizes("2048\n", mounts: mounts)
        == HugePageSizes(standard: .mebibytes(2), mounted: [.mebibytes(2), .mebibytes(1024)]))
    #expect(Parse.hugePageSizes("", mounts: "") == HugePageSizes(standard: .bytes(0), mounted: []))
    for text in ["many\n", "1 2\n", "-1\n"] { #expect(Parse.hugePageSizes(text, mounts: mounts) == nil, "\(text)") }
  }

  @Test func settingsOfLockManagersAreTheirDirectoriesAlone() {
    #expect(Parse.lockConf("file_lockspace_dir=\"/l\"\n") == ["file_lockspace_dir": "/l"])
    #expect(Parse.lockConf("") == [:])
    #expect(Parse.lockConf("migration_host=\"x\"\n") == nil)
  }
}
