"""An image without a score: the refusal names it as persons know it, and says what to do."""

from datetime import UTC, datetime

import pytest

from app.services import Services
from app.services.errors import NotScoredError
from storage.records import VersionKind


def test_without_a_version_in_use_one_is_to_be_built(services: Services, plates: tuple[int, ...]) -> None:
    with pytest.raises(NotScoredError, match=r"part-2\.png has no score yet.*for plate: build a model"):
        services.assist.from_model(plates[2])


def test_a_version_that_has_not_scored_it_is_named(services: Services, plates: tuple[int, ...]) -> None:
    with services._workspace.writing() as work:
        at = datetime(2026, 11, 23, tzinfo=UTC)
        work.versions.add(None, VersionKind.FIT, "0" * 64, "Ada", at, {}, {}, [], [], ["plate"])

    with pytest.raises(NotScoredError, match=r"part-2\.png has no score of version 1\..*another version"):
        services.review.heatmap_png(plates[2], 1)
