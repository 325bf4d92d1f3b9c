"""What persons say of images: verdicts and paintings, append-only, each with author and time."""

from collections.abc import Sequence

import numpy as np

from app.services.agreement import RECHECK, judge_again
from app.services.authorship import checked_author, now
from app.services.catalogue import read_image, require_image
from app.services.errors import InvalidRequestError, MaskSizeError, StalePaintingError, UnknownVerdictError
from app.services.held_out import draw, moves_at_first_verdict
from app.services.usefulness import Why
from app.services.views import (
    DefectTypeView,
    ImageCard,
    Mask,
    PaintedLayer,
    Painting,
    PaintingDraft,
    SavedPainting,
    TakenBack,
)
from storage.masks import decode_mask, encode_mask
from storage.records import DefectType, Image, Layer, Revision, VerdictValue
from storage.workspace import Work, Workspace

TAUGHT_INSTEAD = "taught instead of kept for testing"  # the event that settles a side for good
CONFIRMED_BY_REPEATING = (
    Why.CONTRADICTION,
    Why.DIFFERING,
)  # the same verdict again settles what is against it
TAKEN_BACK = "verdicts taken back"
SHOWN_BECAUSE = ("browse", "queue", "review", "demo", "import", RECHECK, *Why)


class LabellingService:
    """Judging and painting. Every answer is durable when the call returns."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def painting(self, image_id: int) -> Painting:
        with self._workspace.reading() as work:
            image = require_image(work, image_id)
            revision = work.revisions.current(image_id)
        return self._to_painting(image, revision)

    def painting_at(self, image_id: int, number: int) -> Painting | None:
        """Return the image's painting as it was at that revision; None: there never was one."""
        with self._workspace.reading() as work:
            image = require_image(work, image_id)
            revision = work.revisions.at(image_id, number)
        return None if revision is None and number else self._to_painting(image, revision)

    def save_painting(self, image_id: int, draft: PaintingDraft, author: str) -> SavedPainting:
        """Store the painting as the image's next revision; layers without a painted pixel are dropped.

        A save that was stored before, by its `save_id`, is answered as it was then. What the draft was before it was
        merged with another's (`beside`) becomes a revision just before it, so that both versions stay in the history.

        Raises:
            StalePaintingError: the draft started from an older revision.
            MaskSizeError, InvalidRequestError, UnknownImageError, AuthorMissingError: nothing was stored.
        """
        name = checked_author(author)
        with self._workspace.reading() as work:
            image = require_image(work, image_id)
        drafts = [draft] if draft.beside is None else [draft.beside, draft]
        for one in drafts:
            _check_draft(image, one)
        stored = [self._store_draft(one) for one in drafts]
        with self._workspace.writing() as work:
            known = work.revisions.of_save(image_id, draft.save_id) if draft.save_id else None
            if known is not None:
                return SavedPainting(known.number, known.at)
            current = work.revisions.current(image_id)
            number = current.number if current else 0
            if number == draft.base_revision:
                at = now()
                for one, (layers, ignore) in zip(drafts, stored, strict=True):
                    saved = work.revisions.add(image_id, layers, ignore, one.complete, name, at, one.save_id)
                return SavedPainting(saved.number, saved.at)
        raise StalePaintingError(draft.base_revision, self._to_painting(image, current))

    def judge(
        self,
        image_ids: Sequence[int],
        verdict: str | None,
        author: str,
        shown_because: str = "browse",
        heatmap_visible: bool = False,
    ) -> int:
        """Do as `judge_many` and return how many changed."""
        return len(self.judge_many(image_ids, verdict, author, shown_because, heatmap_visible))

    def judge_many(
        self,
        image_ids: Sequence[int],
        verdict: str | None,
        author: str,
        shown_because: str = "browse",
        heatmap_visible: bool = False,
    ) -> tuple[int, ...]:
        """Give every image this verdict (None: withdraw it) and return what `take_back` needs, one id a change.

        The first verdict of an image settles whether it is kept for testing. A verdict given in a blind re-check
        is kept beside the one that counts and changes nothing.

        Raises:
            UnknownImageError, UnknownVerdictError, InvalidRequestError, AuthorMissingError: nothing changed.
        """
        name = checked_author(author)
        value = _verdict(verdict)
        if shown_because not in SHOWN_BECAUSE:
            raise InvalidRequestError(
                f"shown_because {shown_because!r} is not one of {', '.join(SHOWN_BECAUSE)}."
            )
        if shown_because == RECHECK:
            return self._judge_again(image_ids, value, name)
        confirms = shown_because in CONFIRMED_BY_REPEATING
        changed: list[int] = []
        with self._workspace.writing() as work:
            current = work.verdicts.current()
            for image_id in dict.fromkeys(image_ids):
                image = require_image(work, image_id)
                before = current[image_id].value if image_id in current else None
                if before is value and not confirms:
                    continue
                if value is None:
                    changed.append(work.verdicts.withdraw(image_id, name, now()))
                    continue
                _settle_side(work, image, value)
                added = work.verdicts.add(image_id, value, name, now(), shown_because, heatmap_visible)
                changed.append(added.id)
        return tuple(changed)

    def _judge_again(
        self, image_ids: Sequence[int], value: VerdictValue | None, author: str
    ) -> tuple[int, ...]:
        if value is None:
            raise InvalidRequestError("A second look ends with good, defect or unsure.")
        with self._workspace.writing() as work:
            judge_again(work, image_ids, value, author)
        return ()

    def take_back(self, verdict_ids: Sequence[int], author: str) -> TakenBack:
        """Give the images of these entries the verdicts they had before; one judged since keeps its verdict.

        Raises:
            AuthorMissingError: nothing changed.
        """
        name = checked_author(author)
        undone = set(verdict_ids)
        restored: dict[int, str | None] = {}
        kept = 0
        with self._workspace.writing() as work:
            for image_id in work.verdicts.images_of(undone):
                history = work.verdicts.history(image_id)
                if history[-1].id not in undone:
                    kept += 1
                    continue
                before = next((event for event in reversed(history) if event.id not in undone), None)
                if before is None or before.value is None:
                    work.verdicts.withdraw(image_id, name, now())
                else:  # as it was, with the name and the time of whoever gave it
                    why, visible = before.shown_because, before.heatmap_visible
                    work.verdicts.add(image_id, before.value, before.author, before.at, why, visible)
                restored[image_id] = before.value.value if before and before.value else None
            work.events.add(name, now(), TAKEN_BACK, {"verdict_ids": sorted(undone), "kept": kept})
        return TakenBack(restored, kept)

    def defect_types(self) -> tuple[DefectTypeView, ...]:
        with self._workspace.reading() as work:
            return tuple(_to_view(found) for found in work.defect_types.all())

    def add_defect_type(self, name: str) -> DefectTypeView:
        checked = checked_defect_type(name)
        with self._workspace.writing() as work:
            return _to_view(work.defect_types.get_or_create(checked))

    def teach_instead(self, image_id: int, author: str) -> ImageCard:
        """Move the image, and all shots of its part, out of what is kept for testing."""
        name = checked_author(author)
        with self._workspace.writing() as work:
            require_image(work, image_id)
            work.images.set_held_out(image_id, False)
            work.events.add(name, now(), TAUGHT_INSTEAD, {"image_id": image_id})
        with self._workspace.reading() as work:
            image, snapshot = read_image(work, image_id)
        return snapshot.card(image)

    def _store_draft(self, draft: PaintingDraft) -> tuple[tuple[Layer, ...], str | None]:
        """Return layers and hash of the ignored area, their masks stored."""
        layers = tuple(self._store(layer) for layer in draft.layers if layer.mask.any())
        if draft.ignore is None or not draft.ignore.any():
            return layers, None
        return layers, self._workspace.blobs.put(encode_mask(draft.ignore))

    def _store(self, layer: PaintedLayer) -> Layer:
        sha = self._workspace.blobs.put(encode_mask(layer.mask))
        return Layer(layer.defect_type.strip(), sha, int(np.count_nonzero(layer.mask)))

    def _to_painting(self, image: Image, revision: Revision | None) -> Painting:
        if revision is None:
            return Painting(image.id, image.width, image.height, 0, (), None, False, None, None)
        return Painting(
            image_id=image.id,
            width=image.width,
            height=image.height,
            revision=revision.number,
            layers=tuple(
                PaintedLayer(layer.defect_type, self._mask(layer.mask_sha256)) for layer in revision.layers
            ),
            ignore=self._mask(revision.ignore_sha256) if revision.ignore_sha256 else None,
            complete=revision.complete,
            saved_at=revision.at,
            author=revision.author,
            save_id=revision.save_id,
        )

    def _mask(self, sha256: str) -> Mask:
        return decode_mask(self._workspace.blobs.get(sha256))


