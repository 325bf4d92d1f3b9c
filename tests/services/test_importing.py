import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.services import Services
from app.services.errors import (
    AuthorMissingError,
    FolderNotReadableError,
    InvalidRequestError,
    UnknownVerdictError,
)
from app.services.held_out import draw
from app.services.image_facts import from_csv, from_pattern
from app.services.views import ImageFacts, ImageFilter, IncomingFile
from storage.blobs import BlobStore
from storage.durable import DurableFiles
from storage.errors import WorkspaceFullError
from tests.services.parts import SIDE, part, png


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def mvtec_product(root: Path) -> Path:
    for seed in range(3):
        write(root, f"plate/train/good/{seed}.png", part(seed).png)
    write(root, "plate/test/good/0.png", part(10).png)
    spotted = part(20, spot=6)
    write(root, "plate/test/spot/0.png", spotted.png)
    mask = png(spotted.mask.astype(np.uint8) * 255)
    write(root, "plate/ground_truth/spot/0_mask.png", mask)
    return root


def test_mvtec_layout_gives_verdicts_sides_and_complete_paintings(services: Services, tmp_path: Path) -> None:
    root = mvtec_product(tmp_path / "mvtec")

    report = services.importing.import_folder(root, "mvtec", None, "Ada")

    assert (report.added, report.refused, report.masks) == (5, (), 1)
    cards = {card.name: card for card in services.browsing.find(ImageFilter(product="plate"))}
    assert cards["train/good/0.png"].verdict == "good" and not cards["train/good/0.png"].kept_for_testing
    assert cards["test/good/0.png"].verdict == "good" and cards["test/good/0.png"].kept_for_testing
    spotted = cards["test/spot/0.png"]
    assert (spotted.verdict, spotted.kept_for_testing, spotted.defect_types) == ("defect", True, ("spot",))
    painting = services.labelling.painting(spotted.id)
    assert painting.complete and painting.revision == 1
    assert np.array_equal(painting.layers[0].mask, part(20, spot=6).mask)


def test_mask_of_the_wrong_size_is_refused_and_its_image_kept(services: Services, tmp_path: Path) -> None:
    root = mvtec_product(tmp_path / "mvtec")
    write(root, "plate/ground_truth/spot/0_mask.png", png(np.full((8, 9), 255, np.uint8)))

    report = services.importing.import_folder(root, "mvtec", None, "Ada")

    assert (report.added, report.masks) == (5, 0)
    (refused,) = report.refused
    assert "9 x 8" in refused.reason and f"{SIDE} x {SIDE}" in refused.reason


def test_mask_without_an_image_is_reported(services: Services, tmp_path: Path) -> None:
    root = mvtec_product(tmp_path / "mvtec")
    write(root, "plate/ground_truth/spot/7_mask.png", png(np.full((SIDE, SIDE), 255, np.uint8)))

    report = services.importing.import_folder(root, "mvtec", None, "Ada")

    assert [refused.name for refused in report.refused] == ["ground_truth/spot/7_mask.png"]
    assert report.added == 5


def test_one_product_folder_can_be_given_a_name(services: Services, tmp_path: Path) -> None:
    root = mvtec_product(tmp_path / "mvtec")

    services.importing.import_folder(root / "plate", "mvtec", "disc", "Ada")

    assert [summary.name for summary in services.browsing.products()] == ["disc"]


def test_folder_names_give_verdicts(services: Services, tmp_path: Path) -> None:
    for seed, name in enumerate(["ok/a.png", "line/NG/b.png", "c.png"]):
        write(tmp_path / "valve", name, part(seed).png)

    services.importing.import_folder(tmp_path / "valve", "folder", None, "Ada")

    cards = services.browsing.find(ImageFilter(product="valve"))
    assert {card.name: card.verdict for card in cards} == {
        "ok/a.png": "good",
        "line/NG/b.png": "defect",
        "c.png": None,
    }


