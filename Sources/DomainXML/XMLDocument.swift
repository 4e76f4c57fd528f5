import CLibxml2

/// A parsed XML text. Owns one `xmlDoc`; elements of it keep it alive.
public final class XMLDocument {
  /// Bytes; libvirt's own limit for a text on the wire (REMOTE_STRING_MAX).
  public static let sizeLimit = 4 << 20

  let raw: xmlDocPtr
  let rootNode: xmlNodePtr

  /// Parses `text` without network, entities or document types.
  ///
  /// Throws `XMLError` for anything that is not well-formed, is over `sizeLimit` or declares a document type
  /// (`xmlCtxtReadMemory`).
  public init(parsing text: String) throws {
    var text = text
    raw = try text.withUTF8 { try Self.parse($0) }
    guard let rootNode = xmlDocGetRootElement(raw) else {
      xmlFreeDoc(raw)
      throw XMLError(.malformed("no root element"))
    }
    self.rootNode = rootNode
  }

  deinit { xmlFreeDoc(raw) }

  public var root: XMLElement { XMLElement(document: self, node: rootNode) }

  /// The root element; throws when it is another one.
  public func root(named name: String) throws -> XMLElement {
    guard root.name == name else {
      throw XMLError(.unexpected("<\(root.name)> where <\(name)> belongs"), line: root.line)
    }
    return root
  }

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws -> xmlDocPtr {
    guard bytes.count <= sizeLimit else { throw XMLError(.tooLarge(bytes.count)) }
    guard let start = bytes.baseAddress, let parser = xmlNewParserCtxt() else {
      throw XMLError(.malformed("the text is empty"))
    }
    defer { xmlFreeParserCtxt(parser) }
    parser.pointee.sax.pointee.internalSubset = { context, _, _, _ in stopParser(context) }
    let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
    let parsed = start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
      xmlCtxtReadMemory(parser, $0, Int32(bytes.count), nil, "UTF-8", options)
    }
    guard let parsed, parser.pointee.wellFormed == 1, parser.pointee.disableSAX == 0 else {
      xmlFreeDoc(parsed)
      throw failure(of: parser)
    }
    return parsed
  }

  private static func failure(of parser: xmlParserCtxtPtr) -> XMLError {
    let error = parser.pointee.lastError
    guard parser.pointee.errNo != XML_ERR_USER_STOP.rawValue else { return XMLError(.documentType) }
    let message = error.message.map { String(cString: $0) } ?? "no reason given"
    return XMLError(.malformed(String(message.prefix(while: { $0 != "\n" }))), line: Int(error.line))
  }
}

/// libxml2's parser then reports XML_ERR_USER_STOP, and has declared no entity.
private func stopParser(_ context: UnsafeMutableRawPointer?) {
  guard let context else { return }
  xmlStopParser(context.assumingMemoryBound(to: xmlParserCtxt.self))
}
