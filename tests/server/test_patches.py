"""What would be learnt from each patch of a painting, over HTTP."""

from dataclasses import replace

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.canvas import run_lengths
from app.services import Services
from storage.records import VersionKind
from tests.services.parts import SIDE
from tests.storage.examples import NOON, new_score

CELLS = 8


@pytest.fixture
def scored(services: Services, image: int) -> int:
    """The image, seen by a model in 8 x 8 patches."""
    grid = np.zeros((CELLS, CELLS), dtype=np.float16)
    with services._workspace.writing() as work:
        version = work.versions.add(None, VersionKind.FIT, "0" * 64, "Ada", NOON, {}, {}, [], [], ["plate"])
        score = replace(
            new_score(image, version.id), patch_scores=grid.tobytes(), grid_height=CELLS, grid_width=CELLS
        )
        work.scores.add_many([score])
        work.in_use.put("plate", version.id, "Ada", NOON)
    return image


def painted(top: int, bottom: int, left: int, right: int) -> list[int]:
    """Run lengths of a rectangle given in cells and quarters of cells."""
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[top:bottom, left:right] = True
    return run_lengths.encode(mask)


def ask(client: TestClient, image: int, layers: list[dict[str, object]], **more: object) -> dict[str, object]:
    answer = client.post(f"/api/images/{image}/patches", json={"layers": layers, **more})
    assert answer.status_code == 200
    return dict(answer.json())


def test_patches_are_learnt_by_type_left_alone_or_taken_as_good(
    client: TestClient, services: Services, scored: int
) -> None:
    services.labelling.judge([scored], "defect", "Ada")
    services.labelling.teach_instead(scored, "Ada")
    cell = SIDE // CELLS
    scratch = {
        "defect_type": "scratch",
        "runs": painted(0, cell, 0, cell + 1),
    }  # a cell, and a rim of the next
    spot = {"defect_type": "spot", "runs": painted(4 * cell, 5 * cell, 4 * cell, 6 * cell)}
    found = ask(client, scored, [scratch, spot], ignore=painted(7 * cell, SIDE, 7 * cell, SIDE))
    patches = np.array(found["patches"]).reshape(CELLS, CELLS)
    assert (found["rows"], found["columns"]) == (CELLS, CELLS)
    assert patches[0, 0] == 3 and (patches[4, 4:6] == 4).all()  # the first type, the second
    assert patches[0, 1] == 1 and patches[7, 7] == 1
    assert (patches == 0).sum() == CELLS * CELLS - 5  # nobody said that the rest is good
    assert "1 as scratch, 2 as spot, 2 left alone" in str(found["sentence"])
    whole = ask(client, scored, [scratch, spot], complete=True)
    assert np.array(whole["patches"]).reshape(CELLS, CELLS)[2, 2] == 2
    assert "as good" in str(whole["sentence"])


def test_what_would_not_be_learnt_says_why(client: TestClient, services: Services, scored: int) -> None:
    scratch = {"defect_type": "scratch", "runs": painted(0, 20, 0, 20)}
    assert "Nothing is painted" in str(ask(client, scored, [])["sentence"])
    services.labelling.judge([scored], "good", "Ada")
    assert "judged good, but painted" in str(ask(client, scored, [scratch])["sentence"])
    services.labelling.judge([scored], "unsure", "Ada")
    assert "unsure" in str(ask(client, scored, [scratch])["sentence"])


def test_without_a_model_there_are_no_patches(client: TestClient, image: int) -> None:
    answer = client.post(f"/api/images/{image}/patches", json={"layers": []})
    assert answer.status_code == 404 and answer.json()["detail"].endswith(".")
