"""A save may bring only what changed since the revision it names: what is stored is what was painted, or the whole is asked for."""

from collections.abc import Iterator

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from app.canvas import run_lengths
from app.routes.painted_runs import MOST_NUMBERS, KnownPaintings, PaintedRuns
from app.server import build_server
from app.services import Services, open_services
from app.services.errors import SendWholeError
from app.services.views import IncomingFile
from tests.server.conftest import ADA, ADDRESS, LOCAL
from tests.services.parts import SIDE, part

Mask = NDArray[np.bool_]
Content = dict[str, Mask]  # "" is what is ignored
MASK = arrays(np.bool_, (4, 4)).map(lambda small: np.kron(small, np.ones((SIDE // 4, SIDE // 4), bool)))
CONTENT = st.dictionaries(st.sampled_from(["spot", "dent", ""]), MASK)


def change(base: int, before: Content, after: Content, save_id: str) -> dict[str, object]:
    """What the painter sends."""
    nothing = np.zeros((SIDE, SIDE), bool)
    layers = {name: mask for name, mask in after.items() if name and mask.any()}
    ignore = after.get("", nothing)
    toggled = {name: run_lengths.encode(mask ^ before.get(name, nothing)) for name, mask in layers.items()}
    lists = [*map(run_lengths.encode, layers.values()), run_lengths.encode(ignore)]
    return {
        "base_revision": base,
        "layers": [{"defect_type": name, "runs": runs} for name, runs in toggled.items()],
        "ignore": run_lengths.encode(ignore ^ before.get("", nothing)),
        "complete": False,
        "save_id": save_id,
        "is_change": True,
        "result": run_lengths.fingerprint(lists),
    }


def stored(client: TestClient, url: str) -> dict[str, bytes]:
    painting = client.get(url).json()
    runs = {layer["defect_type"]: layer["runs"] for layer in painting["layers"]} | {"": painting["ignore"]}
    masks = {name: run_lengths.decode(found, SIDE, SIDE) for name, found in runs.items()}
    return {name: mask.tobytes() for name, mask in masks.items() if mask.any()}


def serve(services: Services) -> TestClient:
    return TestClient(build_server(services, LOCAL), base_url=ADDRESS, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def long_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_services(tmp_path_factory.mktemp("changes") / "workspace", device="cpu")
    yield opened
    opened.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    paintings=st.lists(st.tuples(CONTENT, st.booleans()), min_size=1, max_size=6), seed=st.integers(0, 2**31)
)
def test_changes_lead_to_what_was_painted_also_where_the_server_started_anew(
    long_open: Services, paintings: list[tuple[Content, bool]], seed: int
) -> None:
    files = [IncomingFile("a.png", part(seed).png)]
    (image,) = long_open.importing.import_files(files, f"plate {seed}", "Ada").image_ids or (1,)
    url, client = f"/api/images/{image}/painting", serve(long_open)
    base, before = client.get(url).json()["revision"], {}
    if base:
        return  # the same seed was drawn before
    for number, (after, is_new) in enumerate(paintings):
        client = serve(long_open) if is_new else client
        answer = client.put(url, json=change(base, before, after, f"{seed} {number}"), headers=ADA)
        assert answer.status_code == 200
        base, before = answer.json()["revision"], after
        assert stored(client, url) == {name: mask.tobytes() for name, mask in after.items() if mask.any()}


def test_a_change_that_does_not_lead_there_stores_nothing_and_asks_for_the_whole(
    client: TestClient, image: int
) -> None:
    url = f"/api/images/{image}/painting"
    first, second = part(1, spot=5).mask, part(2, spot=9).mask
    sent = change(0, {}, {"spot": first}, "a")
    assert client.put(url, json=sent, headers=ADA).json()["revision"] == 1

    elsewhere = change(1, {"spot": second}, {"spot": second ^ first}, "b")  # of another painting
    unknown = change(7, {"spot": first}, {"spot": second}, "c")
    unchecked = {**change(1, {"spot": first}, {"spot": second}, "d"), "result": None}
    odd = {**change(1, {"spot": first}, {"spot": second}, "e"), "ignore": [2**70, 1]}

    assert [
        client.put(url, json=body, headers=ADA).status_code for body in (elsewhere, unknown, unchecked)
    ] == [412] * 3
    assert client.put(url, json=odd, headers=ADA).status_code == 400
    assert stored(client, url) == {"spot": first.tobytes()}
    assert client.get(url).json()["revision"] == 1


def test_a_change_of_an_older_revision_is_a_conflict_and_one_sent_twice_is_stored_once(
    client: TestClient, image: int
) -> None:
    url = f"/api/images/{image}/painting"
    first, second = part(1, spot=5).mask, part(2, spot=9).mask
    client.put(url, json=change(0, {}, {"spot": first}, "a"), headers=ADA)
    sent = change(1, {"spot": first}, {"spot": first | second}, "b")

    answers = [client.put(url, json=sent, headers=ADA).json() for _ in range(2)]
    late = client.put(url, json=change(1, {"spot": first}, {"dent": second}, "c"), headers=ADA)

    assert answers[0] == answers[1] and answers[0]["revision"] == 2
    assert late.status_code == 409 and late.json()["painting"]["revision"] == 2
    assert stored(client, url) == {"spot": (first | second).tobytes()}


def test_of_an_image_only_the_newest_painting_is_held_and_of_all_no_more_than_memory_takes() -> None:
    read: list[tuple[int, int]] = []

    def nothing_stored(image_id: int, revision: int) -> None:
        read.append((image_id, revision))

    known = KnownPaintings(nothing_stored)
    small = PaintedRuns((("scratch", [1, 2]),), [])
    large = PaintedRuns((("scratch", list(range(MOST_NUMBERS))),), [])
    nothing = PaintedRuns((("scratch", []),), [])
    known.put(1, 1, small)
    known.put(1, 2, small)
    assert known.after(1, 2, nothing, small.fingerprint()) == small and read == []
    with pytest.raises(SendWholeError):
        known.after(1, 1, nothing, small.fingerprint())
    known.put(2, 1, large)
    with pytest.raises(SendWholeError):
        known.after(1, 2, nothing, small.fingerprint())
    assert read == [(1, 1), (1, 2)]
