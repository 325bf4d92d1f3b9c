"""A job that would not fit is refused before it begins, with what it needs and what is there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.worker.room import NotEnoughRoomError, Room, _available, _left_in_container, require_room, said
from app.worker.tasks import TaskRunner
from app.worker_specs import ImageTask, TrainSpec, as_json
from core.config import DmadConfig
from core.needs import Needs, Work, estimate
from storage.blobs import BlobStore
from tests.services.parts import part
from tests.small import SMALL

CONFIG = DmadConfig()
WORK = Work(1024, 232, {"bolt": 100, "cap": 20}, 3, 500, 400, is_new=True)
NEEDS = Needs(features=200, version=30, scores=4, temporary=50, memory=1000)


def silent(_: object) -> None:
    pass


def test_estimate_counts_what_is_written() -> None:
    needs = estimate(WORK, CONFIG)

    assert needs.features == 400 * (1024 * 232 * 2 + 1024 * 8 * 2)
    rows = (
        round(0.02 * 100 * 1024) + 1000 + CONFIG.outlier_limit + 2 * 3 * 1024
    )  # 2 % of 20 images is below 1,000
    assert needs.version == rows * (232 * 4 + 44)
    assert needs.scores > 500 * 1024 * 2  # the patch scores alone


def test_memory_grows_with_the_largest_product_of_a_new_model_only() -> None:
    larger = replace(WORK, good={"bolt": 200, "cap": 20})
    grown = estimate(larger, CONFIG).memory - estimate(WORK, CONFIG).memory
    taught = replace(WORK, is_new=False), replace(larger, is_new=False)

    assert grown > 100 * 1024 * CONFIG.coreset_projection * 4  # 100 images' points
    assert estimate(taught[1], CONFIG).memory - estimate(taught[0], CONFIG).memory < grown / 5
    assert (
        estimate(replace(WORK, good={"bolt": 100, "cap": 100}), CONFIG).memory
        < estimate(larger, CONFIG).memory
    )


def test_many_points_lie_on_the_disk_or_on_the_gpu() -> None:
    many = replace(WORK, good={"bolt": 5000})
    points = 5000 * 1024 * CONFIG.coreset_projection * 4
    here, on_gpu = estimate(many, CONFIG), estimate(replace(many, on_gpu=True), CONFIG)

    assert (here.temporary, on_gpu.temporary) == (points, 0)
    assert on_gpu.memory - here.memory == points
    assert estimate(WORK, CONFIG).temporary == 0


def test_room_that_is_just_enough_is_enough() -> None:
    require_room(NEEDS, 1000, Room(disk=234, temporary=50, memory=1000), Path("w"))
    require_room(
        NEEDS, 0, Room(disk=34, temporary=50, memory=None), Path("w")
    )  # a full cache makes place for what is new


@pytest.mark.parametrize(
    ("room", "says"),
    [
        (
            Room(disk=233, temporary=50, memory=1000),
            "not enough disk space.*about 0.0 MB, and 0.0 MB are free.*Free some space",
        ),
        (
            Room(disk=234, temporary=50, memory=999),
            "not enough memory.*0.0 MB of this machine are free.*fewer good images",
        ),
        (Room(disk=234, temporary=50, memory=999, memory_of="the GPU"), "of the GPU are free"),
        (Room(disk=234, temporary=49, memory=1000), "temporary files.*0.0 MB are free in.*TMPDIR"),
    ],
)
def test_too_little_room_is_a_sentence(room: Room, says: str) -> None:
    with pytest.raises(NotEnoughRoomError, match=says):
        require_room(NEEDS, 1000, room, Path("w"))


def test_sizes_are_said_for_a_person() -> None:
    assert [said(size) for size in (700_000, 850_000_000, 3_240_000_000)] == ["0.7 MB", "850 MB", "3.2 GB"]


def test_memory_is_read_as_the_system_writes_it(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  24684096 kB\nMemAvailable:   1000 kB\n")
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("3000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 500000\n")

    assert _available(tmp_path / "meminfo") == 1_024_000
    assert _left_in_container(tmp_path) == 2_500_000
    (tmp_path / "memory.max").write_text("max\n")
    assert _left_in_container(tmp_path) is None
    assert _available(tmp_path / "nowhere") is None


def test_memory_is_left_for_files_that_are_scored_meanwhile(
    tmp_path: Path, stored: Callable[[int], ImageTask]
) -> None:
    enough_for_the_job_alone = Room(disk=10**12, temporary=10**12, memory=600_000_000)
    images = tuple(stored(seed) for seed in range(1, 5))
    spec = TrainSpec(str(tmp_path), None, SMALL.to_json(), images, (), images)

    with pytest.raises(NotEnoughRoomError, match="not enough memory"):
        TaskRunner(tmp_path, "cpu", lambda *_: enough_for_the_job_alone).run("train", as_json(spec), silent)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[int], ImageTask]:
    blobs = BlobStore(tmp_path / "blobs")
    return lambda seed: ImageTask(seed, seed, "plate", blobs.put(part(seed).png))


def test_training_is_refused_before_an_image_is_looked_at(
    tmp_path: Path, stored: Callable[[int], ImageTask]
) -> None:
    measured: list[torch.device] = []

    def no_room(workspace: Path, device: torch.device) -> Room:
        measured.append(device)
        return Room(disk=100_000, temporary=0, memory=None)

    images = tuple(stored(seed) for seed in range(1, 5))
    spec = TrainSpec(str(tmp_path), None, SMALL.to_json(), images, (), images)

    with pytest.raises(NotEnoughRoomError, match=r"this needs about 0\.7 MB, and 0\.1 MB are free"):
        TaskRunner(tmp_path, "cpu", no_room).run("train", as_json(spec), silent)

    assert measured == [torch.device("cpu")]
    assert not list((tmp_path / "cache").rglob("*.npy"))
