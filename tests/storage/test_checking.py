"""`check` finds what is missing or damaged, and says so; a sound workspace has no problems."""

import pytest
from sqlalchemy import text

from storage.checking import ProblemKind
from storage.workspace import Workspace
from tests.storage.examples import NOON, add_image, add_version, layer
from tests.storage.test_model_store import digest, stage


def filled(workspace: Workspace) -> str:
    """One image with a painting, and one version with real files; returns the mask's hash."""
    image = add_image(workspace)
    painted = layer(workspace)
    manifest = workspace.models.adopt(stage(workspace.models, 1, {"head": b"weights"}))
    with workspace.writing() as work:
        work.revisions.add(image.id, [painted], painted.mask_sha256, True, "Ada", NOON)
        version = add_version(work)
        work.versions.add(version.id, version.kind, manifest, "Ada", NOON, {}, {}, (), (), ())
    return painted.mask_sha256


def kinds(workspace: Workspace) -> list[ProblemKind]:
    return [problem.kind for problem in workspace.check().problems if "version 1" not in problem.subject]


def test_sound_workspace_has_no_problems_and_progress_is_told(workspace: Workspace) -> None:
    filled(workspace)
    stages: list[str] = []

    report = workspace.check(lambda stage_name, done, total: stages.append(stage_name))

    assert [problem.subject for problem in report.problems] == ["version 1"]  # the example's has no files
    assert (report.images, report.revisions, report.versions, report.blobs, report.spare_blobs) == (
        1,
        1,
        2,
        2,
        0,
    )
    assert list(dict.fromkeys(stages)) == [
        "Checking the database",
        "Checking stored files",
        "Checking versions",
    ]


def test_damaged_and_missing_blobs_are_found(workspace: Workspace) -> None:
    mask = filled(workspace)
    workspace.blobs.path(mask).write_bytes(b"damage")
    assert kinds(workspace) == [ProblemKind.BLOB_DAMAGED]
    workspace.blobs.path(mask).unlink()
    assert kinds(workspace) == [ProblemKind.BLOB_MISSING]


def test_blob_without_a_record_is_counted_not_blamed(workspace: Workspace) -> None:
    workspace.blobs.put(b"the process died before its record")

    report = workspace.check()

    assert report.is_sound
    assert report.spare_blobs == 1


def test_damaged_segment_and_manifest_are_found(workspace: Workspace) -> None:
    filled(workspace)
    segment = workspace.models.segment_path(digest(b"weights"))
    segment.write_bytes(b"weight5")
    assert kinds(workspace) == [ProblemKind.VERSION]
    segment.unlink()
    assert kinds(workspace) == [ProblemKind.VERSION]
    with workspace.reading() as work:
        workspace.models.manifest_path(work.versions.all()[1].manifest_sha256).unlink()
    assert kinds(workspace) == [ProblemKind.VERSION]


def test_record_that_points_nowhere_is_found(workspace: Workspace) -> None:
    filled(workspace)
    connection = workspace.database.driver.module.connect(
        str(workspace.database.path)
    )  # checks no references
    connection.execute("UPDATE images SET part_id = 99")
    connection.commit()
    connection.close()

    assert kinds(workspace) == [ProblemKind.DATABASE]


def test_damaged_index_is_found(workspace: Workspace) -> None:
    filled(workspace)
    with workspace.database.writing() as session:
        session.execute(text("PRAGMA writable_schema=ON"))
        session.execute(
            text("UPDATE sqlite_schema SET sql = replace(sql, 'colour TEXT NOT NULL', 'colour TEXT') ")
        )
        session.execute(text("DELETE FROM sqlite_schema WHERE name = 'ix_images_part_id'"))
        session.execute(text("PRAGMA writable_schema=OFF"))
    workspace.close()

    report = Workspace.open(workspace.path).check()

    assert ProblemKind.DATABASE in {problem.kind for problem in report.problems}


def test_check_can_be_stopped(workspace: Workspace) -> None:
    filled(workspace)

    def stop(stage_name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.check(stop)
