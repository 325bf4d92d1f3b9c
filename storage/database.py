"""The SQLite file: connections, explicit transactions, and what its errors mean."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from storage.errors import (
    NestedWriteError,
    StorageError,
    WorkspaceBusyError,
    WorkspaceDamagedError,
    WorkspaceFullError,
    WorkspaceReadOnlyError,
    WriteWhileReadingError,
)
from storage.sqlite_driver import SqliteDriver, choose_driver

_WRITES = "twinbank_writes"
_ALMOST_FULL = 256 * 1024  # bytes; below this an I/O error means a full disk


class Database:
    """One file, many reading threads, one writing thread at a time."""

    def __init__(self, path: Path, driver: SqliteDriver | None = None) -> None:
        self.path = path
        self.driver = driver or choose_driver()
        self._engine = _engine(path, self.driver)
        self._writing_engine = self._engine.execution_options(**{_WRITES: True})
        self._write_lock = threading.Lock()
        self._writing_thread: int | None = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A snapshot: nothing that others commit meanwhile is seen; writing is refused."""
        with self._explained(writes=False), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """BEGIN IMMEDIATE, then COMMIT; any exception rolls everything back.

        Raises:
            NestedWriteError: this thread is inside another `writing()`.
            WorkspaceFullError, WorkspaceReadOnlyError, WorkspaceBusyError, WorkspaceDamagedError: nothing was written.
        """
        with self._one_writer(), self._explained(), Session(self._writing_engine) as session, session.begin():
            yield session

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A writing transaction as a bare connection, in which CREATE TABLE is rolled back too."""
        with self._one_writer(), self._explained(), self._writing_engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._writing_thread == me:
            raise NestedWriteError
        with self._write_lock:  # threads queue here in order; SQLite's own lock would make them poll
            self._writing_thread = me
            try:
                yield
            finally:
                self._writing_thread = None

    @contextmanager
    def _explained(self, writes: bool = True) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _explain(error, self.path, writes) from error
        except StatementError as error:  # a value that a column type refused
            if isinstance(error.orig, StorageError):
                raise error.orig from error
            raise


def _engine(path: Path, driver: SqliteDriver) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), module=driver.module, pool_size=8, max_overflow=32
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        driver.prepare(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _explain(error: DBAPIError, path: Path, writes: bool) -> Exception:
    name = str(getattr(error.orig, "sqlite_errorname", "") or "")
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        return WorkspaceFullError(path.parent)
    if (
        name == "SQLITE_READONLY" and not writes and error.statement
    ):  # query_only, not the set-up of a connection
        return WriteWhileReadingError()
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return WorkspaceReadOnlyError(path.parent)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return WorkspaceBusyError(path)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return WorkspaceDamagedError(path, str(error.orig))
    return error


def _is_full(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free < _ALMOST_FULL
