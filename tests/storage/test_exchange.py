"""Every format gives back what it was given, to the pixel where it can."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from storage.exchange import coco, coco_runs, yolo
from storage.exchange.labels import ExchangeError, LabelledImage, TypedMask
from storage.exchange.outlines import fill, outlines, without_holes

SEEDS = range(25)


def random_mask(seed: int) -> NDArray[np.bool_]:
    """Noise of every density, so that regions touch at corners, hold holes and reach the border."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 24, 2)
    mask = rng.random((height, width)) < rng.random()
    mask[rng.integers(height), rng.integers(width)] = True
    return mask


def image_of(seed: int) -> LabelledImage:
    mask = random_mask(seed)
    other = np.roll(mask, 1) | mask[::-1]
    layers = (TypedMask("it's a scratch", mask), TypedMask("ignore", other))  # overlapping
    return LabelledImage(f"{seed}.png", mask.shape[1], mask.shape[0], layers, mask[:, ::-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_coco_run_lengths_give_back_every_pixel_type_and_ignored_area(seed: int) -> None:
    image = image_of(seed)

    document = json.loads(json.dumps(coco.write([image], ["it's a scratch", "ignore"], as_polygons=False)))
    (back,) = coco.read(document)

    found = back.labelled()
    assert [layer.defect_type for layer in found.layers] == ["it's a scratch", "ignore"]
    for given, got in zip(image.layers, found.layers, strict=True):
        assert np.array_equal(given.mask, got.mask)
    assert found.ignore is not None and np.array_equal(found.ignore, image.ignore)


@pytest.mark.parametrize("seed", SEEDS)
def test_polygons_lose_holes_and_nothing_else(seed: int) -> None:
    image = image_of(seed)
    size = (image.height, image.width)
    names = [layer.defect_type for layer in image.layers]

    (from_coco,) = coco.read(coco.write([image], names, as_polygons=True))
    from_yolo = yolo.read(yolo.write(image, names), names, size, image.name)

    for layer, got in zip(image.layers, from_coco.labelled().layers, strict=True):
        expected = without_holes(layer.mask)
        assert not (layer.mask & ~expected).any()
        assert np.array_equal(got.mask, expected)
        assert np.array_equal(from_yolo[layer.defect_type], expected)


def test_a_ring_loses_its_hole_and_touching_corners_stay_two_regions() -> None:
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    diagonal = np.eye(2, dtype=bool)

    assert without_holes(ring).all()
    assert len(outlines(diagonal)) == 2
    assert np.array_equal(without_holes(diagonal), diagonal)


def test_polygon_of_others_is_filled_where_pixel_centres_lie() -> None:
    triangle = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])

    assert fill([triangle], (4, 4)).sum(axis=1).tolist() == [3, 2, 1, 0]


def test_compressed_runs_are_read_as_coco_writes_them() -> None:
    # "061" by COCO's own rule: runs 0, 6, 1, each below 16 and so one character.
    assert coco_runs.decode("061", (7, 1), "x").ravel().tolist() == [True] * 6 + [False]
    # 40 is two characters (8 with more to come, then 1); the fourth run is the difference to the second: 2 - 3.
    text = chr(48 + 8 + 32) + chr(48 + 1) + "32" + chr(48 + 31)
    assert coco_runs.encode(coco_runs.decode(text, (47, 1), "x")) == [40, 3, 2, 2]


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ([3], "cover 3"),
        ([5, -1], "cover 4"),
        ("P", "cut short"),
        ("\x7f", "does not know"),
        (None, "neither"),
    ],
)
def test_bad_run_lengths_are_refused_with_a_sentence(counts: object, says: str) -> None:
    with pytest.raises(ExchangeError, match=says):
        coco_runs.decode(counts, (2, 2), "a.png")


@pytest.mark.parametrize("line", ["0 0.1 0.1 0.2 0.2", "7 0 0 1 0 1 1", "0 0 0 5 0 1 1", "0 0 0 x 0 1 1"])
def test_bad_yolo_line_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(ExchangeError, match="line 2"):
        yolo.read(f"\n{line}\n", ("scratch",), (4, 4), "a.txt")


def test_names_of_classes_survive_quotes_and_other_peoples_forms() -> None:
    assert yolo.read_names(yolo.write_names(["it's", "b: c"])) == ("it's", "b: c")
    assert yolo.read_names("names: ['a', b]") == ("a", "b")
    assert yolo.read_names("nc: 2\nnames:\n- a\n- b\n") == ("a", "b")


def test_ignored_areas_are_crowds_and_other_peoples_crowds_called_ignore_are_read_as_such() -> None:
    mask = np.eye(2, dtype=bool)
    document = coco.write([LabelledImage("a.png", 2, 2, (), mask)], [], as_polygons=False)
    (entry,) = document["annotations"]
    assert entry["iscrowd"] == 1

    del entry["twinbank"]
    (image,) = coco.read(document)

    found = image.labelled()
    assert found.layers == () and found.ignore is not None and np.array_equal(found.ignore, mask)
