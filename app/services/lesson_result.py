"""What a lesson changed: the same images judged by two versions, and one sentence that never claims more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.messages import plural
from app.services.catalogue import Snapshot, read_snapshot
from app.services.figures import comparable_images, figures
from app.services.training_set import MIN_GOOD_PARTS
from app.services.views import ChangedImage, LessonResult, ProductFigures
from storage.records import JobKind, Revision, ScoreSummary, Version, VersionKind
from storage.workspace import Work

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


def lesson_result(work: Work, version: Version, compared_with: Version | None) -> LessonResult:
    """Return what the version does, compared with the one that was there before, as far as it has judged images."""
    snapshot = read_snapshot(work)
    after = work.scores.summaries(version.id)
    before = work.scores.summaries(compared_with.id) if compared_with else {}
    revisions = work.revisions.get_many(version.lessons)
    found = changes(snapshot, before, after, frozenset(revision.image_id for revision in revisions.values()))
    scored = (after, before) if compared_with else (after,)
    same = comparable_images(snapshot, *scored)
    own = [image.id for image in snapshot.images if image.product in version.products]
    judged = sum(image_id in after for image_id in own)
    facts = _facts(work, version, compared_with, revisions, is_complete=judged == len(own))
    return LessonResult(
        version_id=version.id,
        parent_id=compared_with.id if compared_with else None,
        learnt_patches=facts.learnt_patches,
        changes=found,
        sentence=built_sentence(facts, found)
        if version.kind is VersionKind.FIT
        else lesson_sentence(facts, found),
        figures_before=figures(snapshot, before, same) if compared_with else (),
        figures_after=figures(snapshot, after, same),
        seconds=float(version.report["seconds"]),
        judged=judged,
        of=len(own),
    )


@dataclass(frozen=True)
class LessonFacts:
    """What is new in a lesson. Paintings and images are counted, not patches, unless it says so."""

    learnt_patches: int = 0  # of the new paintings
    painted: int = 0  # images whose painting is new
    forgotten: int = 0  # images whose painting was taken out
    new_good: int = 0
    dropped_good: int = 0  # good before, and not any more
    without_model: tuple[str, ...] = ()  # products of new paintings that have too few good parts
    most_painted: int = 0  # paintings there are of the product that has most, among those of new paintings
    started_from: int = 0  # the version in use
    is_used: bool = False  # likeness to paintings, or a trained part, counts for one of these products
    good: int = 0  # images that count as good
    lessons: int = 0  # paintings, new ones and those known before
    products: int = 0  # that the version was built for
    is_complete: bool = True  # all images are judged


def _facts(
    work: Work,
    version: Version,
    known: Version | None,
    lessons: Mapping[int, Revision],
    *,
    is_complete: bool,
) -> LessonFacts:
    known_lessons = set(known.lessons) if known else set()
    known_good = set(known.good_image_ids) if known else set()
    good = set(version.good_image_ids)
    painted = {revision.image_id for revision in lessons.values()}
    product_of = {image.id: image.product for image in work.images.get_many(painted)}
    new = [revision for revision in lessons.values() if revision.id not in known_lessons]
    taught_before = {revision.image_id for revision in work.revisions.get_many(known_lessons).values()}
    products = {product_of[revision.image_id] for revision in new}
    per_product = Counter(product_of[revision.image_id] for revision in lessons.values())
    report = version.report
    return LessonFacts(
        learnt_patches=sum(int(report["learnt_patches"].get(str(revision.id), 0)) for revision in new),
        painted=len(new),
        forgotten=len(taught_before - painted),
        new_good=len(good - known_good),
        dropped_good=len(known_good - good),
        without_model=tuple(sorted(products - set(version.products))),
        most_painted=max((per_product[product] for product in products), default=0),
        started_from=known.id if known else 0,
        is_used=any(report["products"].get(product, {}).get("uses_painted", False) for product in products),
        good=len(good),
        lessons=len(lessons),
        products=len(version.products),
        is_complete=is_complete,
    )


def built_sentence(facts: LessonFacts, found: Sequence[ChangedImage]) -> str:
    """Say what a model was built from, and what it changes where there was one before."""
    sentence = f"built from {plural(facts.good, 'good image')} of {plural(facts.products, 'product')}"
    if facts.lessons:
        sentence += f", taught {plural(facts.lessons, 'painted image')}"
    return f"{sentence}, {_effect(facts, found)}" if facts.started_from else sentence


def lesson_sentence(facts: LessonFacts, found: Sequence[ChangedImage]) -> str:
    """Say what a lesson did: never nothing, and never more than it did.

    Args:
        found: all changes, taught images included.
    """
    done = _done(facts)
    is_without_effect = all(change.is_taught for change in found)
    if facts.learnt_patches and is_without_effect and not facts.is_used:
        done[0] = "remembered, not yet used for other images"
        return f"{', '.join(done)}: {_why_not_used(facts)}"
    is_unlike_all = facts.learnt_patches and is_without_effect and facts.is_complete
    why = ": none looks like what was painted" if is_unlike_all else ""
    return f"{', '.join(done)}, {_effect(facts, found)}{why}"


def _done(facts: LessonFacts) -> list[str]:
    done = []
    if facts.learnt_patches:
        done.append(f"learnt {plural(facts.learnt_patches, 'patch', 'patches')}")
    elif facts.painted:
        paintings = plural(facts.painted, "painting")
        done.append(f"learnt nothing from {paintings}: all that is painted there is marked as ignored")
    if facts.forgotten:
        done.append(f"forgot {plural(facts.forgotten, 'painting')}")
    if facts.new_good:
        done.append(f"looked at {plural(facts.new_good, 'more good image')}")
    if facts.dropped_good:
        done.append(f"took out {plural(facts.dropped_good, 'image')} that no longer counts as good")
    return done or [f"nothing was new to version {facts.started_from}, from which the lesson starts"]


def _why_not_used(facts: LessonFacts) -> str:
    if facts.without_model:
        names = ", ".join(facts.without_model)
        return f"{names} has no model yet, judge at least {MIN_GOOD_PARTS} of its parts as good"
    if facts.most_painted == 1:
        return "one painted defect is too little evidence"
    return f"{facts.most_painted} painted defects are too little evidence"


def _effect(facts: LessonFacts, found: Sequence[ChangedImage]) -> str:
    others = [change for change in found if not change.is_taught]
    rejected = sum(change.call_after == "reject" and change.call_before == "pass" for change in others)
    passed = sum(change.call_after == "pass" and change.call_before == "reject" for change in others)
    flips = [f"{rejected} now rejected"] * bool(rejected) + [f"{passed} now passed"] * bool(passed)
    moved = plural(len(others), "other image") if others else "no other image"
    so_far = "" if facts.is_complete else " so far"
    return f"changes {moved}" + (f" ({', '.join(flips)})" if flips else "") + so_far


def complete_result(work: Work, version: Version) -> None:
    """Bring the result of the job that made `version` up to the images judged since; a complete one stays as it is."""
    for kind in (JobKind.FIT, JobKind.TEACH):
        job = work.jobs.latest(kind)
        if job is None or not job.result or job.result.get("version_id") != version.id:
            continue
        stored = from_json(job.result)
        if not stored.is_complete:
            compared_with = work.versions.get(stored.parent_id) if stored.parent_id is not None else None
            work.jobs.update(job.id, result=to_json(lesson_result(work, version, compared_with)))


def to_json(result: LessonResult) -> dict[str, object]:
    return asdict(result)


def from_json(stored: Mapping[str, Any]) -> LessonResult:
    """Read what `to_json` gave, after it went through the job's row."""
    values = dict(stored)
    values["changes"] = tuple(ChangedImage(**change) for change in values["changes"])
    for name in ("figures_before", "figures_after"):
        values[name] = tuple(ProductFigures(**line) for line in values[name])
    return LessonResult(**values)
