// swift-tools-version: 6.2
import PackageDescription

// The rules alone. Their sources are links to those of the tool: it offers no libraries, and with its dependencies this
// would take minutes to build.
let package = Package(
  name: "rules",
  targets: [
    .target(name: "MigrationModel"),
    .target(name: "Preflight", dependencies: ["MigrationModel"]),
    .executableTarget(
      name: "rules", dependencies: ["MigrationModel", "Preflight"], linkerSettings: [.linkedLibrary("m")]),
  ]
)
