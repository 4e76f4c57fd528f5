import GRDB
import MigrationModel
