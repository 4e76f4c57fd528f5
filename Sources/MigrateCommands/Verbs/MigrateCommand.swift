import ArgumentParser

/// The command `migrate`; what it promises stands in docs/cli.md.
public struct MigrateCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Move running KVM guests between hosts, and say beforehand whether they can.",
    version: "0.1.0", subcommands: [RunVerb.self, CheckVerb.self, LabVerb.self], defaultSubcommand: RunVerb.self)

  public init() {}
}
