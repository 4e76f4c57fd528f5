import Testing

@testable import DomainXML

@Suite struct XMLDocumentTests {
  @Test func malformedTextIsRefusedWithItsLine() {
    #expect(throws: XMLError(.malformed("Premature end of data in tag a line 1"), line: 2)) {
      try XMLDocument(parsing: "<a>\n<b></a>")
    }
  }

  @Test func documentTypesAreRefused() {
    #expect(throws: XMLError(.documentType)) {
      try XMLDocument(parsing: "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>")
    }
  }
}
