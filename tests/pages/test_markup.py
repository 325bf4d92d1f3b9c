from app.pages.histogram import histogram_svg
from app.pages.label_side import nothing_open
from app.pages.markup import button, div, join, tag
from app.pages.review_panel import SCALE_COLOURS
from app.services.views import Histogram
from core.heatmap import colour_table

HOSTILE = "<img src=x onerror=alert(1)> {{this}} ${value} \"'"


def test_a_name_never_becomes_markup() -> None:
    text = tag("p", HOSTILE, title=HOSTILE).text

    assert text.count("<") == 2  # the paragraph's own two tags
    assert "{{" not in text and "${" not in text
    assert 'title="&lt;img' in text


def test_finished_markup_is_not_escaped_again() -> None:
    assert div("a", tag("b", "<")).text == '<div class="a"><b>&lt;</b></div>'


def test_what_is_none_is_left_out() -> None:
    assert join(None, "x", None).text == "x"
    assert tag("input", title=None, hidden=True, disabled=False).text == "<input hidden/>"


def test_a_button_carries_its_action_and_data() -> None:
    assert 'data-action="open" data-id="7"' in button("Open", "open", id=7).text


def test_histogram_draws_one_bar_for_each_filled_bin_and_verdict() -> None:
    histogram = Histogram((0.0, 0.1, 0.2), good=(3, 0), defect=(1, 2), unjudged=(0, 0), limit=0.1)

    svg = histogram_svg(histogram, current=0.15).text

    assert svg.count("<rect") == 3
    assert "<title>3 good</title>" in svg
    assert svg.count("tw-hist-limit") == 1 and svg.count("tw-hist-here") == 1


def test_histogram_without_images_is_an_empty_frame() -> None:
    svg = histogram_svg(Histogram((0.0, 2.0), (0,), (0,), (0,), None), None).text

    assert "<rect" not in svg and "tw-hist-limit" not in svg


def test_colour_bar_shows_the_colours_of_the_heatmap() -> None:
    table = colour_table()
    for at, shown in enumerate(SCALE_COLOURS):
        red, green, blue = (int(level) for level in table[round(255 * at / (len(SCALE_COLOURS) - 1))])
        assert shown == f"#{red:02x}{green:02x}{blue:02x}"


def test_an_empty_queue_names_the_next_step() -> None:
    assert "teach what you painted" in nothing_open(has_images=True).text
    assert "Import images" in nothing_open(has_images=False).text
