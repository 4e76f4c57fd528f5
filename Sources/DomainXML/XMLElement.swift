import CLibxml2
import Glibc

/// An element of a document, which it keeps alive.
public struct XMLElement {
  private let document: XMLDocument
  private let node: xmlNodePtr

  init(document: XMLDocument, node: xmlNodePtr) {
    self.document = document
    self.node = node
  }

  public var name: String { node.pointee.name.map { String(cString: $0) } ?? "" }
  public var line: Int { Int(xmlGetLineNo(node)) }

  /// Everything between its tags, without markup.
  public var text: String { owned(xmlNodeGetContent(node)) ?? "" }

  /// The value of an attribute without a namespace; nil when it is absent.
  public func attribute(_ name: String) -> String? { owned(xmlGetNoNsProp(node, name)) }

  /// The attribute's value; throws when it is absent.
  public func requiredAttribute(_ name: String) throws -> String {
    guard let value = attribute(name) else {
      throw XMLError(.unexpected("<\(self.name)> without \(name)="), line: line)
    }
    return value
  }

  /// Elements that the XPath expression `path` finds from here, in document order; none for a faulty expression.
  ///
  /// The expression is part of the program: a value from outside never goes into it (`xmlXPathEval`).
  public func all(_ path: String) -> [XMLElement] {
    guard let context = xmlXPathNewContext(node.pointee.doc) else { return [] }
    defer { xmlXPathFreeContext(context) }
    context.pointee.node = node
    guard let result = xmlXPathEval(path, context) else { return [] }
    defer { xmlXPathFreeObject(result) }
    guard let found = result.pointee.nodesetval?.pointee, let nodes = found.nodeTab else { return [] }
    return (0..<Int(found.nodeNr)).compactMap { nodes[$0] }
      .filter { $0.pointee.type == XML_ELEMENT_NODE }
      .map { XMLElement(document: document, node: $0) }
  }

  public func first(_ path: String) -> XMLElement? { all(path).first }

  /// The first element that `path` finds; throws when there is none.
  public func required(_ path: String) throws -> XMLElement {
    guard let element = first(path) else {
      throw XMLError(.unexpected("<\(name)> without \(path)"), line: line)
    }
    return element
  }

  /// The element as XML text (`xmlNodeDump`).
  public var xml: String {
    guard let buffer = xmlBufferCreate() else { return "" }
    defer { xmlBufferFree(buffer) }
    guard xmlNodeDump(buffer, node.pointee.doc, node, 0, 0) >= 0 else { return "" }
    return xmlBufferContent(buffer).map { String(cString: $0) } ?? ""
  }
}

/// A text that libxml2 handed over; its allocator is the C library's, which libvirt does not replace either.
private func owned(_ text: UnsafeMutablePointer<xmlChar>?) -> String? {
  guard let text else { return nil }
  defer { free(text) }
  return String(cString: text)
}
