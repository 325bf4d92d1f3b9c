"""A workspace is made, opened, brought up to date, backed up by copying, and owned by one process."""

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.errors import NotAWorkspaceError, WorkspaceFromNewerVersionError, WorkspaceInUseError
from storage.records import JobKind, VerdictValue
from storage.schema import migrate, revision_of
from storage.tables import Base
from storage.workspace import Workspace
from tests.storage.examples import NOON, add_image, add_version, layer, new_score

ROOT = Path(__file__).resolve().parents[2]


def test_migrations_lead_to_exactly_the_tables_in_use(workspace: Workspace) -> None:
    with workspace.database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_paintings_from_before_saves_had_names_are_kept(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    image = add_image(workspace)
    with workspace.writing() as work:
        old = work.revisions.add(image.id, [layer(workspace)], None, True, "Ada", NOON)
    with workspace.database.writing() as session:  # back to the schema before it
        session.execute(text("DROP INDEX ix_revisions_save_id"))
        session.execute(text("ALTER TABLE revisions DROP COLUMN save_id"))
        for index in ("ix_images_listed", "ix_images_imported_at", "ix_scores_listed", "ix_scores_by_score"):
            session.execute(text(f"DROP INDEX {index}"))
        session.execute(
            text("CREATE INDEX ix_scores_version_id_image_id_id ON scores (version_id, image_id, id)")
        )
        session.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    workspace.close()

    with contextlib.closing(Workspace.open_or_create(tmp_path)) as again:
        with again.reading() as work:
            assert work.revisions.current(image.id) == old
        with again.writing() as work:
            new = work.revisions.add(image.id, [], None, False, "Ada", NOON, "named")
            assert work.revisions.of_save(image.id, "named") == new
        with pytest.raises(IntegrityError), again.writing() as work:
            work.revisions.add(image.id, [], None, False, "Ada", NOON, "named")


def test_opening_again_changes_nothing(workspace: Workspace) -> None:
    add_image(workspace)
    workspace.close()
    before = {path: path.read_bytes() for path in workspace.path.rglob("*") if path.is_file()}

    for _ in range(2):
        Workspace.open_or_create(workspace.path).close()

    assert {path: path.read_bytes() for path in workspace.path.rglob("*") if path.is_file()} == before


def test_failed_migration_leaves_no_half_made_tables(tmp_path: Path) -> None:
    database = Database(tmp_path / "twinbank.sqlite3")
    with database.migrating() as connection:
        connection.execute(text("CREATE TABLE layers (x)"))  # in the way of a table made after several others

    with pytest.raises(Exception, match="layers already exists"):
        migrate(database)

    with database.reading() as session:
        assert list(session.scalars(text("SELECT name FROM sqlite_schema"))) == ["layers"]
    database.close()


def test_creation_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    first = Workspace.create(tmp_path)
    first.close()
    (tmp_path / "workspace.json").unlink()  # it is written last

    again = Workspace.open_or_create(tmp_path)

    assert add_image(again).id == 1
    again.close()


def test_first_tables_become_those_in_use_and_keep_what_is_in_them(tmp_path: Path) -> None:
    Workspace.create(tmp_path).close()
    (tmp_path / "twinbank.sqlite3").unlink()
    with Database(tmp_path / "twinbank.sqlite3").migrating() as connection:
        steps = Config()
        steps.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
        steps.attributes["connection"] = connection
        command.upgrade(steps, "0001")
        connection.execute(
            text("INSERT INTO products (name, created_at) VALUES ('tile', '2026-01-01T00:00:00+00:00')")
        )
        connection.execute(
            text(
                "INSERT INTO jobs (kind, state, stage, done, total, message, author, created_at, spec) VALUES "
                "('teach', 'done', '', 0, 0, '', 'Ada', '2026-01-01T00:00:00+00:00', '{}')"
            )
        )

    workspace = Workspace.open(tmp_path)

    with workspace.reading() as work:
        assert [product.name for product in work.products.all()] == ["tile"]
        assert work.book.entries("tile") == ()
    with workspace.writing() as work:  # a kind of job that the first tables refused
        assert work.jobs.add(JobKind.EXPORT, "Ada", NOON, {}).id == 2
    with workspace.reading() as work:
        assert [job.kind for job in work.jobs.recent(JobKind.TEACH, 5)] == [JobKind.TEACH]
    workspace.close()


def test_folder_with_other_things_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")

    with pytest.raises(NotAWorkspaceError, match=r"holiday\.jpg"):
        Workspace.open_or_create(tmp_path)
    with pytest.raises(NotAWorkspaceError, match=r"has no workspace\.json"):
        Workspace.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_what_is_no_workspace_is_named(tmp_path: Path, workspace: Workspace) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(NotAWorkspaceError, match="a file"):
        Workspace.create(file)
    with pytest.raises(NotAWorkspaceError):
        Workspace.open(tmp_path / "absent")
    with pytest.raises(NotAWorkspaceError, match="already"):
        Workspace.create(workspace.path)
    for content in ("{", "[]", "{}"):
        (workspace.path / "workspace.json").write_text(content)
        with pytest.raises(NotAWorkspaceError):
            Workspace.open(workspace.path)


def test_workspace_of_a_newer_version_is_left_alone(workspace: Workspace) -> None:
    with workspace.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WorkspaceFromNewerVersionError, match="9999"):
        Workspace.open(workspace.path)
    assert revision_of(workspace.database) == "9999"

    (workspace.path / "workspace.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(WorkspaceFromNewerVersionError, match="format is 2"):
        Workspace.open(workspace.path)


def test_copy_of_a_stopped_workspace_is_a_backup(workspace: Workspace, tmp_path: Path) -> None:
    image = add_image(workspace, part="P1", held_out=True)
    with workspace.writing() as work:
        verdict = work.verdicts.add(image.id, VerdictValue.DEFECT, "Ada", NOON, "queue", True)
        revision = work.revisions.add(image.id, [layer(workspace)], None, True, "Ada", NOON)
        version = add_version(work, None, (revision.id,))
        work.in_use.put("tile", version.id, "Ada", NOON)
        work.scores.add_many([new_score(image.id, version.id)])
    workspace.close()
    shutil.copytree(workspace.path, tmp_path / "backup")
    shutil.rmtree(workspace.path)

    restored = Workspace.open(tmp_path / "backup")

    with restored.own(), restored.reading() as work:
        assert work.images.all() == (image,)
        assert work.verdicts.current() == {image.id: verdict}
        assert work.revisions.current(image.id) == revision
        assert work.versions.all() == (version,)
        assert work.in_use.current()["tile"].version_id == version.id
        assert work.scores.summaries(version.id)[image.id].score == 1.34
    assert restored.blobs.get(image.source_sha256) == b"picture"
    assert add_image(restored, "another").id == image.id + 1
    restored.close()


def test_second_owner_is_told_where_the_first_one_is(workspace: Workspace) -> None:
    with workspace.own("http://127.0.0.1:7860") as ownership:
        other = Workspace.open(workspace.path)
        with pytest.raises(WorkspaceInUseError, match="7860") as refused, other.own():
            pass
        assert refused.value.address == "http://127.0.0.1:7860"
        ownership.set_address("http://127.0.0.1:7861")
        with pytest.raises(WorkspaceInUseError) as refused, other.own():
            pass
        assert refused.value.address == "http://127.0.0.1:7861"
    with other.own():
        pass
    other.close()


def test_lock_goes_with_a_killed_owner(workspace: Workspace) -> None:
    program = (
        "import sys, time; from storage.workspace import Workspace\n"
        "with Workspace.open(sys.argv[1]).own('http://elsewhere'): print('mine', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(workspace.path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None and owner.stdout.readline() == b"mine\n"
        with pytest.raises(WorkspaceInUseError, match="elsewhere"), workspace.own():
            pass
        owner.kill()
    with workspace.own():
        pass


def test_owner_tidies_what_a_crash_left(workspace: Workspace) -> None:
    half_written = workspace.path / "blobs" / ".incoming" / "crash.part"
    half_written.parent.mkdir(exist_ok=True)
    half_written.write_bytes(b"half")
    staged = workspace.models.staging(3)

    with workspace.own():
        assert not half_written.exists()
        assert not staged.exists()
