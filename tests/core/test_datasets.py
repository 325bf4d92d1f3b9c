"""Reading folders of parts: which layout, which masks, what is kept for testing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import DatasetError, MaskSizeError, read_dataset, read_mask
from core.visa import SplitFileError


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


SPLIT = [
    "object,split,label,image,mask",
    "candle,train,normal,candle/0.JPG,",
    "candle,test,normal,candle/1.JPG,",
    "candle,test,anomaly,candle/2.JPG,candle/2.png",
]


def visa(root: Path, rows: list[str], name: str = "1cls") -> Path:
    (root / "split_csv").mkdir(exist_ok=True)
    (root / "split_csv" / f"{name}.csv").write_text("\n".join(rows) + "\n")
    for row in rows[1:]:
        for file in row.split(",")[3:]:
            if file:
                picture(root / file)
    return root


def test_visa_split_file_names_images_and_masks(tmp_path: Path) -> None:
    (candle,) = read_dataset(visa(tmp_path, SPLIT))
    assert (len(candle.train_good), len(candle.test_good)) == (1, 1)
    assert candle.defects[0].mask == tmp_path / "candle" / "2.png"
    assert candle.train_defects == ()


@pytest.mark.parametrize("name", ["fewshot", "highshot"])
def test_two_class_splits_keep_the_defects_of_their_training_part_apart(tmp_path: Path, name: str) -> None:
    rows = [*SPLIT, "candle,train,anomaly,candle/3.JPG,candle/3.png"]
    (candle,) = read_dataset(visa(tmp_path, rows, f"2cls_{name}"))
    assert [d.path.name for d in candle.defects] == ["2.JPG"]
    assert [d.path.name for d in candle.train_defects] == ["3.JPG"]
    assert read_dataset(tmp_path, layout=f"visa-{name}") == (candle,)


def test_of_several_split_files_the_one_class_split_is_read_unless_another_is_named(tmp_path: Path) -> None:
    visa(tmp_path, SPLIT)
    visa(tmp_path, [*SPLIT, "candle,train,anomaly,candle/3.JPG,candle/3.png"], "2cls_fewshot")
    assert read_dataset(tmp_path)[0].train_defects == ()
    assert len(read_dataset(tmp_path, layout="visa-fewshot")[0].train_defects) == 1


def test_annotations_name_the_types_of_anomalies(tmp_path: Path) -> None:
    visa(tmp_path, SPLIT)
    annotations = "image,label,mask\ncandle/2.JPG,chunk missing,candle/2.png\ncandle/0.JPG,normal,\n"
    (tmp_path / "candle" / "image_anno.csv").write_text(annotations)
    assert read_dataset(tmp_path)[0].defects[0].defect_type == "chunk missing"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["object,split,image,mask"], "no column label"),
        ([SPLIT[0], "candle,train,bad,candle/0.JPG,"], "line 2: split is 'train' and label 'bad'"),
    ],
)
def test_a_split_file_of_another_form_is_refused_with_its_place(
    tmp_path: Path, rows: list[str], said: str
) -> None:
    with pytest.raises(SplitFileError, match=said):
        read_dataset(visa(tmp_path, rows))


def test_a_split_file_that_names_a_missing_image_is_refused_with_its_path(tmp_path: Path) -> None:
    visa(tmp_path, SPLIT)
    (tmp_path / "candle" / "1.JPG").unlink()
    with pytest.raises(SplitFileError, match=r"line 3: there is no file .*1\.JPG"):
        read_dataset(tmp_path)


def test_a_named_layout_that_is_not_there_is_refused(mvtec: Path) -> None:
    with pytest.raises(DatasetError, match=r"looked for split_csv/2cls_fewshot\.csv"):
        read_dataset(mvtec, layout="visa-fewshot")
    with pytest.raises(DatasetError, match="looked for <product>/good"):
        read_dataset(mvtec, layout="folder")
    with pytest.raises(DatasetError, match="there is no layout coco"):
        read_dataset(mvtec, layout="coco")


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
