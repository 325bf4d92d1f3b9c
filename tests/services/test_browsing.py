import io

import pytest
from PIL import Image
from sqlalchemy import insert

from app.services import Services
from app.services.errors import InvalidRequestError, UnknownProductError
from app.services.views import ImageFilter, IncomingFile
from storage.records import NewImage
from storage.tables import ImageTable, PartTable
from tests.services.parts import part


def test_products_are_summed_up(services: Services, plates: tuple[int, ...]) -> None:
    services.labelling.judge(plates[:2], "good", "Ada")
    services.labelling.judge(plates[2:3], "defect", "Ada")

    (plate,) = services.browsing.products()

    assert (plate.name, plate.images, plate.good, plate.defect, plate.unjudged) == ("plate", 4, 2, 1, 1)
    assert plate.version_in_use is None


def test_filters_narrow_and_combine(services: Services, plates: tuple[int, ...]) -> None:
    services.labelling.judge(plates[:2], "good", "Ada")
    find = services.browsing.find

    def ids(**wanted: object) -> set[int]:
        return {card.id for card in find(ImageFilter(**wanted))}  # type: ignore[arg-type]

    assert ids() == set(plates)
    assert ids(verdict="good") == set(plates[:2])
    assert ids(verdict="none") == set(plates[2:])
    assert ids(text="PART-1") == {plates[1]}
    assert ids(call="none", verdict="good", text="part-0") == {plates[0]}
    assert ids(call="reject") == set()
    assert ids(min_score=0.0) == set()
    assert ids(painted=True) == set()


def test_orders(services: Services, plates: tuple[int, ...]) -> None:
    by_name = [card.name for card in services.browsing.find(ImageFilter(order="name"))]
    newest = [card.id for card in services.browsing.find(ImageFilter(order="newest"))]

    assert by_name == sorted(by_name)
    assert newest == sorted(plates, reverse=True)


def test_unknown_filter_values_are_refused(services: Services) -> None:
    with pytest.raises(InvalidRequestError, match="verdict"):
        services.browsing.find(ImageFilter(verdict="fine"))
    with pytest.raises(UnknownProductError, match="none yet"):
        services.browsing.find(ImageFilter(product="plate"))


def test_thumbnail_is_small_and_made_anew_when_missing(services: Services) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (1000, 500), (90, 10, 10)).save(buffer, format="JPEG")
    (image,) = services.importing.import_files(
        [IncomingFile("a.jpg", buffer.getvalue())], "p", "Ada"
    ).image_ids
    media = services.browsing.thumbnail(image)
    media.path.unlink()

    again = services.browsing.thumbnail(image)

    with Image.open(again.path) as picture:
        assert picture.size == (256, 128)


def test_details_tell_of_the_same_picture_filed_otherwise(services: Services) -> None:
    file = IncomingFile("a.png", part(1).png)
    (good,) = services.importing.import_files([file], "plate", "Ada", "good").image_ids
    services.importing.import_files([file], "disc", "Ada", "defect")

    details = services.browsing.details(good)

    assert details.filed_as == ("defect",)
    assert details.score_sentence == "no model yet"


def test_pattern_finds_by_the_whole_file_name(services: Services) -> None:
    names = ("lot1/part-01.png", "lot1/part-02.png", "lot2/part-01.png", "lot2/spart-01.png")
    files = [IncomingFile(name, part(seed).png) for seed, name in enumerate(names)]
    services.importing.import_files(files, "plate", "Ada")

    def found(text: str) -> list[str]:
        return [card.name for card in services.browsing.find(ImageFilter(text=text))]

    assert found("PART-01*") == [names[0], names[2]]
    assert found("lot1/part-0?.png") == list(names[:2])
    assert found("*part-0[2-9].png") == [names[1]]
    assert found("part-01") == [names[0], names[2], names[3]]


def test_queue_goes_through_unjudged_images_and_wraps(services: Services, plates: tuple[int, ...]) -> None:
    order = services.queue.order("plate")
    assert set(order) == set(plates)
    services.labelling.judge([order[1]], "good", "Ada")

    assert services.queue.next_after(order[0], "plate") == order[2]
    assert services.queue.next_after(order[1], "plate") == order[0]  # judged: the most useful of those left
    assert services.queue.next_after(order[3], "plate") == order[0]
    services.labelling.judge(order, "good", "Ada")
    assert services.queue.next_after(order[3], "plate") is None


def _copy(row: object, **changes: object) -> dict[str, object]:
    columns = type(row).__table__.columns  # type: ignore[attr-defined]
    return {**{column.name: getattr(row, column.name) for column in columns}, **changes}


def test_a_page_of_five_thousand_images_is_their_beginning(services: Services) -> None:
    with services._workspace.writing() as work:
        first, _ = work.images.add(NewImage("plate", "0" * 64, "0" * 64, "image/png", 64, 64, "0.png"))
    with services._workspace.database.writing() as session:
        image, part_of = session.get(ImageTable, first.id), session.get(PartTable, first.part_id)
        session.execute(insert(PartTable), [_copy(part_of, id=2 + n) for n in range(4999)])
        copies = [_copy(image, id=2 + n, part_id=2 + n, source_sha256=f"{n + 1:064x}") for n in range(4999)]
        session.execute(insert(ImageTable), copies)

    wanted = ImageFilter(product="plate", order="newest")
    cards = services.browsing.find(wanted)

    assert len(cards) == services.browsing.count(wanted) == 5000
    assert services.browsing.find(wanted, limit=200) == cards[:200]
    assert services.browsing.count(ImageFilter(product="plate", text="no such")) == 0
