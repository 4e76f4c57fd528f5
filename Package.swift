// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A target of this package together with its test target, which reads `testFiles` from its sources' place.
func target(_ name: String, _ dependencies: [Target.Dependency] = [], testFiles: [String] = []) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: strict),
    .testTarget(
      name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: testFiles,
      swiftSettings: strict),
  ]
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "migrate",
  products: [.executable(name: "migrate", targets: ["migrate"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // Foreign code: headers only, no logic.
    [
      .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
      .systemLibrary(name: "CLibssh", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),
      .systemLibrary(name: "CLibxml2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    ],
    // The pure core: no clock, no randomness, no I/O.
    target("MigrationModel"),
    target("Preflight", ["MigrationModel"]),
    target("BenchModel"),
    // The edges: one foreign thing each.
    target("Threads"),
    target("Libvirt", ["CLibvirt", "MigrationModel", "Threads"]),
    target("DomainXML", ["CLibxml2", "MigrationModel"]),
    target("SSH", ["CLibssh", "Threads", subprocess]),
    target("Probes", ["MigrationModel", "Libvirt", "SSH", "DomainXML", "Threads", subprocess]),
    target("Engine", ["MigrationModel", "Libvirt", "DomainXML", "Threads"]),
    target("Journal", ["MigrationModel", grdb]),
    // The surface.
    target(
      "MigrateCommands",
      [
        "MigrationModel", "Preflight", "Probes", "DomainXML", "Engine", "Journal", "Lab", "Bench", "BenchModel",
        "Libvirt", "SSH", "Threads",
        unixSignals, yams, argumentParser,
      ], testFiles: ["Golden"]),
    // The lab: its library, and the tests of everything else against real hosts.
    [
      .target(
        name: "Lab", dependencies: ["Threads", subprocess], resources: [.embedInCode("Resources")],
        swiftSettings: strict),
      .target(
        name: "Bench", dependencies: ["BenchModel", "Lab", "Libvirt", "MigrationModel", "Threads", subprocess, yams],
        resources: [.embedInCode("Scenarios")],
        swiftSettings: strict),
      .testTarget(name: "BenchTests", dependencies: ["Bench", "BenchModel"], swiftSettings: strict),
      .executableTarget(
        name: "migrate", dependencies: ["MigrateCommands"], swiftSettings: strict,
        // Ten thousand exported symbols would be searched for each that a library of libvirt's needs at start-up.
        linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"])]),
      // What is tried at length on the lab, a command each: Tests/faults.sh, Tests/soak.sh and their like.
      .target(
        name: "Trials", dependencies: ["Lab", "Libvirt", "Engine", "MigrationModel", "Threads", subprocess],
        path: "Tests/Trials",
        swiftSettings: strict),
      .executableTarget(
        name: "lab-trials", dependencies: ["Trials", "migrate", argumentParser], path: "Tests/TrialsTool",
        swiftSettings: strict),
      .testTarget(
        name: "LabTests",
        dependencies: [
          "Lab", "Bench", "BenchModel", "Trials", "Libvirt", "DomainXML", "Engine", "Journal", "Threads",
          "MigrationModel", "Preflight",
          "migrate",
          subprocess,
        ],
        swiftSettings: strict),
    ],
  ].flatMap { $0 }
)
