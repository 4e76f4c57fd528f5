import MigrateCommands

@main
enum Main {
  static func main() async { await MigrateCommand.main() }
}
