"""Out of one workspace and into another: what a format keeps, what it says it loses, what a bad label does."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from app.services import Services, open_services
from app.services.errors import ExportFailedError, InvalidRequestError, UnknownExportError
from app.services.exchange_names import from_folder, to_folder
from app.services.exporting import ExportingService
from app.services.import_layouts import recognised
from app.services.importing import silent
from app.services.jobs import JobCancelled
from app.services.views import ImageFacts, ImageFilter, IncomingFile, PaintedLayer, PaintingDraft
from storage.exchange.outlines import without_holes
from tests.services.parts import SIDE, part, png

TYPES = ("it's a scratch", "a/b: 50%", "ignore")
MASK = arrays(np.bool_, (8, 8))
PAINTED = st.fixed_dictionaries(dict.fromkeys((*TYPES, ""), MASK))  # "": ignored
JUDGED = st.sampled_from(["good", "defect", "unsure", None])


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Where things are imported: never the workspace they came from."""
    with closing(open_services(tmp_path_factory.mktemp("target") / "workspace", device="cpu")) as opened:
        yield opened


def put(
    services: Services,
    seed: int,
    painted: dict[str, NDArray[np.bool_]],
    verdict: str | None,
    product: str = "plate",
) -> int:
    """Import a part and paint each 8 x 8 mask, every pixel as a block."""
    file = IncomingFile(f"line 1/{seed}.png", part(seed).png)
    (image_id,) = services.importing.import_files(
        [file], product, "Ada", verdict, ImageFacts(lot="L7")
    ).image_ids
    masks = {name: np.kron(mask, np.ones((8, 8), bool)) for name, mask in painted.items() if mask.any()}
    ignore = masks.pop("", None)
    if masks or ignore is not None:
        layers = tuple(PaintedLayer(name, mask) for name, mask in masks.items())
        services.labelling.save_painting(image_id, PaintingDraft(0, layers, ignore, False), "Ada")
    return image_id


def state(services: Services, product: str) -> dict[str, object]:
    """Return what must survive, by image name."""
    found = {}
    for card in services.browsing.find(ImageFilter(product=product)):
        painting = services.labelling.painting(card.id)
        layers = sorted((layer.defect_type, layer.mask.tobytes()) for layer in painting.layers)
        ignore = None if painting.ignore is None else painting.ignore.tobytes()
        lot = services.browsing.details(card.id).lot
        is_complete = painting.complete if layers or ignore else None
        found[card.name] = (card.verdict, card.kept_for_testing, lot, layers, ignore, is_complete)
    return found


