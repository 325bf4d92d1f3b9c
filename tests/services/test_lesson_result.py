"""Every case of a lesson has a sentence: it never says nothing, and never more than the lesson did."""

import pytest

from app.services.lesson_result import LessonFacts, lesson_sentence
from app.services.views import ChangedImage


def change(image_id: int, before: str = "pass", after: str = "reject", taught: bool = False) -> ChangedImage:
    return ChangedImage(image_id, f"{image_id}.png", "plate", 0.9, 1.4, before, after, taught, None)


ONE_PAINTED = LessonFacts(learnt_patches=41, painted=1, most_painted=1)
CASES = [
    (
        ONE_PAINTED,
        [change(1), change(2), change(3, after="pass"), change(9, taught=True)],
        "learnt 41 patches, changes 3 other images (2 now rejected)",
    ),
    (
        LessonFacts(learnt_patches=1, painted=1, most_painted=1),
        [change(1, "reject", "pass")],
        "learnt 1 patch, changes 1 other image (1 now passed)",
    ),
    (
        ONE_PAINTED,
        [change(9, taught=True)],
        "remembered, not yet used for other images: one painted defect is too little evidence",
    ),
    (
        LessonFacts(learnt_patches=41, painted=1, most_painted=6),  # the sixth painting, not the first
        [],
        "remembered, not yet used for other images: 6 painted defects are too little evidence",
    ),
    (
        LessonFacts(learnt_patches=41, painted=1, most_painted=1, is_used=True),
        [change(9, taught=True)],
        "learnt 41 patches, changes no other image: none looks like what was painted",
    ),
    (
        LessonFacts(learnt_patches=41, painted=1, most_painted=1, without_model=("lid",)),
        [],
        "remembered, not yet used for other images: lid has no model yet, judge at least 2 of its parts as good",
    ),
    (
        LessonFacts(painted=2, most_painted=2),
        [],
        "learnt nothing from 2 paintings: all that is painted there is marked as ignored, changes no other image",
    ),
    (LessonFacts(forgotten=1), [], "forgot 1 painting, changes no other image"),
    (LessonFacts(new_good=1), [], "looked at 1 more good image, changes no other image"),
    (
        LessonFacts(dropped_good=1),
        [change(1)],
        "took out 1 image that no longer counts as good, changes 1 other image (1 now rejected)",
    ),
    (
        LessonFacts(learnt_patches=41, painted=1, forgotten=2, new_good=3, most_painted=1),
        [change(1)],
        "learnt 41 patches, forgot 2 paintings, looked at 3 more good images, changes 1 other image (1 now rejected)",
    ),
    (
        LessonFacts(started_from=3),
        [],
        "nothing was new to version 3, from which the lesson starts, changes no other image",
    ),
]


@pytest.mark.parametrize(("facts", "found", "sentence"), CASES, ids=[case[2][:40] for case in CASES])
def test_every_case_has_its_sentence(facts: LessonFacts, found: list[ChangedImage], sentence: str) -> None:
    assert lesson_sentence(facts, found) == sentence
