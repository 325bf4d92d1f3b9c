"""The defect book: what counts as which defect on a product, in words and in pieces cut from its own images."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image as Picture
from skimage.measure import label, regionprops

from app.services.authorship import checked_author, now
from app.services.catalogue import require_image, require_product
from app.services.errors import InvalidRequestError
from app.services.labelling import checked_defect_type
from app.services.review import cell_box
from app.services.views import BookPage, Box, Cut
from core.images import decode
from storage.defect_types import COLOURS
from storage.list_query import Wanted
from storage.masks import decode_mask
from storage.records import BookEntry, BookExample, Revision, VerdictValue
from storage.workspace import Work, Workspace

KEYS = 9
LONGEST_RULE = 600  # characters
SHOWN = 3  # pieces beside the painter where nobody has chosen any
PROPOSED = 12  # to choose from
LOOKED_AT = 60  # good images with the highest scores, for pieces that only look like a defect
CUT_SIDE = 128  # px
CONTEXT = 1.8  # how much wider than its box a piece is
SMALLEST = 24  # px of the image that a piece shows at least
TRACED = 1_000_000  # px of a mask that are looked at


@dataclass(frozen=True)
class _Kept:
    state: tuple[object, ...]
    pages: tuple[BookPage, ...]


class DefectBookService:
    """Reads and writes the book of each product. Nothing here changes a verdict, a painting or a model."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._box = lru_cache(2048)(self._largest_box)
        self._cut = lru_cache(512)(self._render)
        self._kept: dict[str, _Kept] = {}

    def pages(self, product: str) -> tuple[BookPage, ...]:
        """Return a product's defect types in the order of their keys, each with a few examples.

        Raises:
            UnknownProductError: no product has this name.
        """
        with self._workspace.reading() as work:
            require_product(work, product)
            state = (work.listing.state(), work.revisions.newest_id(), work.book.state())
            kept = self._kept.get(product)
            if kept is None or kept.state != state:
                kept = _Kept(state, self._read(work, product))
                self._kept[product] = kept
        return kept.pages

    def proposed(self, product: str, name: str, is_counter: bool) -> tuple[Cut, ...]:
        """Return the chosen pieces, and behind them others to choose from."""
        with self._workspace.reading() as work:
            require_product(work, product)
            return self._cuts(work, product, name, is_counter)

    def write(
        self, product: str, name: str, author: str, rule: str | None = None, colour: str | None = None
    ) -> None:
        """Set the rule or the colour of a defect type; one that is not in the book yet comes last.

        Raises:
            InvalidRequestError: the name, the rule's length or the colour cannot be used.
            UnknownProductError, AuthorMissingError
        """
        person, checked = checked_author(author), checked_defect_type(name)
        words = None if rule is None else rule.strip()
        if words is not None and len(words) > LONGEST_RULE:
            raise InvalidRequestError(
                f"A rule has at most {LONGEST_RULE} characters; this one has {len(words)}."
            )
        if colour is not None and colour not in COLOURS:
            raise InvalidRequestError(f"colour {colour!r} is not one of {', '.join(COLOURS)}.")
        with self._workspace.writing() as work:
            require_product(work, product)
            entries = _entries(work, product, person)
            found = next((one for one in entries if one.defect_type == checked), None)
            if found is None:
                found = _new_entry(work, checked, entries, person)
            new_rule = found.rule if words is None else words
            entry = replace(found, rule=new_rule, colour=colour or found.colour, is_listed=True)
            others = [one for one in entries if one.defect_type != checked]
            _put_in_order(work, product, [*others, replace(entry, author=person, at=now())])

    def move(self, product: str, name: str, step: int, author: str) -> None:
        """Move a defect type up (-1) or down (1) in the book, and so to another key."""
        person = checked_author(author)
        with self._workspace.writing() as work:
            require_product(work, product)
            entries = _entries(work, product, person)
            names = [entry.defect_type for entry in entries]
            if name not in names or not 0 <= names.index(name) + step < len(names):
                return
            at = names.index(name)
            entries[at], entries[at + step] = entries[at + step], entries[at]
            _put_in_order(work, product, [replace(one, place=place) for place, one in enumerate(entries)])

    def take_out(self, product: str, name: str, author: str) -> None:
        """Take a defect type that is not painted on the product out of its book.

        Raises:
            InvalidRequestError: it is painted there.
        """
        person = checked_author(author)
        with self._workspace.writing() as work:
            if name in _painted(work, product):
                raise InvalidRequestError(f"{name} is painted on {product}, so it stays in the book.")
            for entry in work.book.entries(product):
                if entry.defect_type == name:
                    work.book.put(product, replace(entry, is_listed=False, author=person, at=now()))

    def choose(self, product: str, name: str, cut: Cut, is_counter: bool, author: str) -> None:
        """Show a piece in the book (`cut.is_chosen`), or no longer.

        Raises:
            InvalidRequestError: the box is not inside the image, or the image is of another product.
        """
        person = checked_author(author)
        with self._workspace.writing() as work:
            image = require_image(work, cut.image_id)
            left, top, right, bottom = cut.box
            is_inside = 0 <= left < right <= image.width and 0 <= top < bottom <= image.height
            if image.product != product or not is_inside:
                raise InvalidRequestError(f"The box {cut.box} is not part of an image of {product}.")
            example = BookExample(name, image.id, cut.box, is_counter, person, now())
            work.book.put_example(product, example, cut.is_chosen)

    def cut_jpeg(self, image_id: int, box: Box) -> bytes:
        """Return a small square picture of the box and what is around it."""
        with self._workspace.reading() as work:
            sha256 = require_image(work, image_id).pixels_sha256
        return self._cut(sha256, box)

    def _read(self, work: Work, product: str) -> tuple[BookPage, ...]:
        painted = _painted(work, product)
        pages = []
        for place, entry in enumerate(_entries(work, product, "")):
            name = entry.defect_type
            examples = _shown(self._cuts(work, product, name, False))
            counters = _shown(self._cuts(work, product, name, True))
            key = place + 1 if place < KEYS else None
            author = entry.author if entry.rule else None
            pages.append(
                BookPage(name, key, entry.colour, entry.rule, author, name in painted, examples, counters)
            )
        return tuple(pages)

    def _cuts(self, work: Work, product: str, name: str, is_counter: bool) -> tuple[Cut, ...]:
        chosen = [
            Cut(one.image_id, one.box, True)
            for one in work.book.examples(product)
            if one.defect_type == name and one.is_counter is is_counter
        ]
        known = {(cut.image_id, cut.box) for cut in chosen}
        found = (
            _alike_but_good(work, product, name) if is_counter else self._painted_cuts(work, product, name)
        )
        others = [cut for cut in found if (cut.image_id, cut.box) not in known]
        return (*chosen, *others[:PROPOSED])

    def _painted_cuts(self, work: Work, product: str, name: str) -> Iterable[Cut]:
        """Yield the largest piece of each painting of this type, the newest painting first."""
        for revision in _paintings(work, product):
            sha256 = next((layer.mask_sha256 for layer in revision.layers if layer.defect_type == name), None)
            if sha256 is not None:
                yield Cut(revision.image_id, self._box(sha256), False)

    def _largest_box(self, mask_sha256: str) -> Box:
        mask = decode_mask(self._workspace.blobs.get(mask_sha256))
        step = max(1, round((mask.size / TRACED) ** 0.5))
        regions = regionprops(label(mask[::step, ::step]))
        if not regions:  # thinner than the step
            rows, columns = np.nonzero(mask)
            return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
        top, left, bottom, right = max(regions, key=lambda region: int(region.area)).bbox
        height, width = mask.shape
        return left * step, top * step, min(right * step, width), min(bottom * step, height)

    def _render(self, pixels_sha256: str, box: Box) -> bytes:
        pixels = decode(self._workspace.blobs.get(pixels_sha256)).pixels
        left, top, right, bottom = box
        side = max(right - left, bottom - top) * CONTEXT
        side = min(max(side, SMALLEST), *pixels.shape[:2])
        x = round(min(max((left + right - side) / 2, 0), pixels.shape[1] - side))
        y = round(min(max((top + bottom - side) / 2, 0), pixels.shape[0] - side))
        piece = Picture.fromarray(pixels[y : y + round(side), x : x + round(side)])
        buffer = io.BytesIO()
        piece.resize((CUT_SIDE, CUT_SIDE), Picture.Resampling.BICUBIC).save(buffer, format="JPEG", quality=88)
        return buffer.getvalue()


