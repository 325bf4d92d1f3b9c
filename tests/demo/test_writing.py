"""The demo folder: counts, layout, truth apart, the same bytes every time."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.demo import GOOD, PRODUCTS, DemoImage, DemoSet, plan_demo, product_named, render_part, write_demo


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, tuple[DemoImage, ...], list[tuple[int, int]]]:
    folder, steps = tmp_path_factory.mktemp("demo"), []
    return folder, write_demo(folder, seed=0, progress=lambda done, total: steps.append((done, total))), steps


def test_every_product_has_40_good_12_painted_and_20_undecided(written) -> None:
    _, images, _ = written
    counts = Counter((image.product, image.shown_as) for image in images)
    for product in PRODUCTS:
        assert counts[product.name, DemoSet.GOOD] == 40
        assert counts[product.name, DemoSet.DEFECT] == 12
        assert counts[product.name, DemoSet.UNDECIDED] == 20
        for kind in product.defect_types:
            painted = [
                i
                for i in images
                if i.product == product.name and i.shown_as is DemoSet.DEFECT and i.kind == kind
            ]
            assert len(painted) == 4


def test_the_undecided_are_good_and_defective_parts_in_no_order(written) -> None:
    _, images, _ = written
    for product in PRODUCTS:
        kinds = [i.kind for i in images if i.product == product.name and i.shown_as is DemoSet.UNDECIDED]
        assert set(kinds) == {GOOD, *product.defect_types}
        assert kinds.count(product_named(product.name).faint_type) >= 4
        assert sum(before != after for before, after in pairwise(kinds)) > len(set(kinds))


def test_the_folder_holds_exactly_what_was_planned(written) -> None:
    folder, images, _ = written
    planned = {path for image in images for path in (image.path, image.mask_path) if path}
    planned |= {folder / product.name / "truth" / "undecided.json" for product in PRODUCTS}
    assert {path for path in folder.rglob("*") if path.is_file()} == planned
    assert len(planned) == len({str(path).lower() for path in planned})


def test_the_layout_is_good_defect_masks_undecided_truth(written) -> None:
    folder, _, _ = written
    gear = folder / "spur_gear"
    assert len(list((gear / "good").glob("*.jpg"))) == 40
    painted = sorted(path.stem for path in (gear / "defect" / "rust").glob("*.jpg"))
    assert painted == sorted(path.stem for path in (gear / "masks" / "rust").glob("*.png"))
    assert len(painted) == 4
    assert len(list((gear / "undecided").iterdir())) == 20


def test_nothing_beside_the_truth_tells_what_an_undecided_part_is(written) -> None:
    _, images, _ = written
    for image in images:
        if image.shown_as is DemoSet.UNDECIDED:
            assert image.kind == GOOD or image.kind not in str(image.path.relative_to(image.path.parents[1]))
            assert image.path.parent.name == "undecided"


def test_a_mask_on_disk_is_the_rendered_mask(written) -> None:
    _, images, _ = written
    for image in (image for image in images if image.mask_path and image.seed % 5 == 0):
        on_disk = np.asarray(Image.open(image.mask_path))
        assert set(np.unique(on_disk)) <= {0, 255}
        assert np.array_equal(on_disk > 0, render_part(image.product, image.kind, image.seed).mask)


def test_a_photograph_on_disk_is_close_to_what_was_rendered(written) -> None:
    _, images, _ = written
    for image in images[::37]:
        rendered = render_part(image.product, image.kind, image.seed).pixels.astype(int)
        assert np.abs(np.asarray(Image.open(image.path)).astype(int) - rendered).mean() < 2.5  # JPEG at 95


def test_the_truth_names_kind_and_mask_of_every_undecided_part(written) -> None:
    folder, images, _ = written
    for product in PRODUCTS:
        truth = json.loads((folder / product.name / "truth" / "undecided.json").read_text(encoding="utf-8"))
        undecided = [i for i in images if i.product == product.name and i.shown_as is DemoSet.UNDECIDED]
        assert {name: entry["kind"] for name, entry in truth.items()} == {
            i.path.name: i.kind for i in undecided
        }
        for entry in truth.values():
            assert (entry["mask"] is None) == (entry["kind"] == GOOD)
            assert entry["mask"] is None or (folder / product.name / entry["mask"]).is_file()


def test_every_lot_is_among_the_good_parts(written) -> None:
    _, images, _ = written
    for product in PRODUCTS:
        good = [i for i in images if i.product == product.name and i.shown_as is DemoSet.GOOD]
        assert {i.lot for i in good} == {"lot-1", "lot-2", "lot-3", "lot-4"}
        assert all(i.path.stem.startswith(f"{i.lot}_part-") for i in good)


def test_progress_counts_every_image_once(written) -> None:
    _, images, steps = written
    assert steps == [(done, len(images)) for done in range(1, len(images) + 1)]


class _EnoughError(Exception):
    pass


def _stop_after(count: int) -> Callable[[int, int], None]:
    def stop(done: int, _total: int) -> None:
        if done == count:
            raise _EnoughError

    return stop


def test_the_same_seed_writes_the_same_bytes_on_one_thread_and_on_two(written, tmp_path: Path) -> None:
    folder, _, _ = written
    with suppress(_EnoughError):
        write_demo(tmp_path, seed=0, threads=1, progress=_stop_after(60))
    both = [path for path in tmp_path.rglob("*.*") if path.stat().st_size]
    assert len(both) >= 59
    for again in both:
        path = folder / again.relative_to(tmp_path)
        assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest(), path


def test_another_seed_plans_other_parts() -> None:
    first, second = plan_demo(Path("demo"), seed=0), plan_demo(Path("demo"), seed=1)
    assert not {image.seed for image in first} & {image.seed for image in second}


def test_what_progress_raises_ends_the_writing(tmp_path: Path) -> None:
    with pytest.raises(_EnoughError):
        write_demo(tmp_path, progress=_stop_after(1))
    assert len(list(tmp_path.rglob("*.jpg"))) < 40