@settings(max_examples=8, deadline=None)
@given(painted=PAINTED, verdicts=st.tuples(JUDGED, JUDGED), layout=st.sampled_from(["coco", "png"]))
def test_pixel_exact_formats_give_back_masks_verdicts_and_sides(
    painted: dict[str, NDArray[np.bool_]], verdicts: tuple[str | None, str | None], layout: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with closing(open_services(root / "source", device="cpu")) as source:
            put(source, 1, painted, verdicts[0])
            put(source, 2, {}, verdicts[1])
            before = state(source, "plate")
            source.exporting.export(root / "out", layout, None, silent)
        with closing(open_services(root / "target", device="cpu")) as into:
            assert recognised(root / "out") == layout
            report = into.importing.import_folder(root / "out", layout, None, "Bo")
            assert report.refused == () and state(into, "plate") == before


def ring() -> NDArray[np.bool_]:
    mask = np.zeros((8, 8), bool)
    mask[2:5, 2:5] = True
    mask[3, 3] = False
    return mask


@pytest.mark.parametrize("layout", ["yolo", "coco-polygons", "mvtec"])
def test_other_formats_lose_what_they_said_beforehand(
    services: Services, target: Services, tmp_path: Path, layout: str
) -> None:
    put(services, 1, {"dent": ring(), "": ring()[::-1]}, "defect", layout)
    put(services, 2, {}, "good", layout)

    said = " ".join(services.exporting.preview(layout, None).losses)
    report = services.exporting.export(tmp_path / "out", layout, None, silent)
    read_as = recognised(tmp_path / "out")
    target.importing.import_folder(tmp_path / "out", read_as, None, "Bo")

    assert read_as == layout.split("-")[0] and report.images == 2
    card = next(c for c in target.browsing.find(ImageFilter(product=layout)) if c.verdict == "defect")
    painting = target.labelling.painting(card.id)
    whole = np.kron(ring(), np.ones((8, 8), bool))
    has_lost_hole, has_lost_ignore = "holes" in said, "ignored" in said
    assert np.array_equal(painting.layers[0].mask, without_holes(whole) if has_lost_hole else whole)
    assert (painting.ignore is None) == has_lost_ignore


def test_history_is_exported_and_a_folder_that_is_there_is_left_alone(
    services: Services, tmp_path: Path
) -> None:
    image_id = put(services, 1, {"dent": ring()}, "unsure")
    services.labelling.judge([image_id], "defect", "Cy", "browse", False)

    services.exporting.export(tmp_path / "out", "png", None, silent)

    (entry,) = json.loads((tmp_path / "out" / "twinbank.json").read_text())["images"].values()
    assert [(event["verdict"], event["author"]) for event in entry["verdicts"]] == [
        ("unsure", "Ada"),
        ("defect", "Cy"),
    ]
    assert [revision["number"] for revision in entry["revisions"]] == [1]
    with pytest.raises(ExportFailedError, match="already"):
        services.exporting.export(tmp_path / "out", "png", None, silent)
    with pytest.raises(ExportFailedError, match="inside the workspace"):
        services.exporting.export(services.path / "out", "png", None, silent)
    with pytest.raises(InvalidRequestError, match="pascal"):
        services.exporting.preview("pascal", None)
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_an_export_is_a_job_that_lies_in_the_workspace_and_can_be_fetched_again(
    services: Services,
) -> None:
    put(services, 1, {"dent": ring()}, "defect", "a/b")
    put(services, 2, {}, None, "a/b")

    job = services.jobs.wait(services.exporting.start("Ada", "mvtec", "a/b"), 30)

    assert job.state == "done" and job.result is not None
    assert (job.result["images"], len(job.result["left_out"])) == (1, 1)
    (kept,) = services.exporting.kept()
    folder = services.exporting.kept_folder(job.id)
    assert (kept.job, kept.product, kept.images, kept.author) == (job.id, "a/b", 1, "Ada")
    assert folder.parent == services.path.resolve() / "exports" and (folder / "twinbank.json").exists()
    services.exporting.remove(job.id)
    assert services.exporting.kept() == () and list(folder.parent.iterdir()) == []
    with pytest.raises(UnknownExportError):
        services.exporting.kept_folder(job.id)


def test_an_image_whose_file_is_damaged_is_left_out_with_its_reason(
    services: Services, tmp_path: Path
) -> None:
    put(services, 1, {"dent": ring()}, "defect")
    put(services, 2, {"dent": ring()[::-1]}, "defect")
    with services._workspace.reading() as work:
        second = work.images.all("plate")[1]
    services._workspace.blobs.path(second.pixels_sha256).write_bytes(b"damaged")

    for layout in ("coco", "png", "yolo", "mvtec"):
        report = services.exporting.export(tmp_path / layout, layout, None, silent)
        assert report.images == 1 and [file.name for file in report.left_out] == [second.name]
        assert not list((tmp_path / layout).rglob(f"{second.id:06d}*"))


def test_exports_that_are_a_link_to_elsewhere_are_refused(services: Services, tmp_path: Path) -> None:
    put(services, 1, {}, "good")
    (tmp_path / "elsewhere").mkdir()
    (services.path / "exports").symlink_to(tmp_path / "elsewhere")

    job = services.jobs.wait(services.exporting.start("Ada", "png", None), 30)

    assert job.state == "failed" and "link" in str(job.error)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_export_that_the_disk_has_no_room_for_is_refused_before_it_begins(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(services, 1, {}, "good")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=100_000_000))
    with pytest.raises(
        ExportFailedError, match=r"of 0\.10 GB free there .*: make room, or export one product"
    ):
        services.exporting.export(tmp_path / "out", "png", None, silent)
    assert list(tmp_path.glob(".out*")) == [] and not (tmp_path / "out").exists()


