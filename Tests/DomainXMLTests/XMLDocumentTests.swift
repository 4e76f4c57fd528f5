import Glibc
import Testing

@testable import DomainXML

@Suite(.serialized) struct XMLDocumentTests {
  @Test func malformedTextIsRefusedWithItsLine() {
    #expect(throws: XMLError(.malformed("Premature end of data in tag a line 1"), line: 2)) {
      try XMLDocument(parsing: "<a>\n<b></a>")
    }
  }

  @Test(arguments: ["", " ", "text", "<a>", "<a/><b/>", "<a b=c/>", "<a>\u{0}</a>", "<a>&unknown;</a>", "<!-- -->"])
  func whatIsNotADocumentIsRefused(text: String) {
    let error = #expect(throws: XMLError.self) { try XMLDocument(parsing: text) }
    #expect(error?.description.contains("malformed XML") == true)
  }

  @Test func externalEntitiesAreNeverRead() {
    #expect(throws: XMLError(.documentType)) {
      try XMLDocument(parsing: "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>")
    }
    #expect(throws: XMLError(.documentType)) {
      try XMLDocument(parsing: "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>")
    }
  }

  @Test func entitiesThatMultiplyAreRefused() {
    let entities = (1...9).map { level in
      "<!ENTITY e\(level) '\(String(repeating: "&e\(level - 1);", count: 10))'>"
    }
    let text = "<!DOCTYPE a [<!ENTITY e0 'ha'>\(entities.joined())]><a b='&e9;'>&e9;</a>"
    #expect(throws: XMLError(.documentType)) { try XMLDocument(parsing: text) }
  }

  @Test func theLimitIsOnBytes() throws {
    let frame = "<a></a>".utf8.count
    let largest = "<a>\(String(repeating: "x", count: XMLDocument.sizeLimit - frame))</a>"
    #expect(try XMLDocument(parsing: largest).root.text.utf8.count == XMLDocument.sizeLimit - frame)
    #expect(throws: XMLError(.tooLarge(XMLDocument.sizeLimit + 1))) { try XMLDocument(parsing: largest + "\n") }
  }

  @Test func bottomlessNestingIsRefused() {
    let text = String(repeating: "<a>", count: 10_000) + String(repeating: "</a>", count: 10_000)
    #expect(throws: XMLError.self) { try XMLDocument(parsing: text) }
  }

  @Test func elementsOutliveTheNameOfTheirDocument() throws {
    let element = try XMLDocument(parsing: "<a><b c='1'>x<d/>y</b><b c='2'/></a>").root.required("b")
    #expect(element.name == "b")
    #expect(element.text == "xy")
    #expect(element.attribute("c") == "1")
    #expect(element.attribute("e") == nil)
    #expect(element.xml == "<b c=\"1\">x<d/>y</b>")
    #expect(element.child("d")?.name == "d")
    #expect(element.child("c") == nil, "an attribute is not an element")
  }

  @Test func childrenAreElementsWithoutANamespace() throws {
    let text = "<a xmlns:q='urn:q'>t<!-- c --><b c='1'/><q:b/><?p i?><d><b/></d><b c='2'/></a>"
    let root = try XMLDocument(parsing: text).root
    #expect(root.children.map(\.name) == ["b", "d", "b"])
    #expect(root.children("b").map { $0.attribute("c") } == ["1", "2"])
    #expect(root.child("q:b") == nil)
  }

  @Test func whatIsMissingIsNamedWithItsLine() throws {
    let root = try XMLDocument(parsing: "\n<a/>").root
    #expect(throws: XMLError(.unexpected("<a> without <b>"), line: 2)) { try root.required("b") }
    #expect(throws: XMLError(.unexpected("<a> without c="), line: 2)) { try root.requiredAttribute("c") }
  }

  @Test func memoryStaysFlat() throws {
    try parseMany(500)
    let before = try residentPages()
    // Enough documents that a leak of 8 KiB in each stands out from what the tests beside this one allocate.
    try parseMany(8000)
    let grown = (try residentPages() - before) * Int(getpagesize())
    #expect(grown < 64 << 20, "8000 documents left \(grown) bytes behind")
  }

  private func parseMany(_ count: Int) throws {
    for _ in 0..<count {
      let description = try DomainDescription(parsing: runningGuest)
      #expect(description.facts.cpu != nil)
      #expect(throws: XMLError.self) { try XMLDocument(parsing: "<a><b></a>") }
      #expect(throws: XMLError.self) { try XMLDocument(parsing: "<!DOCTYPE a><a/>") }
    }
  }

  /// The second number of /proc/self/statm.
  private func residentPages() throws -> Int {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    _ = try #require(fgets(&line, 256, file))
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try #require(Int(text.split(separator: " ")[1]))
  }
}
