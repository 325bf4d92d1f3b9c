from pathlib import Path

import pytest

from app.demo import PRODUCTS, DemoSet, plan_demo
from app.services import Services
from app.services.demo import NotADemoError, is_faint_lesson, planned_image
from app.services.views import IncomingFile
from tests.services.parts import part


def test_one_faint_defect_of_each_product_is_kept_for_testing_and_three_wait_to_be_taught() -> None:
    for product in PRODUCTS:
        lessons = [i for i in plan_demo(Path("demo")) if i.product == product.name and is_faint_lesson(i)]
        assert {image.kind for image in lessons} == {product.faint_type}
        kept = [planned_image(image, Path("demo")).held_out for image in lessons]
        assert sorted(map(bool, kept)) == [False, False, False, True]


def test_which_side_the_other_images_fall_on_is_drawn() -> None:
    others = [image for image in plan_demo(Path("demo")) if not is_faint_lesson(image)]
    assert {planned_image(image, Path("demo")).held_out for image in others} == {None}


def test_undecided_images_come_without_verdict_mask_or_telling_name() -> None:
    undecided = [image for image in plan_demo(Path("demo")) if image.shown_as is DemoSet.UNDECIDED]
    assert len(undecided) == 20 * len(PRODUCTS)
    for image in undecided:
        planned = planned_image(image, Path("demo"))
        assert planned.verdict is None and planned.masks == ()
        assert image.kind == "good" or image.kind not in planned.name


def test_lot_and_part_come_from_the_name() -> None:
    planned = planned_image(plan_demo(Path("demo"))[0], Path("demo"))

    assert planned.facts.lot is not None and planned.facts.lot.startswith("lot-")
    assert planned.facts.part is not None and planned.facts.part.startswith("part-")


def test_demo_is_not_built_among_other_images(services: Services) -> None:
    services.importing.import_files([IncomingFile("a.png", part(1).png)], "valve", "Ada")

    with pytest.raises(NotADemoError, match="valve"):
        services.demo.build("Ada")
    assert services.demo.opening_image() is None
