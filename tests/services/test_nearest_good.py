"""The whole good image that an image is compared with, and the sentence when there is none."""

from datetime import UTC, datetime

from app.services import Services
from storage.records import Call, NewScore, VersionKind


def compare(services: Services, image: int, good: int) -> None:
    """Put a version into use that compared `image` with `good`, without any model behind it."""
    at = datetime.now(UTC)
    with services._workspace.writing() as work:
        version = work.versions.add(None, VersionKind.FIT, "0" * 64, "Ada", at, {}, {}, [], [], ["plate"]).id
        evidence = {"cell": 0, "good": {"image_id": good, "cell": 0, "distance": 2.0}}
        work.scores.add_many(
            [
                NewScore(
                    image, version, 2.0, 1.0, "rule", Call.REJECT, False, 2.0, None, 0.0, bytes(2), 1, 1,
                    evidence, at,
                )
            ]
        )  # fmt: skip
        work.in_use.put("plate", version, "Ada", at)


def test_only_an_image_that_still_counts_as_good_is_shown(
    services: Services, plates: tuple[int, ...]
) -> None:
    bad, good = plates[:2]
    nearest = services.review.nearest_good
    assert nearest(bad).image_id is None and "No model" in nearest(bad).sentence
    compare(services, bad, good)
    assert nearest(bad).image_id is None and "no longer counts as good" in nearest(bad).sentence
    services.labelling.judge([good], "good", "Ada")
    assert nearest(bad).image_id == good
    services.browsing.delete(good, "Ada")
    assert nearest(bad).image_id is None and "no longer here" in nearest(bad).sentence
