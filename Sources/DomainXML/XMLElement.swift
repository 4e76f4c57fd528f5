import CLibxml2
import Glibc

/// An element of a document, which it keeps alive.
public struct XMLElement {
  let document: XMLDocument
  let node: xmlNodePtr

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

  /// Its child elements without a namespace, in document order.
  ///
  /// Walked, not asked by XPath, which sets up a context for each question: a check reads a thousand domains.
  public var children: Children { Children(document: document, upcoming: node.pointee.children) }

  /// Its child elements of that name.
  public func children(_ name: String) -> [XMLElement] { children.filter { $0.isNamed(name) } }

  /// Its first child element of that name, which is the one that libvirt takes.
  public func child(_ name: String) -> XMLElement? { children.first { $0.isNamed(name) } }

  /// Its first child element of that name; throws when there is none.
  public func required(_ name: String) throws -> XMLElement {
    guard let element = child(name) else {
      throw XMLError(.unexpected("<\(self.name)> without <\(name)>"), line: line)
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

  private func isNamed(_ name: String) -> Bool { xmlStrEqual(node.pointee.name, name) == 1 }

  public struct Children: Sequence, IteratorProtocol {
    let document: XMLDocument
    var upcoming: xmlNodePtr?

    public mutating func next() -> XMLElement? {
      while let node = upcoming {
        upcoming = node.pointee.next
        if node.pointee.type == XML_ELEMENT_NODE, node.pointee.ns == nil {
          return XMLElement(document: document, node: node)
        }
      }
      return nil
    }
  }
}

/// A text that libxml2 handed over; its allocator is the C library's, which libvirt does not replace either.
private func owned(_ text: UnsafeMutablePointer<xmlChar>?) -> String? {
  guard let text else { return nil }
  defer { free(text) }
  return String(cString: text)
}
