"""Feature and neighbour caches: within a budget, damaged files are misses, never an error."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from storage.cache_files import CacheFiles
from storage.feature_cache import FeatureCache
from storage.neighbour_cache import NeighbourCache, NeighbourEntry
from storage.painted_cache import PaintedCache, PaintedEntry, image_name

FEATURES = np.arange(12, dtype=np.float16).reshape(4, 3)


def sha(number: int) -> str:
    return f"{number:064x}"


def one_file(folder: Path) -> Path:
    (path,) = folder.rglob("*.npy")
    return path


def test_features_come_back_as_a_memory_map(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path)

    assert cache.get("lite0", sha(1)) is None
    assert cache.put("lite0", sha(1), FEATURES)
    found = cache.get("lite0", sha(1))

    assert not found.flags.owndata and not found.flags.writeable  # mapped
    assert np.array_equal(found, FEATURES)
    assert not found.flags.writeable
    assert cache.get("another encoder", sha(1)) is None
    assert one_file(tmp_path) == tmp_path / "lite0" / "00" / f"{sha(1)}.npy"


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "foreign"])
def test_damaged_file_is_a_miss_and_goes_away(tmp_path: Path, damage: str) -> None:
    FeatureCache(tmp_path).put("lite0", sha(1), FEATURES)
    path = one_file(tmp_path)
    data = bytearray(path.read_bytes())
    data[-12] ^= 1
    path.write_bytes({"flipped": bytes(data), "cut": data[:-9], "empty": b"", "foreign": b"x" * 500}[damage])

    cache = FeatureCache(tmp_path)

    assert cache.get("lite0", sha(1)) is None
    assert not path.exists()
    assert cache.put("lite0", sha(1), FEATURES)
    assert np.array_equal(cache.get("lite0", sha(1)), FEATURES)  # type: ignore[arg-type]


def test_longest_unused_features_are_evicted_first(tmp_path: Path) -> None:
    FeatureCache(tmp_path).put("lite0", sha(0), FEATURES)
    size = one_file(tmp_path).stat().st_size
    cache = FeatureCache(tmp_path, budget_bytes=4 * size)
    for number in range(1, 4):
        cache.put("lite0", sha(number), FEATURES)
    for age, number in enumerate([3, 1, 2, 0]):  # 0 was asked for last
        path = tmp_path / "lite0" / "00" / f"{sha(number)}.npy"
        os.utime(path, ns=(age * 10**9, path.stat().st_mtime_ns))
    assert cache.get("lite0", sha(1)) is not None

    cache.put("lite0", sha(4), FEATURES)

    assert {number for number in range(5) if cache.get("lite0", sha(number)) is not None} == {0, 1, 4}
    assert cache.used_bytes() <= cache.budget_bytes == 4 * size


def test_mapped_features_stay_readable_after_eviction(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, budget_bytes=200)
    cache.put("lite0", sha(1), FEATURES)
    found = cache.get("lite0", sha(1))
    cache.put("lite0", sha(2), FEATURES)

    assert cache.get("lite0", sha(1)) is None
    assert np.array_equal(found, FEATURES)  # type: ignore[arg-type]


def test_cache_that_cannot_keep_says_so_and_goes_on(tmp_path: Path) -> None:
    assert not FeatureCache(tmp_path, budget_bytes=10).put("lite0", sha(1), FEATURES)
    (tmp_path / "lite0").write_text("in the way")
    assert not FeatureCache(tmp_path).put("lite0", sha(1), FEATURES)
    with pytest.raises(ValueError, match="float32"):
        FeatureCache(tmp_path).put("lite0", sha(1), FEATURES.astype(np.float32))  # type: ignore[arg-type]


def test_neighbours_come_back_by_image_and_segment(tmp_path: Path) -> None:
    cache = NeighbourCache(tmp_path)
    entry = NeighbourEntry(np.array([0.5, np.inf], np.float32), np.array([3, -1], np.int32))

    cache.put("7:own", sha(1), entry)
    found = cache.get("7:own", sha(1))

    assert found is not None
    assert np.array_equal(found.distance, entry.distance) and found.distance.dtype == np.float32
    assert np.array_equal(found.row, entry.row) and found.row.dtype == np.int32
    assert cache.get("7", sha(1)) is None
    assert cache.get("7:own", sha(2)) is None


def test_damaged_neighbours_are_a_miss(tmp_path: Path) -> None:
    entry = NeighbourEntry(np.zeros(2, np.float32), np.zeros(2, np.int32))
    NeighbourCache(tmp_path).put("7", sha(1), entry)
    one_file(tmp_path).write_bytes(b"\x93NUMPY")

    assert NeighbourCache(tmp_path).get("7", sha(1)) is None


def test_neighbours_of_two_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not"):
        NeighbourCache(tmp_path).put(
            "7", sha(1), NeighbourEntry(np.zeros(2, np.float32), np.zeros(3, np.int32))
        )


def test_comparisons_with_a_lesson_come_back_batch_by_batch(tmp_path: Path) -> None:
    cache = PaintedCache(tmp_path)
    of = [PaintedEntry(np.full(2, value, np.float32), np.full(3, np.inf, np.float32)) for value in (1, 2, 3)]
    assert cache.put(sha(1), {image_name("7"): of[0], image_name("8"): of[1]})
    assert cache.put(sha(1), {image_name("9"): of[2]}) and cache.put(sha(2), {})

    found = PaintedCache(tmp_path).get(sha(1))
    assert set(found) == set(map(image_name, "789"))
    assert [found[image_name(key)].of_painted.tolist() for key in "789"] == [[1, 1], [2, 2], [3, 3]]
    assert found[image_name("8")].of_patches.tolist() == [np.inf] * 3
    assert cache.get(sha(2)) == {}


def test_a_damaged_batch_of_comparisons_is_a_miss(tmp_path: Path) -> None:
    PaintedCache(tmp_path).put(
        sha(1), {image_name("7"): PaintedEntry(np.zeros(1, np.float32), np.zeros(1, np.float32))}
    )
    one_file(tmp_path).write_bytes(b"\x93NUMPY")

    assert PaintedCache(tmp_path).get(sha(1)) == {}


def test_many_threads_may_read_at_once(tmp_path: Path) -> None:
    """numpy parses each file's header as Python; on CPython 3.11 two threads doing that fail now and then."""
    files = CacheFiles(tmp_path, 10**9)
    paths = [tmp_path / f"{number}.npy" for number in range(64)]
    for number, path in enumerate(paths):
        files.write(path, np.full(4, number))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(files.read, paths * 40))
    finally:
        sys.setswitchinterval(before)
    assert [int(array[0]) for array in found if array is not None] == [*range(64)] * 40
