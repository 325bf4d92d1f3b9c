"""The unit of work: all or nothing, one writer, consistent reading, history that can't be changed."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.database import Database
from storage.errors import NestedWriteError, WorkspaceDamagedError, WriteWhileReadingError
from storage.records import BookEntry, BookExample, VerdictValue
from storage.sqlite_driver import choose_driver, durability_of
from storage.tables import APPEND_ONLY
from storage.workspace import Workspace
from tests.storage.examples import NOON, add_image, add_version, layer, new_score


def test_exception_undoes_the_whole_block(workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), workspace.writing() as work:
        work.products.get_or_create("tile")
        work.events.add("Ada", NOON, "something", {})
        _ = 1 / 0

    with workspace.reading() as work:
        assert work.products.all() == ()
        assert work.events.newest() == ()


def test_reading_sees_one_moment(workspace: Workspace) -> None:
    with workspace.reading() as reader:
        assert reader.products.all() == ()
        with workspace.writing() as writer:
            writer.products.get_or_create("tile")
        assert reader.products.all() == ()
    with workspace.reading() as reader:
        assert len(reader.products.all()) == 1


def test_reading_refuses_to_write(workspace: Workspace) -> None:
    with pytest.raises(WriteWhileReadingError), workspace.reading() as work:
        work.products.get_or_create("tile")
    with workspace.writing() as work:
        work.products.get_or_create("tile")


def test_write_inside_a_write_is_refused_instead_of_hanging(workspace: Workspace) -> None:
    with workspace.writing() as work, pytest.raises(NestedWriteError), workspace.writing():
        pass
    with workspace.writing() as work:
        work.products.get_or_create("tile")


def test_writing_threads_wait_for_each_other(workspace: Workspace) -> None:
    image = add_image(workspace)

    def paint() -> None:
        for _ in range(10):
            with workspace.writing() as work:
                work.revisions.add(image.id, [], None, False, "Ada", NOON)

    threads = [threading.Thread(target=paint) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with workspace.reading() as work:
        assert [revision.number for revision in work.revisions.history(image.id)] == list(range(1, 41))


def test_every_connection_is_durable_and_checks_references(workspace: Workspace) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "mmap_size": 0,
    }
    if choose_driver().durability.journal_mode != "WAL":
        pytest.skip("this system's SQLite has the write-ahead log's bug")
    for database_access in (workspace.database.reading, workspace.database.writing):
        with database_access() as session:
            found = {name: session.scalar(text(f"PRAGMA {name}")) for name in expected}
        assert found == {**expected, "mmap_size": found["mmap_size"]}
        assert not found["mmap_size"]


def test_write_ahead_log_is_used_only_where_it_is_safe() -> None:
    assert durability_of((3, 51, 3)).journal_mode == "WAL"
    assert durability_of((3, 51, 2)) == durability_of((3, 40, 1))
    assert durability_of((3, 40, 1)).journal_mode == "DELETE"
    assert durability_of((3, 40, 1)).synchronous == "EXTRA"


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 100", "DELETE FROM {}"])
def test_history_cannot_be_changed_even_by_hand(workspace: Workspace, table: str, change: str) -> None:
    image = add_image(workspace)
    with workspace.writing() as work:
        verdict = work.verdicts.add(image.id, VerdictValue.GOOD, "Ada", NOON, "queue", False)
        work.revisions.add(image.id, [layer(workspace)], None, True, "Ada", NOON)
        version = add_version(work)
        work.in_use.put("tile", version.id, "Ada", NOON)
        work.scores.add_many([new_score(image.id, version.id)])
        work.events.add("Ada", NOON, "something", {})
        work.skips.add(image.id, "useful", "Ada", NOON)
        work.remarks.add(image.id, "dust", "Ada", NOON)
        work.rechecks.add(verdict.id, VerdictValue.DEFECT, "Bo", NOON)
        work.book.put("tile", BookEntry("dent", 0, "#d55e00", "", True, "Ada", NOON))
        example = BookExample("dent", image.id, (0, 0, 2, 2), False, "Ada", NOON)
        work.book.put_example("tile", example, True)

    with pytest.raises(IntegrityError, match="never changes"), workspace.database.writing() as session:
        session.execute(text(change.format(table)))


def test_state_that_nobody_knows_is_refused_by_the_database(workspace: Workspace) -> None:
    image = add_image(workspace)
    statement = (
        "INSERT INTO verdicts (image_id, value, author, at, shown_because, heatmap_visible) "
        f"VALUES ({image.id}, 'maybe', 'Ada', '2026', 'queue', 0)"
    )
    with pytest.raises(IntegrityError, match="ck_verdicts_value"), workspace.database.writing() as session:
        session.execute(text(statement))


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "twinbank.sqlite3"
    file.write_bytes(b"not a database" * 100)

    with pytest.raises(WorkspaceDamagedError, match="backup"), Database(file).reading() as session:
        session.scalar(text("SELECT 1 FROM sqlite_schema"))


def test_other_database_errors_stay_what_they_are(workspace: Workspace) -> None:
    with pytest.raises(OperationalError, match="no such table"), workspace.database.reading() as session:
        session.execute(text("SELECT * FROM absent"))
