import io
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from app.canvas import STATIC_FOLDER, run_lengths
from app.services import Services
from tests.server.conftest import ADA
from tests.services.parts import SIDE, part


def painting_body(base: int, mask: np.ndarray, complete: bool = False) -> dict[str, object]:
    layers = [{"defect_type": "spot", "runs": run_lengths.encode(mask)}]
    return {"base_revision": base, "layers": layers, "ignore": [], "complete": complete}


def test_painting_round_trips_and_conflicts_are_409(client: TestClient, image: int) -> None:
    mask = part(1, spot=5).mask
    url = f"/api/images/{image}/painting"

    saved = client.put(url, json=painting_body(0, mask), headers=ADA)
    stale = client.put(url, json=painting_body(0, ~mask), headers=ADA)

    assert saved.status_code == 200 and saved.json()["ok"] and saved.json()["revision"] == 1
    read = client.get(url).json()
    assert read["layers"] == [{"defect_type": "spot", "runs": run_lengths.encode(mask)}]
    assert (read["author"], read["saved_at"]) == ("Ada Löwe", saved.json()["saved_at"])
    assert stale.status_code == 409
    assert stale.json()["painting"] == read and "save 1" in stale.json()["detail"]


def test_a_save_sent_twice_is_one_and_a_merged_one_keeps_both(client: TestClient, image: int) -> None:
    url = f"/api/images/{image}/painting"
    mine, theirs = part(1, spot=5).mask, part(2, spot=5).mask
    first = client.put(url, json=painting_body(0, theirs) | {"save_id": "a"}, headers=ADA)
    again = client.put(url, json=painting_body(0, theirs) | {"save_id": "a"}, headers=ADA)
    beside = {"layers": painting_body(0, mine)["layers"], "ignore": []}
    merged = painting_body(1, mine | theirs) | {"save_id": "b", "beside": beside}

    assert again.json() == first.json() and client.get(url).json()["save_id"] == "a"
    assert client.put(url, json=merged, headers=ADA).json()["revision"] == 3
    assert client.put(url, json=merged, headers=ADA).json()["revision"] == 3
    assert client.get(url).json()["revision"] == 3


def test_bad_run_lengths_are_a_sentence_and_change_nothing(client: TestClient, image: int) -> None:
    url = f"/api/images/{image}/painting"
    for runs in ([5], [0, SIDE * SIDE + 1], [-1, 3], [3, 0], [5, 3, 6, 1]):
        body = {"base_revision": 0, "layers": [{"defect_type": "spot", "runs": runs}], "ignore": []}
        answer = client.put(url, json=body, headers=ADA)
        assert answer.status_code == 400 and answer.json()["detail"].endswith(".")
    assert client.put(url, json={"layers": "x"}, headers=ADA).status_code == 422
    assert client.get(url).json()["revision"] == 0


def test_writes_need_an_author(client: TestClient, image: int) -> None:
    requests = [
        client.put(f"/api/images/{image}/painting", json=painting_body(0, part(1, spot=5).mask)),
        client.post(f"/api/images/{image}/verdict", json={"verdict": "good"}),
        client.post("/api/verdicts", json={"image_ids": [image], "verdict": "good"}),
        client.post(f"/api/images/{image}/teach-instead"),
        client.post("/api/defect-types", json={"name": "x"}),
        client.post("/api/import/files", files={"files": ("a.png", b"")}, data={"product": "p"}),
        client.post("/api/fit"),
        client.delete(f"/api/images/{image}"),
        client.post("/api/jobs/1/cancel"),
    ]

    assert [answer.status_code for answer in requests] == [400] * len(requests)
    assert all("name" in answer.json()["detail"] for answer in requests)


def test_verdicts_one_and_many(client: TestClient, image: int) -> None:
    card = client.post(
        f"/api/images/{image}/verdict",
        json={"verdict": "defect", "shown_because": "queue", "heatmap_visible": True},
        headers=ADA,
    ).json()
    many = client.post("/api/verdicts", json={"image_ids": [image], "verdict": None}, headers=ADA).json()

    assert card["verdict"] == "defect" and card["id"] == image
    assert (many["changed"], len(many["verdict_ids"])) == (1, 1)
    entries = {"verdict_ids": many["verdict_ids"]}
    back = client.post("/api/verdicts/take-back", json=entries, headers=ADA).json()
    assert back == {"verdicts": {str(image): "defect"}, "kept": 0}
    assert client.get("/api/images", params={"verdict": "defect"}).json()["images"][0]["id"] == image


def test_lists_filter_by_address_and_empty_values_do_not_count(client: TestClient, image: int) -> None:
    def ids(**query: str) -> list[int]:
        return [card["id"] for card in client.get("/api/images", params=query).json()["images"]]

    assert ids(product="plate", verdict="", call="none", text="A.PNG", min_score="", order="newest") == [
        image
    ]
    assert ids(painted="true") == []
    assert client.get("/api/images", params={"order": "odd"}).status_code == 400
    assert client.get("/api/images", params={"product": "unknown"}).status_code == 404
    card = client.get("/api/images").json()["images"][0]
    assert set(card) == {
        "id", "product", "name", "width", "height", "verdict", "call", "score", "limit", "taught",
        "kept_for_testing", "painted", "complete", "defect_types",
    }  # fmt: skip


