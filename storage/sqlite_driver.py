"""Which SQLite this process uses, and how it is made safe against a power cut."""

import sqlite3
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from storage.text_search import add_functions

# 3.7.0 to 3.51.2 can corrupt a write-ahead log when two connections write or checkpoint at once.
FIRST_WITH_SAFE_WAL = (3, 51, 3)


@dataclass(frozen=True)
class Durability:
    """The journal of every connection, and how far a commit is pushed before it is acknowledged."""

    journal_mode: str
    synchronous: str


@dataclass(frozen=True)
class SqliteDriver:
    module: ModuleType
    version: tuple[int, ...]
    durability: Durability

    def prepare(self, connection: Any) -> None:
        """Set up a fresh connection; the transactions are opened by us, not by the driver."""
        connection.isolation_level = None
        add_functions(connection)
        cursor = connection.cursor()
        for pragma in (
            "busy_timeout=5000",
            f"journal_mode={self.durability.journal_mode}",
            f"synchronous={self.durability.synchronous}",
            "foreign_keys=ON",
            "mmap_size=0",
            "cache_size=-32768",  # KiB: the indexes that lists of 100,000 images are read from
            "fullfsync=ON",  # macOS: a plain fsync stops at the drive's own cache; elsewhere no effect
            "checkpoint_fullfsync=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def choose_driver() -> SqliteDriver:
    """Take the SQLite that is installed with us where there is one, else the interpreter's own."""
    module = _installed_module()
    version = tuple(int(number) for number in str(module.sqlite_version).split("."))
    return SqliteDriver(module, version, durability_of(version))


def durability_of(version: tuple[int, ...]) -> Durability:
    """A write-ahead log where it is safe; else a rollback journal, slower, whose folder is synced too."""
    if version >= FIRST_WITH_SAFE_WAL:
        return Durability("WAL", "FULL")
    return Durability("DELETE", "EXTRA")


def _installed_module() -> ModuleType:
    try:
        from pysqlite3 import dbapi2
    except ImportError:  # no wheel for this system
        return sqlite3
    return dbapi2
