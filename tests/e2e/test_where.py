"""Where a person was: page, product, queue and image come back, and a person's own step wins."""

import pytest
from playwright.sync_api import Route, expect

from app.services.views import IncomingFile
from tests.e2e.conftest import Running
from tests.e2e.inspector import Inspector
from tests.services.parts import part

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def plates(running: Running) -> tuple[int, ...]:
    files = [IncomingFile(f"plate-{seed}.png", part(seed).png) for seed in range(4)]
    return running.services.importing.import_files(files, "plate", "Ada").image_ids


@pytest.fixture(scope="module")
def gears(running: Running) -> tuple[int, ...]:
    files = [IncomingFile(f"gear-{seed}.png", part(seed, stripes=True).png) for seed in range(3)]
    return running.services.importing.import_files(files, "gear", "Ada").image_ids


def choose(inspector: Inspector, dropdown: str, starts: str) -> None:
    inspector.settled()
    inspector.page.locator(f"#{dropdown} input").click()
    inspector.page.locator(
        f"#{dropdown} li[aria-label^='{starts}'], li[aria-label^='{starts}']"
    ).first.click()
    inspector.settled()


def shows(inspector: Inspector, dropdown: str, text: str) -> None:
    expect(inspector.page.locator(f"#{dropdown} input")).to_have_value(text)


def hold(inspector: Inspector, pattern: str) -> list[Route]:
    held: list[Route] = []
    inspector.page.route(pattern, lambda route: held.append(route))
    return held


def test_product_queue_and_heatmap_are_as_they_were_after_a_reload(
    inspector: Inspector, plates: tuple[int, ...], gears: tuple[int, ...]
) -> None:
    inspector.come("?open=label").on_label()
    choose(inspector, "tw-product", "gear")
    choose(inspector, "tw-queue", "All images")
    inspector.page.locator("#tw-heatmap-on input").uncheck()
    image = inspector.on_label().open_image
    inspector.page.wait_for_url(f"**/?open=label&product=gear&queue=all&image={image}")

    inspector.page.reload()
    inspector.on_label(image).settled()
    assert image in gears
    shows(inspector, "tw-product", "gear (3)")
    shows(inspector, "tw-queue", "All images")
    expect(inspector.page.locator("#tw-heatmap-on input")).not_to_be_checked()
    inspector.go("browse")
    expect(inspector.page.locator(".tb-grid-count")).to_have_text("3 images")
    expect(inspector.page).to_have_url(f"{inspector.address}/?open=browse&product=gear")


def test_another_page_keeps_its_product_in_the_address(
    inspector: Inspector, plates: tuple[int, ...], gears: tuple[int, ...]
) -> None:
    inspector.come("?open=book")
    choose(inspector, "tw-product", "plate")
    expect(inspector.page).to_have_url(f"{inspector.address}/?open=book&product=plate")

    inspector.page.reload()
    expect(inspector.page.locator("#tw-page-book")).to_be_visible()
    expect(inspector.page.locator("#tw-book-types")).to_contain_text("The book of this product is empty")
    shows(inspector, "tw-product", "plate (4)")


@pytest.mark.parametrize("name", ["browse", "models"])
def test_a_tab_that_is_pressed_wins_over_the_page_of_the_address(
    inspector: Inspector, plates: tuple[int, ...], name: str
) -> None:
    held = hold(inspector, "**/name_tag.js")
    inspector.come(f"?open=label&image={plates[2]}")
    inspector.go(name)
    for route in held:
        route.continue_()
    inspector.settled()

    expect(inspector.page.locator(f"#tw-page-{name}")).to_be_visible()
    expect(inspector.page).to_have_url(f"{inspector.address}/?open={name}")
    inspector.go("label").on_label(plates[2])


def test_an_image_that_is_gone_leaves_the_page_usable(
    inspector: Inspector, plates: tuple[int, ...], gears: tuple[int, ...]
) -> None:
    inspector.come("?open=label&image=99999").on_label()
    expect(inspector.page.get_by_text("There is no image 99999")).to_be_visible()
    shows(inspector, "tw-product", "All products (7)")


def test_the_book_beside_the_image_is_opened_of_the_images_product(
    inspector: Inspector, running: Running, plates: tuple[int, ...], gears: tuple[int, ...]
) -> None:
    running.services.book.write("gear", "chip", "Ada")
    inspector.come(f"?open=label&image={gears[1]}").on_label(gears[1]).settled()
    inspector.page.locator(".tw-book").get_by_role("button", name="Open").click()
    types = inspector.page.locator("#tw-book-types")
    expect(types).to_contain_text("Defect types of gear")
    expect(types).to_contain_text("chip")
    shows(inspector, "tw-product", "All products (7)")  # the queue stays as it was
    expect(inspector.page).to_have_url(f"{inspector.address}/?open=book&book=gear")

    inspector.page.reload()
    expect(types).to_contain_text("Defect types of gear")
    choose(inspector, "tw-product", "plate")
    expect(types).not_to_contain_text("chip")


def test_the_image_gone_on_to_without_a_server_is_open_when_it_is_back(
    inspector: Inspector, running: Running, plates: tuple[int, ...]
) -> None:
    running.services.labelling.judge(plates, None, "Ada")
    inspector.come("?open=label&product=plate&queue=unjudged").on_label().settled()
    first, following = (
        inspector.open_image,
        inspector.painter.evaluate("(root) => root.painter.value.at_once.image_id"),
    )
    inspector.page.route("**/queue/join*", lambda route: route.abort())  # as where nothing listens any more
    inspector.key("g")
    inspector.on_label(following)
    expect(inspector.page.get_by_text("Connection to the server was lost")).to_be_visible()
    with inspector.page.expect_event("load"):  # Gradio loads the page again as soon as the server answers
        inspector.page.unroute("**/queue/join*")

    inspector.on_label().settled()
    assert inspector.open_image == following
    inspector.saved()
    assert running.services.browsing.card(first).verdict == "good"
