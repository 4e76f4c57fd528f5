import MigrateCommands

@main
enum Main {
  static func main() { MigrateCommand.start() }
}