def colours() -> tuple[str, ...]:
    """Return the colours a defect type may have."""
    return COLOURS


def _entries(work: Work, product: str, person: str) -> list[BookEntry]:
    """Return the book as it is read: what was written, and behind it what is painted on the product without a word."""
    written = work.book.entries(product)
    painted = _painted(work, product)
    listed = [entry for entry in written if entry.is_listed or entry.defect_type in painted]
    known = {entry.defect_type for entry in listed}
    types = [found for found in work.defect_types.all() if found.name in painted - known]
    for found in types:
        listed.append(_new_entry(work, found.name, listed, person))
    return listed


def _put_in_order(work: Work, product: str, entries: Sequence[BookEntry]) -> None:
    """Write what is new, also of types that were only painted: from now on their keys stay theirs."""
    written = set(work.book.entries(product))
    for entry in entries:
        if entry not in written:
            work.book.put(product, entry)


def _new_entry(work: Work, name: str, before: Sequence[BookEntry], person: str) -> BookEntry:
    """Return an entry behind those of the book, in a colour that none of them has while there is one."""
    usual = [found.colour for found in work.defect_types.all() if found.name == name]
    colour = unused((*usual, *COLOURS), [entry.colour for entry in before])
    return BookEntry(name, len(before), colour, "", True, person, now())


