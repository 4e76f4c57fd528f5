import MigrateCommands

@main
enum Main {
  static func main() async { print("migrate") }
}
