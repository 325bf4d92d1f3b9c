"""Settings chosen for a model are checked, stored with its version, and hold when it is built anew."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from app.services import Services, open_services
from app.services.errors import InvalidRequestError
from app.services.views import IncomingFile
from tests.services.parts import part
from tests.small import TINY


def import_good(services: Services) -> None:
    files = [IncomingFile(f"{seed}.png", part(seed).png) for seed in range(6)]
    for image in services.importing.import_files(files, "plate", "Ada", "good").image_ids:
        services.labelling.teach_instead(image, "Ada")


def settings_after_fit(services: Services, chosen: Mapping[str, object] | None) -> Mapping[str, object]:
    job = services.jobs.wait(services.teaching.start_fit("Ada", chosen), 300)
    assert job.state == "done", services.teaching.log(job.id)
    return services.versions.all()[0].settings


@pytest.mark.slow
def test_chosen_settings_are_stored_and_kept_when_the_model_is_built_anew(tmp_path: Path) -> None:
    with closing(open_services(tmp_path / "workspace", device="cpu", config=TINY.to_json())) as services:
        import_good(services)

        chosen = settings_after_fit(services, {"top_patches": 3})
        again = settings_after_fit(services, None)
        usual = settings_after_fit(services, {})
        first, *_, last = (services.teaching.result(number).sentence for number in (1, 2, 3))

    assert chosen["top_patches"] == again["top_patches"] == 3
    assert chosen["image_size"] == TINY.image_size  # what nobody chose stays
    assert usual["top_patches"] == TINY.top_patches
    assert first == "built from 6 good images of 1 product"
    assert last == "built from 6 good images of 1 product, changes no other image"


def test_setting_that_does_not_exist_starts_nothing(services: Services) -> None:
    import_good(services)

    with pytest.raises(InvalidRequestError, match="there is no setting 'size'"):
        services.teaching.start_fit("Ada", {"size": 320})

    assert services.teaching.latest() is None
