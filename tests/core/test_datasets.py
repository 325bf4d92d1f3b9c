"""Reading folders of parts: which layout, which masks, what is kept for testing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import DatasetError, MaskSizeError, read_dataset, read_mask


def picture(path: Path, size: tuple[int, int] = (4, 3), value: int = 128) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)
    return path


@pytest.fixture
def mvtec(tmp_path: Path) -> Path:
    for name in ("bolt", "cap"):
        for number in range(3):
            picture(tmp_path / name / "train" / "good" / f"{number}.png")
        picture(tmp_path / name / "test" / "good" / "0.png")
        picture(tmp_path / name / "test" / "scratch" / "0.jpg")
        picture(tmp_path / name / "test" / "dent" / "0.png")
    picture(tmp_path / "bolt" / "ground_truth" / "scratch" / "0_mask.png")
    picture(tmp_path / "bolt" / "ground_truth" / "dent" / "0.png")
    return tmp_path


def test_mvtec_folders_give_products_in_order_with_their_masks(mvtec: Path) -> None:
    bolt, cap = read_dataset(mvtec)
    assert (bolt.name, len(bolt.train_good), len(bolt.test_good)) == ("bolt", 3, 1)
    masks = {d.defect_type: d.mask.name if d.mask else None for d in bolt.defects}
    assert masks == {"dent": "0.png", "scratch": "0_mask.png"}
    assert bolt.has_masks
    assert (cap.name, cap.has_masks) == ("cap", False)


def test_a_folder_that_is_one_product_is_read_as_that(mvtec: Path) -> None:
    assert [data.name for data in read_dataset(mvtec / "bolt")] == ["bolt"]


def test_only_named_products_are_read(mvtec: Path) -> None:
    assert [data.name for data in read_dataset(mvtec, ["cap"])] == ["cap"]


def test_a_product_that_is_not_there_is_refused_with_those_that_are(mvtec: Path) -> None:
    with pytest.raises(DatasetError, match="no product nut; it has bolt, cap"):
        read_dataset(mvtec, ["nut"])


def test_plain_folders_keep_a_fixed_share_of_good_images_for_testing(tmp_path: Path) -> None:
    for number in range(100):
        picture(tmp_path / "gear" / "good" / f"{number:03}.png")
    picture(tmp_path / "gear" / "chip" / "a.png")
    picture(tmp_path / "gear" / "masks" / "chip" / "a.png")
    (gear,) = read_dataset(tmp_path)
    assert len(gear.train_good) + len(gear.test_good) == 100
    assert 15 <= len(gear.test_good) <= 45
    assert [(d.defect_type, d.mask is not None) for d in gear.defects] == [("chip", True)]
    assert read_dataset(tmp_path) == (gear,)


def test_visa_split_file_names_images_and_masks(tmp_path: Path) -> None:
    rows = [
        "object,split,label,image,mask",
        "candle,train,normal,candle/0.JPG,",
        "candle,test,normal,candle/1.JPG,",
        "candle,test,anomaly,candle/2.JPG,candle/2.png",
    ]
    (tmp_path / "split_csv").mkdir()
    (tmp_path / "split_csv" / "1cls.csv").write_text("\n".join(rows) + "\n")
    (candle,) = read_dataset(tmp_path)
    assert (len(candle.train_good), len(candle.test_good)) == (1, 1)
    assert candle.defects[0].mask == tmp_path / "candle" / "2.png"


@pytest.mark.parametrize("make", [lambda root: root / "nothing", lambda root: root])
def test_folders_without_parts_are_refused(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DatasetError, match=r"there is no folder|looked for"):
        read_dataset(make(tmp_path))


@pytest.mark.parametrize("bright", [255, 200, 1, 3])
def test_masks_of_any_brightness_are_read(tmp_path: Path, bright: int) -> None:
    values = np.array([[0, bright], [0, 0]], dtype=np.uint8)
    Image.fromarray(values).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png", (2, 2)).tolist() == [[False, True], [False, False]]


def test_empty_mask_is_empty(tmp_path: Path) -> None:
    assert not read_mask(picture(tmp_path / "m.png", value=0), (3, 4)).any()


def test_mask_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    with pytest.raises(MaskSizeError, match="4 x 3 px, its image 6 x 5 px"):
        read_mask(picture(tmp_path / "m.png", (4, 3)), (5, 6))
