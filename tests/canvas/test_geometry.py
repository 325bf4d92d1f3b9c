"""Pure functions of the painter, run where they run for a person: in Chromium."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.canvas import run_lengths

pytestmark = pytest.mark.browser
Run = Callable[..., Any]

FILL = """
return argument.lines.map(([ax, ay, bx, by, radius]) => {
  const mask = new Uint8Array(argument.width * argument.height);
  module.fillCapsule(ax, ay, bx, by, radius, argument.width, argument.height,
    (y, first, end) => mask.fill(1, y * argument.width + first, y * argument.width + end));
  return [...mask];
});"""


def ideal_capsule(line: list[float], width: int, height: int) -> np.ndarray:
    ax, ay, bx, by, radius = line
    y, x = np.mgrid[0:height, 0:width] + 0.5
    dx, dy = bx - ax, by - ay
    share = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
    return np.hypot(x - ax - share * dx, y - ay - share * dy) <= radius


def test_the_brush_covers_exactly_the_ideal_capsule(run_module: Run) -> None:
    generator = np.random.default_rng(3)
    width, height = 40, 30
    lines = [
        [
            *generator.uniform(-8, 48, 2).tolist(),
            *generator.uniform(-8, 38, 2).tolist(),
            float(generator.uniform(1, 12)),
        ]
        for _ in range(200)
    ]
    lines += [[10.2, 7.3, 10.2, 7.3, 4.1], [5.3, 9.1, 30.2, 9.1, 3.3], [12.4, 3.2, 12.4, 25.7, 2.6]]
    for line, flat in zip(
        lines, run_module("capsule.js", FILL, {"lines": lines, "width": width, "height": height}), strict=True
    ):
        filled = np.array(flat, dtype=bool).reshape(height, width)
        for x, y in ((line[0], line[1]), (line[2], line[3])):  # both ends are always covered
            if 0 <= x < width and 0 <= y < height:
                assert filled[int(y), int(x)]
        assert (filled == ideal_capsule(line, width, height)).all(), line


def test_the_thinnest_brush_leaves_no_gap(run_module: Run) -> None:
    lines = [[2.1, 3.7, 36.4, 21.9, 0.5], [20.2, 1.1, 23.9, 28.8, 0.5], [3.0, 3.0, 30.0, 3.0, 0.5]]
    for line, flat in zip(
        lines, run_module("capsule.js", FILL, {"lines": lines, "width": 40, "height": 30}), strict=True
    ):
        ys, xs = np.nonzero(np.array(flat).reshape(30, 40))
        pixels = set(zip(xs.tolist(), ys.tolist(), strict=True))
        reached, todo = set(), [(int(line[0]), int(line[1]))]
        while todo:
            x, y = todo.pop()
            if (x, y) in pixels and (x, y) not in reached:
                reached.add((x, y))
                todo += [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        assert reached == pixels
        assert (int(line[2]), int(line[3])) in pixels


def test_browser_and_server_write_the_same_runs(run_module: Run) -> None:
    generator = np.random.default_rng(5)
    masks = [generator.random((7, 9)) < share for share in (0, 0.1, 0.5, 0.9, 1)]
    body = """return argument.map((flat) => {
      const mask = Uint8Array.from(flat);
      const runs = module.encode(mask);
      return [runs, [...module.decode(runs, 9, 7)], [...module.takeOut(mask, 9, {x0: 0, y0: 0, x1: 9, y1: 7})], mask.indexOf(1), module.stepsOf(runs)];
    });"""
    answers = run_module("run_lengths.js", body, [mask.astype(int).ravel().tolist() for mask in masks])
    for mask, (runs, decoded, taken, left_over, steps) in zip(masks, answers, strict=True):
        assert runs == run_lengths.encode(mask) == taken == run_lengths.from_steps(steps)
        assert decoded == mask.astype(int).ravel().tolist()
        assert left_over == -1


def test_one_painted_pixel_is_on_every_level_of_the_pyramid(run_module: Run) -> None:
    body = """const pyramid = new module.Pyramid(1023, 517);
      pyramid.bits[300 * 1023 + 1022] = 4;
      pyramid.refresh({x0: 1022, y0: 300, x1: 1023, y1: 301});
      return pyramid.levels.map(({bits}) => bits.reduce((sum, bit) => sum + bit, 0));"""
    sums = run_module("pyramid.js", body)
    assert len(sums) == 3
    assert set(sums) == {4}


def test_merging_keeps_what_both_changed(run_module: Run) -> None:
    content = [  # one line of six pixels: base, mine, theirs
        {"layers": [{"defect_type": "a", "runs": [0, 2]}], "ignore": []},
        {"layers": [{"defect_type": "a", "runs": [1, 2]}], "ignore": [5, 1]},
        {
            "layers": [{"defect_type": "a", "runs": [0, 2, 4, 1]}, {"defect_type": "b", "runs": [3, 1]}],
            "ignore": [],
        },
    ]
    merged = run_module("merge.js", "return module.merge(...argument, 6, 1);", content)
    assert merged == {
        "layers": [{"defect_type": "a", "runs": [1, 2, 4, 1]}, {"defect_type": "b", "runs": [3, 1]}],
        "ignore": [5, 1],
    }


def test_zooming_keeps_the_point_under_the_pointer(run_module: Run) -> None:
    body = """const image = {width: 1000, height: 800}, stage = {width: 600, height: 400};
      const before = module.fit(image, stage);
      const after = module.zoomAt(before, 420, 130, 3, image, stage);
      return [module.toImage(before, 420, 130), module.toImage(after, 420, 130), after.scale / before.scale];"""
    before, after, factor = run_module("view.js", body)
    assert after == pytest.approx(before)
    assert factor == pytest.approx(3)
