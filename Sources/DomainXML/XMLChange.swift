import CLibxml2

/// A change of one element.
enum XMLChange {
  case set(XMLElement, _ attribute: String, to: String)
  case unset(XMLElement, _ attribute: String)
  case text(XMLElement, to: String)
  /// The element goes, with the blanks before it, and its parent when that has no other element (no further).
  case remove(XMLElement)
}

extension XMLDocument {
  /// Makes the changes in order. An element may be changed after it was removed: removed nodes are freed at the end.
  func apply(_ changes: [XMLChange]) {
    var removed: Set<xmlNodePtr> = []
    for change in changes {
      switch change {
      case .set(let element, let attribute, let value): xmlSetProp(element.node, attribute, value)
      case .unset(let element, let attribute): xmlUnsetProp(element.node, attribute)
      case .text(let element, let value):
        // xmlNodeSetContent would take entities in a text for references.
        xmlNodeSetContent(element.node, nil)
        xmlNodeAddContent(element.node, value)
      case .remove(let element): unlink(element.node, &removed)
      }
    }
    for node in removed { xmlFreeNode(node) }
  }

  private func unlink(_ node: xmlNodePtr, _ removed: inout Set<xmlNodePtr>) {
    guard removed.insert(node).inserted else { return }
    let parent = node.pointee.parent
    unlinkBlank(before: node, &removed)
    xmlUnlinkNode(node)
    guard let parent, parent != rootNode, xmlChildElementCount(parent) == 0, removed.insert(parent).inserted
    else { return }
    unlinkBlank(before: parent, &removed)
    xmlUnlinkNode(parent)
  }

  private func unlinkBlank(before node: xmlNodePtr, _ removed: inout Set<xmlNodePtr>) {
    guard let blank = node.pointee.prev, xmlIsBlankNode(blank) == 1 else { return }
    removed.insert(blank)
    xmlUnlinkNode(blank)
  }

  /// The document as text, in UTF-8 and without an XML declaration (`xmlSaveDoc`).
  func serialised() throws -> String {
    guard let buffer = xmlBufferCreate() else { throw XMLError(.malformed("out of memory")) }
    defer { xmlBufferFree(buffer) }
    let context = xmlSaveToBuffer(buffer, "UTF-8", Int32(XML_SAVE_NO_DECL.rawValue))
    let isWritten = xmlSaveDoc(context, raw) >= 0
    guard xmlSaveClose(context) >= 0, isWritten, let content = xmlBufferContent(buffer) else {
      throw XMLError(.malformed("the document cannot be written"))
    }
    return String(cString: content)
  }
}
