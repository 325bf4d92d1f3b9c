"""After a pause in painting, before anything is taught: which other images would the painting change?"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.services.views import IncomingFile
from tests.e2e.conftest import Running
from tests.e2e.inspector import PATIENCE, Inspector
from tests.e2e.woven import RADIUS, centre_of, rippled
from tests.services.parts import part

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MINUTES = 300


def test_painting_shows_what_it_would_change_and_the_next_image_starts_without(
    inspector: Inspector, running: Running, tmp_path: Path
) -> None:
    services = running.services
    good = [IncomingFile(f"good-{seed:02}.png", part(seed).png) for seed in range(10)]
    bad = [IncomingFile(f"bad-{number}.png", rippled(number).png) for number in range(3)]
    services.importing.import_files(good, "plate", "Ann", "good")
    painted, other, _ = services.importing.import_files(bad, "plate", "Ann").image_ids
    services.jobs.wait(services.teaching.start_fit("Ann"), MINUTES)
    while (job := services.teaching.current()) is not None:
        services.jobs.wait(job.id, MINUTES)
    versions = len(services.versions.all())

    inspector.come(f"?open=label&image={painted}").on_label(painted)
    expect(inspector.page.locator(".tw-preview")).to_have_count(0)
    inspector.brush(2 * RADIUS)
    x, y = centre_of(rippled(0))
    inspector.stroke((x - 0.5, y), (x + 0.5, y))
    inspector.saved()

    panel = inspector.page.locator(f'.tw-preview[data-image-id="{painted}"]')
    expect(panel).to_have_attribute("data-state", "done", timeout=PATIENCE)
    expect(panel).to_contain_text("estimate")
    found = services.preview.of(painted)
    assert found.looked_at == 12
    assert panel.locator(".tw-preview-image").count() == min(12, len(found.changes))
    assert len(services.versions.all()) == versions  # nothing was taught

    inspector.come(f"?open=label&image={other}").on_label(other)
    expect(inspector.page.locator(".tw-preview")).to_have_count(0)
