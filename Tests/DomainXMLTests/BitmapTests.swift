import Testing

@testable import DomainXML

@Suite struct BitmapTests {
  @Test(
    arguments: [
      ("0", [0]), ("0-3,^2,8", [0, 1, 3, 8]), ("8,0", [0, 8]), (" 1 , 3 - 5 ", [1, 3, 4, 5]), ("2-2,", [2]),
      ("^2,0-3", [0, 1, 2, 3]), ("0-3,^9", [0, 1, 2, 3]), ("62-66,^64", [62, 63, 65, 66]), ("16383", [16383]),
      ("007", [7]),
    ] as [(String, [Int])])
  func whatLibvirtTakesIsRead(text: String, ids: [Int]) { #expect(Bitmap.ids(text) == ids) }

  @Test(arguments: [
    "", " ", "a", "1,,2", "-1", "3-1", "^1-2", "1-", "^", "1 2", "0,^0", "16384", "0-4000000000", "0-16384",
    "99999999999999999999", "+1", "0x1", "1-2-3", "١",
  ])
  func whatLibvirtRefusesIsNone(text: String) { #expect(Bitmap.ids(text) == nil) }

  @Test func aSetIsWrittenAsItIsRead() {
    #expect(Bitmap.text([]) == "")
    #expect(Bitmap.text([0, 1, 3, 8]) == "0-1,3,8")
    #expect(Bitmap.ids(Bitmap.text(Array(0..<Bitmap.limit))) == Array(0..<Bitmap.limit))
  }

  @Test func aLongHostileTextCostsLittle() {
    let text = String(repeating: "0-16383,", count: 100_000)
    let elapsed = ContinuousClock().measure { #expect(Bitmap.ids(text)?.count == Bitmap.limit) }
    #expect(elapsed < .seconds(20), "by words: a bit at a time takes minutes")
  }

  @Test func aDocumentFullOfBindingsIsRefused() {
    let pins = String(repeating: "<vcpupin vcpu='0' cpuset='0-16383'/>", count: 300)
    let text =
      "<domain type='kvm'><name>n</name><uuid>u</uuid><memory>1</memory><vcpu>1</vcpu><cputune>\(pins)</cputune></domain>"
    #expect(throws: XMLError.self) { try DomainDescription(parsing: text) }
  }
}
