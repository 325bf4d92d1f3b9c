from pathlib import Path

import pytest

from app.demo import PRODUCTS, DemoSet, plan_demo
from app.services import Services
from app.services.demo import NotADemoError, planned_image
from app.services.views import IncomingFile
from tests.services.parts import part

FAINT = {product.name: product.faint_type for product in PRODUCTS}


def test_painted_faint_defects_are_kept_for_testing_and_the_others_drawn() -> None:
    for image in plan_demo(Path("demo")):
        planned = planned_image(image, Path("demo"))
        is_faint_lesson = image.shown_as is DemoSet.DEFECT and image.kind == FAINT[image.product]
        assert planned.held_out is (True if is_faint_lesson else None)


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
