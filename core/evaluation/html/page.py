"""The page: what was measured, on how many images, product by product, with the worst images to look at."""

from __future__ import annotations

from html import escape
from pathlib import Path

from core.evaluation.experiment_report import format_experiments
from core.evaluation.html import tables
from core.evaluation.html.charts import product_charts
from core.evaluation.html.pictures import picture
from core.evaluation.html.style import STYLE
from core.evaluation.protocol import Evaluation
from core.evaluation.report import NAMES
from core.evaluation.shortlist import FALSE_CALL, MISS

MEANING = (
    "All figures in per cent. The combined score is what the app goes by: 1.00 is a product's reject limit. "
    "Image figures rank whole images, pixel figures rank the pixels of all test images at 256 × 256. "
    "Nothing was chosen on test images; defects that were painted are not judged."
)
INTERVALS = (
    "At the limit: how many good test images were rejected and how many defects caught. Overkill shown: the "
    "smallest share of false rejects that so few good images can prove. Caught there: at the threshold that rejects "
    "none of them. In brackets: 95 % Wilson intervals."
)


def write_page(evaluation: Evaluation, root: Path, file: Path) -> None:
    """Write the page.

    Args:
        root: the folder that the evaluation's image paths are relative to.
    """
    file.write_text(render_page(evaluation, root), encoding="utf-8")


def render_page(evaluation: Evaluation, root: Path) -> str:
    """Return the page's HTML; everything it shows is inside."""
    products = list(evaluation.settings["products"])
    title = (
        f"Evaluation of {', '.join(products)}"
        if len(products) < 6
        else f"Evaluation of {len(products)} products"
    )
    parts = [
        f"<h1>{escape(title)}</h1>",
        *_opening(evaluation),
        *_figures(evaluation),
        *(_product(evaluation, product, root) for product in products),
        *_experiments(evaluation),
        *_settings(evaluation),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _opening(evaluation: Evaluation) -> list[str]:
    settings = evaluation.settings
    seeds = ", ".join(map(str, settings["seeds"]))
    spread = (
        "± is the standard deviation over seeds."
        if len(settings["seeds"]) > 1
        else (
            "One seed: no spread is known. With some fifty images of each kind, an AUROC is sure to about 3 points."
        )
    )
    return [
        f'<p class="soft">{escape(settings["encoder"])} · seeds {seeds} · protocol {escape(settings["protocol"])}</p>',
        f"<p>{escape(MEANING)} {escape(spread)}</p>",
        "<h2>What the figures rest on</h2>",
        tables.images_table(evaluation),
    ]


def _figures(evaluation: Evaluation) -> list[str]:
    text = [
        "<h2>Means over products</h2>",
        tables.means_table(evaluation),
        "<h2>Products, combined score</h2>",
    ]
    for seen in evaluation.settings["seen"]:
        text.append(f"<h3>{_painted(seen)}</h3>{tables.products_table(evaluation, seen, 'combined')}")
        for scorer in ("distance", "head"):
            inner = tables.products_table(evaluation, seen, scorer)
            text.append(f"<details><summary>{NAMES[scorer]}, {_painted(seen)}</summary>{inner}</details>")
    text += ["<h2>Calls</h2>", f"<p>{escape(INTERVALS)}</p>", tables.calls_table(evaluation)]
    by_type = tables.types_table(evaluation)
    if by_type:
        text += [
            "<h2>Types of defects</h2>",
            "<p>Whether a defect of the same type had been painted.</p>",
            by_type,
        ]
    return text


def _product(evaluation: Evaluation, product: str, root: Path) -> str:
    seed, most = evaluation.settings["seeds"][0], max(evaluation.settings["seen"])
    shown = [
        p
        for p in evaluation.detail("pictures")
        if (p["product"], p["seed"], p["seen"]) == (product, seed, most)
    ]
    text = [f'<section class="product"><h2>{escape(product)}</h2>', product_charts(evaluation, product, seed)]
    for kind, heading in (
        (MISS, "Defects that score lowest"),
        (FALSE_CALL, "Good images that score highest"),
    ):
        figures = "".join(picture(entry, root) for entry in shown if entry["kind"] == kind)
        if figures:
            text.append(f'<h3>{heading}, {_painted(most)}</h3><div class="pictures">{figures}</div>')
    text.append(
        f'<p class="soft">Curves and pictures: seed {seed}, combined score. Framed red: called wrongly. '
        "Blue outline: the painted mask. Heatmap: from 0 (clear) over 1 (limit) to 2 on one scale for all.</p></section>"
    )
    return "".join(text)


def _experiments(evaluation: Evaluation) -> list[str]:
    lines = format_experiments(evaluation)
    return ["<h2>Experiments</h2>", f"<pre>{escape(chr(10).join(lines))}</pre>"] if lines else []


def _settings(evaluation: Evaluation) -> list[str]:
    settings = evaluation.settings
    plain = {k: v for k, v in settings.items() if k not in ("config", "products", "seen_images")}
    text = [
        '<h2>Settings</h2><div class="settings">',
        tables.settings_table(plain),
        f"<details><summary>Settings of the detector</summary>{tables.settings_table(settings['config'])}</details>",
    ]
    for seed, by_product in settings["seen_images"].items():
        listed = {name: ", ".join(names) or "none" for name, names in by_product.items()}
        text.append(
            f"<details><summary>Painted images, seed {escape(seed)}</summary>{tables.settings_table(listed)}</details>"
        )
    return [*text, "</div>"]


def _painted(seen: int) -> str:
    return "nothing painted" if seen == 0 else f"{seen} painted of each product"
