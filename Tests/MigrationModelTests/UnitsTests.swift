import MigrationModel
import Testing

@Suite struct ByteCountTests {
  @Test(
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1 << 20, "1 MiB"), (3 << 29, "1.5 GiB"),
      (1 << 40, "1 TiB"), (1 << 50, "1 PiB"), (UInt64.max, "16 EiB"),
    ] as [(UInt64, String)])
  func describesItselfInTheLargestUnit(_ count: UInt64, _ text: String) {
    #expect(ByteCount.bytes(count).description == text)
  }

  @Test func unitsAreBinary() {
    #expect(ByteCount.kibibytes(1).rawValue == 1024)
    #expect(ByteCount.mebibytes(1).rawValue == 1_048_576)
  }

  @Test func additionStopsAtTheLargestCount() {
    #expect(ByteCount.bytes(1) + .bytes(2) == .bytes(3))
    #expect(ByteCount.bytes(.max) + .bytes(1) == .bytes(.max))
  }

  @Test func comparesBySize() {
    #expect(ByteCount.kibibytes(1) < .mebibytes(1))
    #expect(!(ByteCount.bytes(1) < .bytes(1)))
  }
}

@Suite struct VersionTests {
  @Test(arguments: [
    ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)", Version(7, 2, 22)),
    ("9.0.0", Version(9, 0, 0)), ("v10.1", Version(10, 1, 0)), ("version 8.2.0.1", Version(8, 2, 0)),
    ("build 5 of 6.1.2", Version(6, 1, 2)), ("x. 4.2", Version(4, 2, 0)),
  ])
  func isFoundInText(_ text: String, _ version: Version) {
    #expect(Version(firstIn: text) == version)
  }

  @Test(arguments: ["", "none", "7", ".5", "7.", "٧.٢", "99999999999999999999.1"])
  func isNotFoundWhereThereIsNone(_ text: String) {
    #expect(Version(firstIn: text) == nil)
  }

  @Test func decodesLibvirtsNumber() {
    #expect(Version(encoded: 9_000_000) == Version(9, 0, 0))
    #expect(Version(encoded: 11_003_007) == Version(11, 3, 7))
  }

  @Test func comparesNumbersAndNotText() {
    #expect(Version(9, 10, 0) > Version(9, 9, 9))
    #expect(Version(10, 0, 0) > Version(9, 99, 0))
    #expect(Version(7, 2, 4) < Version(7, 2, 5))
  }
}