def test_bad_files_are_counted_with_a_sentence_and_the_rest_goes_on(services: Services) -> None:
    bomb = png(np.zeros((1, 1), np.uint8))
    files = [
        IncomingFile("good.png", part(1).png),
        IncomingFile("empty.png", b""),
        IncomingFile("cut.png", part(2).png[:200]),
        IncomingFile("fake.png", b"this is no image"),
        IncomingFile("svg.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        IncomingFile("bomb.png", bomb[:16] + b"\x00\x00\xff\xff\x00\x00\xff\xff" + bomb[24:]),
        IncomingFile("last.png", part(3).png),
    ]

    report = services.importing.import_files(files, "plate", "Ada")

    assert report.added == 2
    assert [refused.name for refused in report.refused] == [file.name for file in files[1:6]]
    assert all(refused.reason.endswith(".") and len(refused.reason) > 15 for refused in report.refused)


@pytest.mark.parametrize("mode", ["16 bit", "palette", "cmyk", "alpha", "turned"])
def test_unusual_pictures_are_stored_as_browsers_and_the_model_see_them(
    services: Services, tmp_path: Path, mode: str
) -> None:
    grey = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))  # 60 wide, 40 high
    path = tmp_path / ("picture.jpg" if mode in ("cmyk", "turned") else "picture.png")
    if mode == "16 bit":
        Image.fromarray(grey.astype(np.uint16) * 257).save(path)
    elif mode == "palette":
        Image.fromarray(grey).convert("P").save(path)
    elif mode == "cmyk":
        Image.fromarray(grey).convert("CMYK").save(path, quality=95)
    elif mode == "alpha":
        Image.fromarray(grey).convert("RGBA").save(path)
    else:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees
        Image.fromarray(grey).save(path, exif=exif)

    report = services.importing.import_files([IncomingFile(path.name, path=path)], "plate", "Ada")

    card = services.browsing.card(report.image_ids[0])
    assert (card.width, card.height) == ((40, 60) if mode == "turned" else (60, 40))
    media = services.browsing.pixels(card.id)
    assert media.media_type == "image/png"
    with Image.open(media.path) as stored:
        assert (stored.mode, stored.size) == ("RGB", (card.width, card.height))
        assert not stored.getexif()


def test_same_image_twice_is_one_image(services: Services) -> None:
    file = IncomingFile("a.png", part(1).png)
    first = services.importing.import_files([file], "plate", "Ada")

    again = services.importing.import_files([file, IncomingFile("b.png", part(1).png)], "plate", "Ada")

    assert (again.added, again.already_there) == (0, 2)
    assert again.known == ("a.png", "b.png")
    assert set(again.image_ids) == set(first.image_ids)


def test_picture_filed_good_and_defective_is_reported_and_keeps_its_verdict(services: Services) -> None:
    (image_id,) = services.importing.import_files(
        [IncomingFile("a.png", part(1).png)], "plate", "Ada", "good"
    ).image_ids

    report = services.importing.import_files([IncomingFile("b.png", part(1).png)], "plate", "Bo", "defect")

    assert report.filed_twice == ("b.png",)
    assert services.browsing.card(image_id).verdict == "good"


