import MigrationModel

extension XMLElement {
  /// The number in an attribute, nil when it is absent; throws for what is no number, which libvirt never prints.
  func number<Number: FixedWidthInteger>(_ attribute: String) throws -> Number? {
    guard let text = self.attribute(attribute) else { return nil }
    return try number(in: text, called: attribute)
  }

  /// The number between the tags.
  func number<Number: FixedWidthInteger>() throws -> Number { try number(in: text, called: name) }

  private func number<Number: FixedWidthInteger>(in text: String, called name: String) throws -> Number {
    guard let number = Number(text.trimmed) else {
      throw XMLError(.unexpected("\"\(text.prefix(40))\" is not a number (\(name))"), line: line)
    }
    return number
  }

  /// The value between the tags of the first child of that name; throws when it is missing or empty.
  func requiredText(_ name: String) throws -> String {
    let element = try required(name)
    let text = element.text
    guard !text.isEmpty else { throw XMLError(.unexpected("<\(name)> is empty"), line: element.line) }
    return text
  }
}

/// A size such as `<memory unit='KiB'>1048576</memory>`; throws for a unit that libvirt does not have.
func byteCount(of element: XMLElement, defaultUnit: String) throws -> ByteCount {
  try byteCount(element.text, unit: element.attribute("unit") ?? defaultUnit, line: element.line)
}

/// A size that is written as number and unit.
func byteCount(_ text: String, unit: String, line: Int) throws -> ByteCount {
  guard let number = UInt64(text.trimmed), let scale = bytes(perUnit: unit),
    case (let bytes, false) = number.multipliedReportingOverflow(by: scale)
  else {
    throw XMLError(.unexpected("\"\(text.prefix(40)) \(unit.prefix(40))\" is not a size"), line: line)
  }
  return .bytes(bytes)
}

/// As libvirt reads a unit: case does not matter, "K" and "KiB" are 1024, "KB" is 1000 (`virScaleInteger`).
func bytes(perUnit unit: String) -> UInt64? {
  let unit = unit.lowercased()
  if unit.isEmpty || unit == "b" || unit == "bytes" { return 1 }
  guard let power = unit.first.flatMap({ Array("kmgtpe").firstIndex(of: $0) }) else { return nil }
  let base: UInt64
  switch unit.dropFirst() {
  case "", "ib": base = 1024
  case "b": base = 1000
  default: return nil
  }
  return (0...power).reduce(1) { product, _ in product * base }
}

extension String {
  /// Without the blanks and line ends around it.
  var trimmed: String {
    let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" }
    return String(drop(while: blank).reversed().drop(while: blank).reversed())
  }
}
