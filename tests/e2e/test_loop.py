"""The working loop, as a person goes through it: import, first model, paint, teach, put into use, roll back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.services import Services
from app.services.views import ImageFilter, PaintedLayer, PaintingDraft
from tests.canvas.test_geometry import ideal_capsule
from tests.e2e.conftest import Running
from tests.e2e.inspector import JOB, PATIENCE, Inspector
from tests.e2e.woven import RADIUS, centre_of, rippled
from tests.services.parts import SIDE, part

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAINTED_BY_MOUSE = 1
PAINTED_BEFORE = (0, 2, 3)
NEVER_PAINTED = 5


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    for seed in range(12):
        (folder / f"good-{seed:02}.png").write_bytes(part(seed).png)
    for number in (*PAINTED_BEFORE, PAINTED_BY_MOUSE, NEVER_PAINTED):
        (folder / f"bad-{number}.png").write_bytes(rippled(number).png)
    return folder


def image_named(services: Services, name: str) -> int:
    (card,) = services.browsing.find(ImageFilter(text=name))
    return card.id


def test_the_whole_loop(inspector: Inspector, running: Running, files: Path) -> None:
    services = running.services
    inspector.come()
    _import_and_build(inspector, services, files)

    taught, other = (image_named(services, f"bad-{number}") for number in (PAINTED_BY_MOUSE, NEVER_PAINTED))
    before = services.browsing.card(other).score
    _paint_three_more(services)
    _paint_and_compare(inspector, services, taught)

    inspector.key("t")
    expect(inspector.page.locator(".tw-job[data-job-id='2'], .tw-job[data-state='running']")).to_be_visible(
        timeout=PATIENCE
    )
    inspector.page.wait_for_url("**open=teach*")
    inspector.page.reload()  # in mid-teach
    expect(inspector.page.locator("#tw-page-teach")).to_be_visible(timeout=PATIENCE)
    result = inspector.lesson(2)
    expect(result).to_have_text(re.compile("learnt|remembered", re.IGNORECASE))
    assert services.browsing.card(other).score == before  # a waiting version changes nothing

    _look_at_the_waiting_version(inspector, services, taught)
    inspector.go("teach")
    inspector.page.locator("#tw-result").get_by_text("Put into use").click()
    expect(inspector.page.locator("#tw-result .tw-in-use")).to_be_visible()
    assert services.browsing.card(taught).call == "reject"
    _other_image_is_caught_where_it_is_defective(inspector, services, other, before)
    _roll_back(inspector, services, other, before)


def _import_and_build(inspector: Inspector, services: Services, files: Path) -> None:
    expect(inspector.page.locator("#tw-browse-empty")).to_contain_text("No images yet")
    inspector.import_files(sorted(files.glob("good-*.png")), "plate", "good")
    inspector.import_files(sorted(files.glob("bad-*.png")), "plate")
    expect(inspector.page.locator(".tb-grid-count")).to_have_text("17 images")

    inspector.go("teach")
    inspector.page.locator("#tw-waiting").get_by_role("button", name="Build first model").click()
    expect(inspector.page.locator(".tw-job")).to_be_visible(timeout=PATIENCE)
    inspector.lesson(1)
    assert services.versions.all()[0].in_use_for == ("plate",)


def _paint_three_more(services: Services) -> None:
    """What other people have painted meanwhile: one painting alone is too little evidence."""
    for number in PAINTED_BEFORE:
        image = image_named(services, f"bad-{number}")
        services.labelling.judge([image], "defect", "Bo")
        services.labelling.teach_instead(image, "Bo")
        layer = PaintedLayer("ripple", rippled(number).mask)
        services.labelling.save_painting(image, PaintingDraft(0, (layer,), None, True), "Bo")


def _paint_and_compare(inspector: Inspector, services: Services, image: int) -> None:
    inspector.open_in_label(f"bad-{PAINTED_BY_MOUSE}").on_label(image)
    inspector.brush(2 * RADIUS)
    x, y = centre_of(rippled(PAINTED_BY_MOUSE))
    inspector.stroke((x - 0.5, y), (x + 0.5, y))
    inspector.saved()

    (layer,) = services.labelling.painting(image).layers
    assert layer.defect_type == "ripple"
    assert inspector.painted("ripple") == layer.mask.ravel().astype(int).tolist()
    wanted = ideal_capsule([x - 0.5, y, x + 0.5, y, float(RADIUS)], SIDE, SIDE)
    # A window pixel is a tenth of an image pixel here: the rim may differ by that.
    assert (layer.mask ^ wanted).sum() <= 8
    inspector.key("n")
    panel = inspector.page.locator("#tw-label-panel")
    expect(panel.locator(".tw-verdict-defect")).to_be_visible()
    if services.browsing.card(image).kept_for_testing:  # as this part was drawn
        expect(panel).to_contain_text("Painted and kept for testing")
        panel.get_by_text("Teach it instead").click()
    expect(panel).to_contain_text("4 to teach, 0 kept for testing")


def _look_at_the_waiting_version(inspector: Inspector, services: Services, image: int) -> None:
    page = inspector.go("review").page
    row = page.locator(f'.tw-ranked-row[data-image-id="{image}"]')
    expect(row).to_be_visible()
    page.locator("#tw-review-version input").click()
    page.get_by_role("option", name="Version 2, waiting").click()
    expect(page.locator("#tw-review-panel")).to_contain_text("Seen with version 2")
    row.click()
    waiting = next(
        entry.card.score for entry in services.review.ranked(version_id=2) if entry.card.id == image
    )
    expect(page.locator("#tw-review-panel .tw-score")).to_contain_text(f"{waiting:.2f} (reject limit")
    expect(page.locator("#tw-review-canvas .tb-painter")).to_have_attribute("data-heatmap", "shown")
    page.locator("#tw-review-version input").click()
    page.get_by_role("option", name="Version in use").click()
    expect(page.locator("#tw-review-panel")).not_to_contain_text("Seen with")


def _other_image_is_caught_where_it_is_defective(
    inspector: Inspector, services: Services, other: int, before: float | None
) -> None:
    after = services.browsing.card(other).score
    assert before is not None and after is not None and after > before
    left, top, right, bottom = services.review.evidence(other).box
    assert rippled(NEVER_PAINTED).mask[top:bottom, left:right].any()

    inspector.go("review")
    inspector.page.locator(f'.tw-ranked-row[data-image-id="{other}"]').click()
    expect(inspector.page.locator(f'[data-evidence="{other}"]')).to_be_visible()
    expect(inspector.page.locator("#tw-review-panel .tw-score")).to_contain_text(f"{after:.2f} (reject limit")
    expect(inspector.page.locator("#tw-review-canvas .tb-painter")).to_have_attribute("data-heatmap", "shown")


def _roll_back(inspector: Inspector, services: Services, other: int, before: float | None) -> None:
    inspector.go("models")
    inspector.page.locator("#tw-in-use").get_by_text("Roll back").click()
    expect(inspector.page.locator("#tw-in-use")).to_contain_text("Version 1", timeout=JOB)
    assert services.browsing.card(other).score == before
