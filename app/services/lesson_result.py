"""What a lesson changed: the same images judged by two versions, and one sentence that never claims more."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.services.catalogue import Snapshot
from app.services.views import ChangedImage, LessonResult, ProductFigures
from storage.records import ScoreSummary

SMALLEST_CHANGE = 0.05  # a score that moved by less is not called a change, unless the call flips


def changes(
    snapshot: Snapshot,
    before: Mapping[int, ScoreSummary],
    after: Mapping[int, ScoreSummary],
    taught_images: frozenset[int],
) -> tuple[ChangedImage, ...]:
    """Return the images whose call or score changed between two versions, the largest move first."""
    found: list[ChangedImage] = []
    for image in snapshot.images:
        old, new = before.get(image.id), after.get(image.id)
        if old is None or new is None:
            continue
        if old.call is new.call and abs(new.score - old.score) < SMALLEST_CHANGE:
            continue
        found.append(
            ChangedImage(
                image_id=image.id,
                name=image.name,
                product=image.product,
                score_before=old.score,
                score_after=new.score,
                call_before=old.call.value,
                call_after=new.call.value,
                is_taught=image.id in taught_images,
                verdict=snapshot.verdict(image.id),
            )
        )
    return tuple(
        sorted(found, key=lambda change: (-abs(change.score_after - change.score_before), change.image_id))
    )


def lesson_sentence(
    learnt_patches: int, found: Sequence[ChangedImage], painted: int, forgotten: int, new_good: int
) -> str:
    """Say what a lesson did.

    Args:
        learnt_patches: of the paintings that are new in it.
        found: all changes, taught images included.
        painted: images whose painting is new in it.
        forgotten: images whose painting was taken out.
        new_good: good images that are new in it.
    """
    others = [change for change in found if not change.is_taught]
    rejected = sum(change.call_after == "reject" and change.call_before == "pass" for change in others)
    passed = sum(change.call_after == "pass" and change.call_before == "reject" for change in others)
    flips = [f"{rejected} now rejected"] * bool(rejected) + [f"{passed} now passed"] * bool(passed)
    effect = f"changes {_count(len(others), 'other image')}" + (f" ({', '.join(flips)})" if flips else "")
    if painted == 0:
        done = [f"forgot {_count(forgotten, 'painting')}"] * bool(forgotten)
        done += [f"looked at {_count(new_good, 'more good image')}"] * bool(new_good)
        return f"{', '.join(done) or 'nothing new'}, {effect}"
    if not others:
        few = "one painted defect is" if painted == 1 else f"{painted} painted defects are"
        return f"remembered, not yet used for other images: {few} too little evidence"
    return f"learnt {_count(learnt_patches, 'patch', 'patches')}, {effect}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def to_json(result: LessonResult) -> dict[str, object]:
    return asdict(result)


def from_json(stored: Mapping[str, Any]) -> LessonResult:
    """Read what `to_json` gave, after it went through the job's row."""
    values = dict(stored)
    values["changes"] = tuple(ChangedImage(**change) for change in values["changes"])
    for name in ("figures_before", "figures_after"):
        values[name] = tuple(ProductFigures(**line) for line in values[name])
    return LessonResult(**values)
