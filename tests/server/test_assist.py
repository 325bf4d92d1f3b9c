"""Drafts over HTTP: from a stroke, from the model."""

from dataclasses import replace

import numpy as np
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from app.canvas import run_lengths
from app.services import Services
from app.services.views import IncomingFile, PaintedLayer, PaintingDraft
from storage.records import VersionKind
from tests.services.parts import SIDE, part
from tests.storage.examples import NOON, new_score


def add_score(services: Services, image: int, grid: NDArray[np.float16]) -> None:
    """A version in use has judged the image."""
    with services._workspace.writing() as work:
        version = work.versions.add(
            None, VersionKind.FIT, "0" * 64, "Ada", NOON, {}, {}, [], [], ["plate"]
        ).id
        work.scores.add_many(
            [
                replace(
                    new_score(image, version),
                    patch_scores=grid.tobytes(),
                    grid_height=8,
                    grid_width=8,
                    limit=1.0,
                )
            ]
        )
        work.in_use.put("plate", version, "Ada", NOON)


def test_a_stroke_comes_back_as_masks_from_small_to_large(client: TestClient, services: Services) -> None:
    spotted = part(4, spot=9)
    [image] = services.importing.import_files([IncomingFile("s.png", spotted.png)], "plate", "Ada").image_ids
    y, x = (float(np.mean(places)) for places in np.nonzero(spotted.mask))
    answer = client.post(f"/api/images/{image}/drafts", json={"points": [[x - 7, y], [x + 7, y]]}).json()
    assert {offer["method"] for offer in answer["offers"]} == {"both", "brush", "watershed"}
    for offer in answer["offers"]:
        masks = [run_lengths.decode(runs, SIDE, SIDE) for runs in offer["drafts"]]
        assert [mask.sum() for mask in masks] == sorted(mask.sum() for mask in masks)
        found = masks[offer["proposed"]]
        assert (found & spotted.mask).sum() / (found | spotted.mask).sum() > 0.7


def test_the_heatmap_has_a_say_in_a_draft_where_there_is_one_but_never_in_a_second_look(
    client: TestClient, services: Services, image: int
) -> None:
    def asked(is_blind: bool) -> dict[str, object]:
        body = {"points": [[20.0, 20.0]], "blind": is_blind}
        answer: dict[str, object] = client.post(f"/api/images/{image}/drafts", json=body).json()
        return answer

    before = asked(is_blind=False)
    assert not before["uses_model"]
    grid = np.zeros((8, 8), dtype=np.float16)
    grid[2:4, 2:4] = 1.6
    add_score(services, image, grid)
    after, blind = asked(is_blind=False), asked(is_blind=True)
    assert after["uses_model"] and after["offers"] != before["offers"]
    assert blind == before


def test_what_can_not_be_drafted_is_a_sentence(client: TestClient, image: int) -> None:
    outside = client.post(f"/api/images/{image}/drafts", json={"points": [[-50, -50]]})
    assert outside.status_code == 400 and outside.json()["detail"].endswith(".")
    assert client.post(f"/api/images/{image}/drafts", json={"points": []}).status_code == 422
    assert client.post("/api/images/99/drafts", json={"points": [[1, 1]]}).status_code == 404
    without_model = client.get(f"/api/images/{image}/drafts")
    assert without_model.status_code == 404 and without_model.json()["detail"].endswith(".")


def test_the_model_drafts_are_its_heatmap_at_shares_of_the_limit(
    client: TestClient, services: Services, image: int
) -> None:
    grid = np.zeros((8, 8), dtype=np.float16)
    grid[2:4, 2:4] = 1.3
    add_score(services, image, grid)
    answer = client.get(f"/api/images/{image}/drafts").json()
    masks = [run_lengths.decode(runs, SIDE, SIDE) for runs in answer["drafts"]]
    areas = [int(mask.sum()) for mask in masks]
    assert areas == sorted(areas) and 0 < areas[0] < areas[-1]
    assert answer["proposed"] > 0 and masks[answer["proposed"]][SIDE * 3 // 8, SIDE * 3 // 8]


def paint(services: Services, image: int, defect_type: str | None, mask: NDArray[np.bool_]) -> None:
    layers = () if defect_type is None else (PaintedLayer(defect_type, mask),)
    ignore = mask if defect_type is None else None
    services.labelling.save_painting(image, PaintingDraft(0, layers, ignore, False), "Ada")


def test_the_painting_of_the_most_similar_image_is_a_draft(client: TestClient, services: Services) -> None:
    def taken_in(seed: int, brighter: int, product: str = "plate") -> int:
        file = IncomingFile(f"s{brighter}.png", part(seed, grey=140 + brighter).png)
        return services.importing.import_files([file], product, "Ada").image_ids[0]

    asked, near, far, elsewhere, deleted = (
        taken_in(4, 0), taken_in(4, 9), taken_in(4, 40), taken_in(4, 2, "cap"), taken_in(4, 3)
    )  # fmt: skip
    masks = {
        image: np.roll(np.eye(SIDE, dtype=bool), image, axis=1)
        for image in (asked, near, far, elsewhere, deleted)
    }
    for image, mask in masks.items():
        paint(services, image, "scratch", mask)
    services.browsing.delete(deleted, "Ada")
    url = f"/api/images/{asked}/drafts/similar"
    answer = client.get(url, params={"defect_type": "scratch"}).json()
    assert (answer["image_id"], answer["name"]) == (near, "s9.png")
    assert (run_lengths.decode(answer["drafts"][0], SIDE, SIDE) == masks[near]).all()
    services.labelling.save_painting(
        near, PaintingDraft(1, (), masks[near], False), "Ada"
    )  # now: to be ignored
    assert client.get(url, params={"defect_type": "scratch"}).json()["image_id"] == far
    assert client.get(url).json()["image_id"] == near
    none = client.get(url, params={"defect_type": "dent"})
    assert none.status_code == 400 and "painted as dent" in none.json()["detail"]
