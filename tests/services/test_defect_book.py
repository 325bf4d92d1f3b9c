"""The defect book: order and keys, rules, and the pieces that stand in it."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from app.services import Services
from app.services.errors import InvalidRequestError
from app.services.views import Cut, PaintedLayer, PaintingDraft
from storage.defect_types import COLOURS
from tests.services.parts import SIDE


def paint(services: Services, image: int, name: str, *boxes: tuple[int, int, int, int]) -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    base = services.labelling.painting(image).revision
    draft = PaintingDraft(base, (PaintedLayer(name, mask),), None, False)
    services.labelling.save_painting(image, draft, "Ada")


def names(services: Services) -> list[tuple[str, int | None]]:
    return [(page.name, page.key) for page in services.book.pages("plate")]


def test_what_is_painted_is_in_the_book_and_keys_follow_its_order(
    services: Services, plates: tuple[int, ...]
) -> None:
    book = services.book
    paint(services, plates[0], "dent", (5, 5, 9, 9))
    assert names(services) == [("dent", 1)]

    book.write("plate", "scratch", "Ada", rule="  longer than 2 mm ", colour=COLOURS[4])
    assert names(services) == [("dent", 1), ("scratch", 2)]
    book.move("plate", "scratch", -1, "Bo")
    book.move("plate", "scratch", -1, "Bo")  # it is first already
    assert names(services) == [("scratch", 1), ("dent", 2)]
    page = book.pages("plate")[0]
    assert (page.rule, page.colour, page.is_painted) == ("longer than 2 mm", COLOURS[4], False)

    with pytest.raises(InvalidRequestError, match="painted on plate"):
        book.take_out("plate", "dent", "Ada")
    book.take_out("plate", "scratch", "Ada")
    assert names(services) == [("dent", 1)]
    with pytest.raises(InvalidRequestError, match="600"):
        book.write("plate", "dent", "Ada", rule="x" * 601)


def test_defect_types_of_one_product_differ_in_colour_while_there_are_enough(
    services: Services, plates: tuple[int, ...]
) -> None:
    for number in range(3):  # of another product: they take the first colours
        services.labelling.add_defect_type(f"other {number}")
    services.book.write("plate", "stain", "Ada")
    services.book.write(
        "plate", "mark", "Ada", colour=services.book.pages("plate")[0].colour
    )  # as a person wants it
    paint(services, plates[0], "other 0", (5, 5, 9, 9))
    for number in range(len(COLOURS) - 2):
        services.book.write("plate", f"type {number}", "Ada")

    colours = [page.colour for page in services.book.pages("plate")]
    assert len(colours) == len(COLOURS) + 1 and len(set(colours)) == len(COLOURS)


VISIONS = {  # linear RGB to linear RGB: Machado, Oliveira and Fernandes 2009, severity 1
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_colours_are_told_apart_by_colour_blind_eyes_too(vision: str) -> None:
    rgb = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ VISIONS[vision].T, 0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(shown[None])[0]
    apart = deltaE_ciede2000(lab[:, None], lab[None]) + 99 * np.eye(len(lab))
    assert apart.min() > 10


def test_pieces_are_cut_from_the_newest_paintings_until_a_person_chooses(
    services: Services, plates: tuple[int, ...]
) -> None:
    paint(services, plates[0], "dent", (5, 5, 9, 9))
    paint(services, plates[1], "dent", (2, 2, 4, 4), (20, 30, 40, 36))  # the larger piece is the example
    assert services.book.pages("plate")[0].examples == (
        Cut(plates[1], (20, 30, 40, 36), False),
        Cut(plates[0], (5, 5, 9, 9), False),
    )

    chosen = Cut(plates[0], (5, 5, 9, 9), True)
    services.book.choose("plate", "dent", chosen, False, "Ada")
    assert services.book.pages("plate")[0].examples == (chosen,)
    assert services.book.proposed("plate", "dent", False)[1] == Cut(plates[1], (20, 30, 40, 36), False)

    services.book.choose("plate", "dent", Cut(plates[0], (5, 5, 9, 9), False), False, "Ada")
    assert len(services.book.pages("plate")[0].examples) == 2
    with pytest.raises(InvalidRequestError, match="not part of an image"):
        services.book.choose("plate", "dent", Cut(plates[0], (0, 0, SIDE + 1, 5), True), False, "Ada")


def test_a_piece_shows_its_box_and_what_is_around_it(services: Services, plates: tuple[int, ...]) -> None:
    with Image.open(services.browsing.pixels(plates[0]).path) as opened:
        pixels = np.asarray(opened.convert("L"), float)

    data = services.book.cut_jpeg(plates[0], (20, 10, 40, 30))

    with Image.open(io.BytesIO(data)) as piece:
        assert piece.size == (128, 128)
        shown = np.asarray(piece.convert("L").resize((36, 36), Image.Resampling.BOX), float)
    assert np.abs(shown - pixels[2:38, 12:48]).mean() < 4  # 20 px with 8 px around them, as JPEG
