"""The demo workspace: rendered parts taken in like any others, and the part a newcomer is shown first."""

import tempfile
from collections.abc import Callable, Sequence
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
KEPT_LOT = "lot-4"  # the faint defect of this lot is kept for testing
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

    def build(
        self, author: str, report: StageReport = silent, *, fit: Callable[[], None] = lambda: None
    ) -> None:
        """Render every part, take it in, and let `fit` build the first model. Doing it again adds nothing.

        Each product's faint defects come painted only after that: the first model has not been taught them, so
        that they wait, and a newcomer's own painting makes the lesson whole. One of each is kept for testing.

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
            waiting = [image for image in written if is_faint_lesson(image)]
            first = [image for image in written if not is_faint_lesson(image)]
            self._take_in(first, Path(folder), author, report)
            fit()
            self._take_in(waiting, Path(folder), author, report)

    def _take_in(
        self, images: Sequence[DemoImage], folder: Path, author: str, report: StageReport
    ) -> ImportReport:
        return self._importing.import_planned([planned_image(i, folder) for i in images], author, report)

    def opening_image(self) -> int | None:
        """Return an undecided, defective part that the model passes: the one to paint first; None: there is none.

        Among the faint defects that would be taught when painted, the one nearest to the limit, of the first
        product whose model misses any: the products' order is that of how much one lesson shows.
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
        first = next(product.name for product in PRODUCTS if product.name in missed)
        return max(missed[first], key=lambda card: (card.score or 0.0, -card.id)).id


def is_faint_lesson(image: DemoImage) -> bool:
    """Whether an image is a painted one of its product's faint defect."""
    faint = next(product.faint_type for product in PRODUCTS if product.name == image.product)
    return image.shown_as is DemoSet.DEFECT and image.kind == faint


def planned_image(image: DemoImage, folder: Path) -> PlannedImage:
    """Say what a newcomer is told of an image written below `folder`."""
    name = _name(image, folder)
    is_painted = image.shown_as is DemoSet.DEFECT
    masks: tuple[PlannedMask, ...] = ()
    if is_painted and image.mask_path is not None:
        masks = (PlannedMask(image.kind, IncomingFile(image.mask_path.name, path=image.mask_path)),)
    return PlannedImage(
        source=IncomingFile(name, path=image.path),
        product=image.product,
        name=name,
        verdict=_VERDICTS[image.shown_as],
        held_out=KEPT_LOT in image.path.name if is_faint_lesson(image) else None,
        facts=from_pattern(NAME_PATTERN)(name),
        masks=masks,
    )


def _name(image: DemoImage, folder: Path) -> str:
    return image.path.relative_to(folder / image.product).as_posix()