def checked_defect_type(name: str) -> str:
    checked = name.strip()
    if not checked or len(checked) > 60 or not checked.isprintable():
        raise InvalidRequestError("A defect type needs a name of 1 to 60 printable characters.")
    return checked


def _check_draft(image: Image, draft: PaintingDraft) -> None:
    size = (image.height, image.width)
    names = [checked_defect_type(layer.defect_type) for layer in draft.layers]
    if len(set(names)) != len(names):
        raise InvalidRequestError(f"Each defect type has one layer; this painting names {', '.join(names)}.")
    masks = [(layer.defect_type, layer.mask) for layer in draft.layers]
    if draft.ignore is not None:
        masks.append(("the ignored area", draft.ignore))
    for what, mask in masks:
        if mask.shape != size:
            raise MaskSizeError(what, (mask.shape[0], mask.shape[1]), size)


def _verdict(verdict: str | None) -> VerdictValue | None:
    if verdict is None:
        return None
    if verdict not in tuple(VerdictValue):
        raise UnknownVerdictError(verdict)
    return VerdictValue(verdict)


def _settle_side(work: Work, image: Image, value: VerdictValue) -> None:
    """At a part's first verdict a defect may join the images kept for testing; later none moves by itself.

    What a person moved out of them on purpose stays out.
    """
    number = draw(image.product, image.part, image.source_sha256)
    if image.held_out or not moves_at_first_verdict(number, value is VerdictValue.DEFECT):
        return
    shots = {shot.id for shot in work.images.shots_of(image.part_id, include_deleted=True)}
    chosen = {event.details["image_id"] for event in work.events.of(TAUGHT_INSTEAD)}
    if shots & chosen:
        return
    if not any(work.verdicts.history(shot) for shot in shots) and not _is_taught(work, shots):
        work.images.set_held_out(image.id, True)


def _is_taught(work: Work, image_ids: set[int]) -> bool:
    for version in work.versions.all():
        if image_ids & set(version.good_image_ids):
            return True
        if image_ids & {revision.image_id for revision in work.revisions.get_many(version.lessons).values()}:
            return True
    return False


def _to_view(found: DefectType) -> DefectTypeView:
    return DefectTypeView(found.name, found.colour, found.position)
