"""The demo workspace: rendered parts taken in like any others, and the part a newcomer is shown first."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.demo import GOOD, PRODUCTS, DemoImage, DemoSet, plan_demo, write_demo
from app.services.catalogue import read_snapshot
from app.services.errors import ConflictError
from app.services.held_out import DEFECT_SHARE, draw
from app.services.image_facts import from_pattern
from app.services.import_plan import PlannedImage, PlannedMask
from app.services.importing import ImportingService, silent
from app.services.jobs import StageReport
from app.services.views import ImageCard, ImportReport, IncomingFile
from storage.workspace import Workspace

NAME_PATTERN = "{lot}_{part}"
STAGE = "Rendering parts"
_VERDICTS = {DemoSet.GOOD: "good", DemoSet.DEFECT: "defect", DemoSet.UNDECIDED: None}


class NotADemoError(ConflictError):
    def __init__(self, products: Sequence[str]) -> None:
        super().__init__(
            f"This workspace holds images of {', '.join(products)} already: "
            "name a new folder for the demo with --workspace."
        )


class DemoService:
    """Builds the demo and knows its story."""

    def __init__(self, workspace: Workspace, importing: ImportingService) -> None:
        self._workspace = workspace
        self._importing = importing

    def build(self, author: str, report: StageReport = silent) -> ImportReport:
        """Render every part and take it in. Doing it again adds nothing.

        Each product's faint defect is kept for testing where it comes painted: the first model has not been taught
        it, so a newcomer's own painting is the first lesson, and its effect is measured on parts nobody taught.

        Raises:
            NotADemoError: the workspace holds other images.
        """
        with self._workspace.reading() as work:
            foreign = {product.name for product in work.products.all()} - {
                product.name for product in PRODUCTS
            }
        if foreign:
            raise NotADemoError(sorted(foreign))
        with tempfile.TemporaryDirectory(prefix="twinbank-demo-") as folder:
            written = write_demo(Path(folder), progress=lambda done, total: report(STAGE, done, total))
            planned = [planned_image(image, Path(folder)) for image in written]
            return self._importing.import_planned(planned, author, report)

    def opening_image(self) -> int | None:
        """Return an undecided, defective part that the model passes: the one to paint first; None: there is none.

        Among the faint defects of the product that misses most of them, the one nearest to the limit that would
        be taught when painted.
        """
        faint = {product.name: product.faint_type for product in PRODUCTS}
        truth = {(image.product, _name(image, Path())): image.kind for image in plan_demo(Path())}
        with self._workspace.reading() as work:
            snapshot = read_snapshot(work)
        missed: dict[str, list[ImageCard]] = {}
        for image in snapshot.images:
            card = snapshot.card(image)
            kind = truth.get((image.product, image.name), GOOD)
            would_be_taught = draw(image.product, image.part, image.source_sha256) >= DEFECT_SHARE
            if (
                card.call == "pass"
                and card.verdict is None
                and would_be_taught
                and kind == faint.get(image.product)
            ):
                missed.setdefault(image.product, []).append(card)
        if not missed:
            return None
        most = max(missed.values(), key=lambda cards: (len(cards), cards[0].product))
        return max(most, key=lambda card: (card.score or 0.0, -card.id)).id


def planned_image(image: DemoImage, folder: Path) -> PlannedImage:
    """Say what a newcomer is told of an image written below `folder`."""
    name = _name(image, folder)
    faint = next(product.faint_type for product in PRODUCTS if product.name == image.product)
    is_painted = image.shown_as is DemoSet.DEFECT
    masks: tuple[PlannedMask, ...] = ()
    if is_painted and image.mask_path is not None:
        masks = (PlannedMask(image.kind, IncomingFile(image.mask_path.name, path=image.mask_path)),)
    return PlannedImage(
        source=IncomingFile(name, path=image.path),
        product=image.product,
        name=name,
        verdict=_VERDICTS[image.shown_as],
        held_out=True if is_painted and image.kind == faint else None,
        facts=from_pattern(NAME_PATTERN)(name),
        masks=masks,
    )


def _name(image: DemoImage, folder: Path) -> str:
    return image.path.relative_to(folder / image.product).as_posix()
