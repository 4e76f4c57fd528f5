import Foundation
import Testing

@testable import Lab

/// Holds every line of `json` against one of the published schemas, with Debian's python3-jsonschema.
func validate(_ json: String, schema: String, isLines: Bool = false) async throws {
  let tests = URL(filePath: #filePath).deletingLastPathComponent()
  let path = tests.appending(path: "../../docs/schemas/\(schema)").path()
  let program = """
    import json, sys, jsonschema
    schema = json.load(open(sys.argv[1]))
    text = sys.stdin.read()
    for document in text.splitlines() if sys.argv[2] == "lines" else [text]:
        jsonschema.validate(json.loads(document), schema, jsonschema.Draft202012Validator)
    """
  let result = try await execute(
    ["env", "/usr/bin/python3", "-c", program, path, isLines ? "lines" : "whole"], input: json)
  #expect(result.isSuccess, "\(schema) does not accept \(json): \(result.errorOutput)")
}