def test_names_that_are_no_utf8_are_shown_with_replacement_characters(
    services: Services, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/stra\xdfe.png", "wb") as file:
        file.write(part(1).png)

    report = services.importing.import_folder(folder, "folder", None, "Ada")

    assert services.browsing.card(report.image_ids[0]).name == "stra\ufffde.png"


def test_unreadable_file_is_refused_and_the_rest_goes_on(services: Services, tmp_path: Path) -> None:
    write(tmp_path / "valve", "a.png", part(1).png)
    (tmp_path / "valve" / "gone.png").symlink_to(tmp_path / "nowhere.png")

    report = services.importing.import_folder(tmp_path / "valve", "folder", None, "Ada")

    assert report.added == 1
    assert [refused.name for refused in report.refused] == ["gone.png"]


class DiskThatFills(DurableFiles):
    """Takes a few files, then is full."""

    def __init__(self, incoming: Path, room_for: int) -> None:
        super().__init__(incoming)
        self._room_for = room_for

    def write(self, path: Path, data: bytes) -> None:
        self._room_for -= 1
        if self._room_for < 0:
            raise WorkspaceFullError(path.parent) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(path, data)


def test_full_disk_keeps_what_was_stored_and_refuses_the_rest(services: Services) -> None:
    blobs = services._workspace.blobs
    services._workspace.blobs = BlobStore(blobs.root, DiskThatFills(blobs.root / ".incoming", 2))
    files = [IncomingFile(f"{seed}.png", part(seed).png) for seed in range(5)]

    report = services.importing.import_files(files, "plate", "Ada")

    assert report.added == 2
    assert len(report.refused) == 3 and all("full" in refused.reason for refused in report.refused)
    assert len(services.browsing.find(ImageFilter())) == 2


def test_folder_that_is_not_there_or_no_mvtec_is_refused_at_once(services: Services, tmp_path: Path) -> None:
    with pytest.raises(FolderNotReadableError, match="No such file"):
        services.importing.start_folder(tmp_path / "nowhere", "folder", None, "Ada")
    with pytest.raises(FolderNotReadableError, match="train"):
        services.importing.start_folder(tmp_path, "mvtec", None, "Ada")
    with pytest.raises(InvalidRequestError, match="layout"):
        services.importing.start_folder(tmp_path, "pascal", None, "Ada")


def test_import_as_a_job_gives_the_report(services: Services, tmp_path: Path) -> None:
    root = mvtec_product(tmp_path / "mvtec")

    job = services.jobs.wait(services.importing.start_folder(root, "mvtec", None, "Ada"), timeout=60)

    assert job.state == "done" and job.result is not None
    assert job.result["added"] == 5


def test_nothing_is_stored_without_author_product_or_known_verdict(services: Services) -> None:
    file = IncomingFile("a.png", part(1).png)
    with pytest.raises(AuthorMissingError):
        services.importing.import_files([file], "plate", "  ")
    with pytest.raises(InvalidRequestError):
        services.importing.import_files([file], " ", "Ada")
    with pytest.raises(UnknownVerdictError):
        services.importing.import_files([file], "plate", "Ada", "fine")
    assert services.browsing.products() == ()


def test_all_shots_of_a_part_lie_on_one_side(services: Services) -> None:
    sides: dict[str, set[bool]] = {}
    for number in range(30):
        for shot in range(2):
            file = IncomingFile(f"{number}-{shot}.png", part(number * 2 + shot).png)
            facts = ImageFacts(part=f"p{number}", shot=str(shot))
            report = services.importing.import_files([file], "plate", "Ada", "good", facts)
            card = services.browsing.card(report.image_ids[0])
            sides.setdefault(f"p{number}", set()).add(card.kept_for_testing)

    assert all(len(side) == 1 for side in sides.values())
    assert {True, False} == {next(iter(side)) for side in sides.values()}


def test_about_a_fifth_is_kept_for_testing_by_the_draw() -> None:
    numbers = [draw("plate", None, f"{seed:064x}") for seed in range(5000)]

    share = sum(number < 0.2 for number in numbers) / len(numbers)

    assert abs(share - 0.2) < 0.02  # three and a half standard errors


def test_facts_come_from_a_name_pattern_or_a_table(tmp_path: Path) -> None:
    by_name = from_pattern("{lot}_{part}_{shot}")
    assert by_name("line/L7_p12_2.png") == ImageFacts("L7", "p12", "2")
    assert by_name("other.png") == ImageFacts()
    table = tmp_path / "facts.csv"
    table.write_text("name,lot,captured_at\na.png,L9,2026-11-23T14:02:11\n")
    found = from_csv(table)("sub/a.png")
    assert found.lot == "L9" and found.captured_at is not None and found.captured_at.tzinfo is not None
    with pytest.raises(InvalidRequestError):
        from_pattern("{colour}")