def unused(colours: Sequence[str], taken: Sequence[str]) -> str:
    """Return the first colour that is not taken, or else the one that is taken least."""
    return min(colours, key=lambda colour: (taken.count(colour), colours.index(colour)))


def _painted(work: Work, product: str) -> frozenset[str]:
    listed = work.listing.find(Wanted(product=product, painted=True))
    types = work.listing.defect_types(image.revision_id for image in listed if image.revision_id is not None)
    return frozenset(name for names in types.values() for name in names)


def _paintings(work: Work, product: str) -> Sequence[Revision]:
    """Return the paintings of images that are not judged good, the newest first."""
    listed = work.listing.find(Wanted(product=product, painted=True))
    ids = [image.revision_id for image in listed if image.revision_id and image.verdict != VerdictValue.GOOD]
    found = work.revisions.get_many(ids)
    return sorted(found.values(), key=lambda revision: -revision.id)


def _alike_but_good(work: Work, product: str, name: str) -> Iterable[Cut]:
    """Yield where good images come nearest to a painted defect of this type, the highest score first."""
    wanted = Wanted(product=product, verdict=VerdictValue.GOOD.value, scored=True, order="score")
    in_use = work.in_use.current().get(product)
    for listed in work.listing.find(wanted, LOOKED_AT):
        image = work.images.get(listed.id)
        score = work.scores.get(listed.id, in_use.version_id) if in_use else None
        painted = (score.evidence.get("painted") if score else None) or {}
        if image and score and painted.get("defect_type") == name:
            yield Cut(image.id, cell_box(int(score.evidence["cell"]), image, score), False)


def _shown(cuts: Sequence[Cut]) -> tuple[Cut, ...]:
    chosen = tuple(cut for cut in cuts if cut.is_chosen)
    return chosen or tuple(cuts[:SHOWN])