def test_behind_a_link_no_half_written_export_is_cleared_away(services: Services, tmp_path: Path) -> None:
    def half_written(folder: Path) -> Path:
        (folder / ".out.partial").mkdir(parents=True)
        return folder / ".out.partial"

    own = half_written(services.path / "exports")
    ExportingService(services._workspace, services.jobs)
    assert not own.exists()
    elsewhere = half_written(tmp_path / "elsewhere")
    (services.path / "exports").rmdir()
    (services.path / "exports").symlink_to(elsewhere.parent)
    ExportingService(services._workspace, services.jobs)
    assert elsewhere.exists()


def test_a_cancelled_export_leaves_nothing_behind(services: Services) -> None:
    put(services, 1, {}, "good")

    def cancelled(_stage: str, _done: int, _total: int) -> None:
        raise JobCancelled()

    with pytest.raises(JobCancelled):
        services.exporting.export(services.path / "exports" / "out", "png", None, cancelled)
    assert list((services.path / "exports").iterdir()) == []


def foreign(root: Path) -> Path:
    """An image with two masks of one type as others leave them, and one that was never listed."""
    for name in ("images/a.png", "images/b.png", "masks/dent/a.png", "ignore/a.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / "images/a.png").write_bytes(part(1).png)
    (root / "images/b.png").write_bytes(part(2).png)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:4] = 255
    (root / "masks/dent/a.png").write_bytes(png(mask))
    (root / "ignore/a.png").write_bytes(png(mask[::-1]))
    (root / "masks/dent/lost.png").write_bytes(png(mask))
    return root


def test_preview_counts_and_names_labels_without_an_image(services: Services, tmp_path: Path) -> None:
    plan = services.importing.preview(foreign(tmp_path / "valve"), None, None)

    assert (plan.layout, plan.images, plan.defect, plan.not_judged, plan.painted) == ("png", 2, 1, 1, 1)
    assert [file.name for file in plan.refused] == ["masks/dent/lost.png"] and plan.products == ("valve",)
    assert services.browsing.find(ImageFilter()) == ()


def test_one_bad_mask_drops_the_whole_painting_and_keeps_the_image(
    services: Services, tmp_path: Path
) -> None:
    root = foreign(tmp_path / "valve")
    (root / "ignore/a.png").write_bytes(b"no image")

    report = services.importing.import_folder(root, "png", None, "Ada")

    assert (report.added, report.masks) == (2, 0)
    assert any(file.name == "a.png" and "without its painting" in file.reason for file in report.refused)


def test_coco_entries_of_one_type_are_joined_and_a_wrong_size_drops_the_painting(
    services: Services, tmp_path: Path
) -> None:
    root = tmp_path / "valve"
    (root / "images").mkdir(parents=True)
    for number in (1, 2):
        (root / f"images/{number}.png").write_bytes(part(number).png)
    entries = [
        {
            "image_id": image_id,
            "category_id": 1,
            "segmentation": [[left, 0, left + 4, 0, left + 4, 4, left, 4]],
        }
        for image_id, left in ((1, 0), (1, 20), (2, 0))
    ]
    images = [
        {"id": number, "file_name": f"/data/{number}.png", "width": width, "height": SIDE}
        for number, width in ((1, SIDE), (2, 9))
    ]
    document = {"images": images, "annotations": entries, "categories": [{"id": 1, "name": "dent"}]}
    (root / "labels.json").write_text(json.dumps(document))

    report = services.importing.import_folder(root, recognised(root), None, "Ada")

    (layer,) = services.labelling.painting(report.image_ids[0]).layers
    assert layer.mask.sum() == 32
    assert report.masks == 1 and "9 x 64" in report.refused[0].reason


def test_names_survive_being_folders() -> None:
    for name in ("a/b", "100%", "..", " x ", "Öl?", "con."):
        folder = to_folder(name)
        assert "/" not in folder and not folder.startswith(".") and from_folder(folder) == name
