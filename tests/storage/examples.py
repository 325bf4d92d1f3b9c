"""Small records to store: their blobs are real, their pictures are not."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from storage.masks import encode_mask
from storage.records import Call, Image, Layer, NewImage, NewScore, Version, VersionKind
from storage.workspace import Work, Workspace

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def new_image(workspace: Workspace, content: str = "picture", **facts: object) -> NewImage:
    sha256 = workspace.blobs.put(content.encode())
    image = NewImage("tile", sha256, sha256, "image/png", width=4, height=3, name=f"{content}.png")
    return replace(image, **facts)  # type: ignore[arg-type]


def add_image(workspace: Workspace, content: str = "picture", **facts: object) -> Image:
    image = new_image(workspace, content, **facts)
    with workspace.writing() as work:
        return work.images.add(image)[0]


def layer(workspace: Workspace, defect_type: str = "scratch", pixels: int = 2) -> Layer:
    mask = np.zeros((3, 4), dtype=bool)
    mask.flat[:pixels] = True
    return Layer(defect_type, workspace.blobs.put(encode_mask(mask)), pixels)


def add_version(work: Work, parent_id: int | None = None, lessons: tuple[int, ...] = ()) -> Version:
    kind = VersionKind.FIT if parent_id is None else VersionKind.TEACH
    return work.versions.add(
        parent_id, kind, "ab" * 32, "Ada", NOON, {"size": 256}, {"seconds": 3.5}, lessons, (), ("tile",)
    )


def new_score(image_id: int, version_id: int, score: float = 1.34) -> NewScore:
    patch_scores = np.array([[0.1, 0.2], [score, 0.3]], dtype=np.float16)
    return NewScore(
        image_id=image_id,
        version_id=version_id,
        score=score,
        limit=1.0,
        rule="reject at most 1 good part in 40",
        call=Call.REJECT if score > 1 else Call.PASS,
        taught=False,
        distance=score,
        head=None,
        head_weight=0.0,
        patch_scores=patch_scores.tobytes(),
        grid_height=2,
        grid_width=2,
        evidence={"good": {"image_id": image_id, "cell": 2}},
        at=NOON,
    )
