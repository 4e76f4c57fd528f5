import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text, json, jsonl
}

/// How a verb prints; shared by all of them.
struct OutputOptions: ParsableArguments {
  @Option(help: "Print text, one JSON document, or JSON lines as things happen.")
  var output: OutputFormat = .text

  @Flag(help: "Print the result only.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print what passed as well, and steps and events.")
  var verbose = false

  @Flag(help: "Print without colours and without a moving progress line.")
  var noColor = false

  var style: Style { Style(noColor: noColor, environment: ProcessInfo.processInfo.environment) }

  /// One document on stdout, in the format asked for.
  func show(_ document: some Encodable, text: () -> String) {
    switch output {
    case .text: print(text())
    case .json: print(JSON.document([document]), terminator: "")
    case .jsonl: print(JSON.line(document), terminator: "")
    }
  }
}
