/// Why a text is not an XML document that this package reads.
public struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Cause: Sendable, Hashable {
    /// Not well-formed; the parser's own words.
    case malformed(String)
    /// Longer than `XMLDocument.sizeLimit`, in bytes.
    case tooLarge(Int)
    /// A `<!DOCTYPE>`, which no libvirt document has: entities are neither fetched nor expanded.
    case documentType
    /// Well-formed, but without this element or attribute, or with a value that is none.
    case unexpected(String)
    /// An edit found nothing that it could change: what it looked for.
    case nothingToEdit(String)
  }

  public var cause: Cause
  /// Line of the text, from 1; 0 where it has no meaning.
  public var line: Int

  public init(_ cause: Cause, line: Int = 0) {
    self.cause = cause
    self.line = line
  }

  public var description: String {
    let place = line > 0 ? "line \(line): " : ""
    return switch cause {
    case .malformed(let message): "\(place)malformed XML: \(message)"
    case .tooLarge(let size): "an XML text of \(size) bytes is over the limit of \(XMLDocument.sizeLimit)"
    case .documentType: "document type declarations are refused"
    case .nothingToEdit(let thing): "nothing to edit: the domain has no \(thing)"
    case .unexpected(let what): "\(place)unexpected XML: \(what)"
    }
  }
}