def test_details_and_unknown_ids(client: TestClient, image: int) -> None:
    details = client.get(f"/api/images/{image}").json()

    assert details["score_sentence"] == "no model yet" and details["version_id"] is None
    for path in ("/api/images/99", "/api/images/99/painting", "/media/images/99", "/api/jobs/99"):
        assert client.get(path).status_code == 404
    assert client.get(f"/media/heatmaps/{image}.png").status_code == 404
    assert client.get(f"/media/heatmaps/{image}.png?version=x").status_code == 400
    assert client.get("/api/jobs/current").json() is None


def test_pixels_and_thumbnails_are_cached_for_ever(client: TestClient, image: int) -> None:
    for kind, size in (("images", SIDE), ("thumbnails", SIDE)):
        answer = client.get(f"/media/{kind}/{image}")
        assert "immutable" in answer.headers["cache-control"]
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.width == size
        again = client.get(f"/media/{kind}/{image}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304 and not again.content
    assert client.get(f"/media/images/{image}").content == part(1).png


def test_lost_file_is_a_sentence(client: TestClient, services: Services, image: int) -> None:
    services.browsing.pixels(image).path.unlink()

    answer = client.get(f"/media/images/{image}")

    assert answer.status_code == 500 and "missing" in answer.json()["detail"]


def test_upload_reports_per_file(client: TestClient) -> None:
    files = [("files", ("a.png", part(5).png)), ("files", ("b.png", b"nothing"))]

    report = client.post(
        "/api/import/files",
        files=files,
        data={"product": "plate", "verdict": "good", "lot": "L7"},
        headers=ADA,
    ).json()

    assert report["added"] == 1 and [file["name"] for file in report["refused"]] == ["b.png"]
    details = client.get(f"/api/images/{report['image_ids'][0]}").json()
    assert (details["verdict"], details["lot"]) == ("good", "L7")


def test_folder_import_is_a_job(client: TestClient, services: Services, tmp_path: Path) -> None:
    (tmp_path / "valve").mkdir()
    (tmp_path / "valve" / "a.png").write_bytes(part(6).png)

    job = client.post("/api/import/folder", json={"root": str(tmp_path / "valve")}, headers=ADA).json()["job"]
    services.jobs.wait(job, 60)

    view = client.get(f"/api/jobs/{job}").json()
    assert (view["state"], view["result"]["added"], view["is_active"]) == ("done", 1, False)
    assert client.post("/api/import/folder", json={"root": "/nowhere"}, headers=ADA).status_code == 400


def test_training_routes_refuse_with_a_reason(client: TestClient) -> None:
    assert "no model" in client.post("/api/teach", headers=ADA).json()["detail"]
    assert "needs 2" in client.post("/api/fit", headers=ADA).json()["detail"]
    assert client.post("/api/score", files={"files": ("a.png", b"")}).status_code == 409
    assert client.get("/api/versions").json() == {"versions": []}
    assert client.post("/api/versions/1/put-into-use", json={}, headers=ADA).status_code == 404
    rolled = client.post("/api/versions/roll-back", json={"product": "plate"}, headers=ADA)
    assert rolled.status_code == 409


def test_only_scripts_and_styles_of_the_canvas_are_served(client: TestClient) -> None:
    script = next(STATIC_FOLDER.glob("*.js")).name

    assert client.get(f"/static/canvas/{script}").headers["content-type"].startswith("text/javascript")
    for name in ("run_lengths.py", "__init__.py", "..%2Fserver.py", "%2e%2e/server.py", "none.js", "%00.js"):
        assert client.get(f"/static/canvas/{name}").status_code in (400, 404)


def test_deleted_image_can_be_restored(client: TestClient, image: int) -> None:
    assert client.delete(f"/api/images/{image}", headers=ADA).json() == {"ok": True}
    assert client.get(f"/api/images/{image}").status_code == 404

    assert client.post(f"/api/images/{image}/restore", headers=ADA).json()["id"] == image


def test_defect_types_are_listed_with_colours(client: TestClient) -> None:
    added = client.post("/api/defect-types", json={"name": " dent "}, headers=ADA).json()

    assert added["name"] == "dent" and added["colour"].startswith("#")
    assert client.get("/api/defect-types").json() == {"defect_types": [added]}
    assert client.post("/api/defect-types", json={"name": " "}, headers=ADA).status_code == 400


def test_a_page_of_images_says_how_many_there_are(client: TestClient, plates: tuple[int, ...]) -> None:
    page = client.get("/api/images?limit=3").json()
    whole = client.get("/api/images").json()
    found = client.get("/api/images?limit=1&text=part").json()

    assert page == {"images": whole["images"][:3], "total": 4}
    assert whole["total"] == len(whole["images"]) == 4
    assert (len(found["images"]), found["total"]) == (1, 4)
    assert client.get("/api/images?limit=0").status_code == 422
    last = page["images"][-1]["id"]
    assert client.get(f"/api/images?limit=3&after={last}").json() == {"images": whole["images"][3:]}
    assert client.get("/api/images?limit=3&after=99").status_code == 404


def test_settings_of_a_fit_come_in_the_body_and_wrong_ones_are_named(
    client: TestClient, plates: tuple[int, ...], services: Services
) -> None:
    services.labelling.judge(plates, "good", "Ada")
    for image in plates:
        services.labelling.teach_instead(image, "Ada")

    answer = client.post("/api/fit", headers=ADA, json={"settings": {"image_size": 200}})

    assert answer.status_code == 400 and "image_size=200 is not one of" in answer.json()["detail"]
