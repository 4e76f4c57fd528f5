// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// Micro-benchmarks; docs/benchmarks.md says how they are run. The sources are links to those of the tool, which offers no
// libraries: of each module only what is measured is built, and so neither libvirt nor libssh is needed.
let package = Package(
  name: "benchmarks",
  dependencies: [
    // Without its traits, which preload a library that counts allocations and so changes what is measured.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CLibxml2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .target(name: "MigrationModel"),
    .target(name: "Preflight", dependencies: ["MigrationModel"]),
    .target(name: "BenchModel"),
    .target(name: "DomainXML", dependencies: ["CLibxml2", "MigrationModel"]),
    // The parsers of what a host's shell prints. They are internal, hence @testable, in a release build too.
    .target(name: "Probes", dependencies: ["MigrationModel"], swiftSettings: [.unsafeFlags(["-enable-testing"])]),
    // The machine, and what it judges by.
    .target(name: "Engine", dependencies: ["MigrationModel"]),
    // The scenario files that come with the tool, and their reader.
    .target(
      name: "Bench", dependencies: ["BenchModel", "MigrationModel", "Yams"], resources: [.embedInCode("Scenarios")]),
    .executableTarget(
      name: "Micro",
      dependencies: [
        "Bench", "BenchModel", "DomainXML", "Engine", "MigrationModel", "Preflight", "Probes",
        .product(name: "Benchmark", package: "benchmark"),
      ], path: "Micro", swiftSettings: strict, plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ]
)
