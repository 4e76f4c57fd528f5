import MigrationModel

/// A size such as `<memory unit='KiB'>1048576</memory>`; throws for a unit that libvirt does not have.
func byteCount(of element: XMLElement, defaultUnit: String) throws -> ByteCount {
  let unit = element.attribute("unit") ?? defaultUnit
  guard let number = UInt64(element.text.trimmed), let scale = bytes(perUnit: unit),
    case (let bytes, false) = number.multipliedReportingOverflow(by: scale)
  else {
    throw XMLError(.unexpected("\"\(element.text) \(unit)\" is not a size"), line: element.line)
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
