"""The rows of the comparison: how each system is trained and what it says of the test images.

patchcore      anomalib's PatchCore: one bank for all products, same coreset ratio, its own score and map
without_banks  SimpleNet's idea: our head that sees the patch alone
distance       our bank distance alone
paper          DMAD with the paper's settings on this network; one seed, capped epochs
default        what Twinbank does
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.patchcore import judge_with_patchcore
from benchmarks.accuracy.protocol import Judged, Protocol
from benchmarks.accuracy.without_banks import patch_scores, train_without_banks
from benchmarks.peer_environment import Peer
from core.calibration import image_score
from core.comparison import compare_training_images
from core.config import DmadConfig
from core.detector import DualMemoryDetector, ImageScore
from core.evaluation.protocol import fit_detector
from core.heatmap import pixel_map
from core.pixel_metrics import SIZE
from core.replay import PoolBuilder
from core.teaching import teach
from core.training import BankTables

PATCHCORE, WITHOUT_BANKS, DISTANCE, PAPER, DEFAULT = ROWS = (
    "patchcore",
    "without_banks",
    "distance",
    "paper",
    "default",
)


class Systems:
    """Trains what a row needs, once per seed and number seen, and judges with it."""

    def __init__(self, protocol: Protocol, peer: Peer | None, paper_epochs: int) -> None:
        self._protocol, self._peer, self._paper_epochs = protocol, peer, paper_epochs
        self._fits: dict[tuple[str, int], DualMemoryDetector] = {}
        self._taught: dict[tuple[str, int, int], DualMemoryDetector] = {}

    def judge(self, row: str, seed: int, seen: int) -> Iterator[Judged]:
        """Judge all test images of a seed with a system that has seen so many defects of each product."""
        if row == PATCHCORE:
            assert self._peer is not None, "the command leaves the row out without a peer"
            return judge_with_patchcore(self._protocol, self._peer, seed)
        if row == WITHOUT_BANKS:
            return self._without_banks(seed, seen)
        return self._ours(row, seed, seen)

    def note(self, row: str) -> str:
        """Say what must be known to read a row."""
        if row == PAPER:
            return (
                f"paper: {self._paper_epochs} of its 48 epochs, one seed, this network's features averaged as ours; "
                "its noise was tuned to another network"
            )
        if row == PATCHCORE:
            return "patchcore: learns nothing from seen defects; its coreset's picks were made by our exact greedy"
        return ""

    def _ours(self, row: str, seed: int, seen: int) -> Iterator[Judged]:
        detector = self._detector(row, seed, seen)
        pick: Callable[[ImageScore], tuple[float, NDArray[np.float32]]] = (
            (lambda s: (s.distance_score, s.distance))
            if row == DISTANCE
            else (lambda s: (s.score, s.combined))
        )
        for image in self._protocol.test_images(seed):
            number = self._protocol.ids.of(image.path)
            features = self._protocol.store.features(image.path)
            found = detector.score(
                features, image.product, own=number, image_id=number, memory=self._protocol.memory
            )
            score, patches = pick(found)
            yield Judged(image, score, pixel_map(patches, (SIZE, SIZE)))

    def _without_banks(self, seed: int, seen: int) -> Iterator[Judged]:
        detector = self._detector(DEFAULT, seed, seen)  # for its standardisation and its pools alone
        protocol, config = self._protocol, replace(self._protocol.config, seed=seed)
        good, lessons = protocol.good(), protocol.lessons(seed, seen)
        builder = PoolBuilder(detector, good, lessons)
        pools = builder.pools(
            compare_training_images(detector, good, lessons, protocol.memory, protocol.report, builder)
        )
        tables = BankTables(detector.normal.features, detector.abnormal.features)
        head = train_without_banks(pools.normal, pools.seen, tables, config)
        for image in protocol.test_images(seed):
            scores = patch_scores(head, detector.standardise(protocol.store.features(image.path)))
            patches = scores.reshape(detector.grid).numpy()
            yield Judged(image, image_score(scores, config.top_patches), pixel_map(patches, (SIZE, SIZE)))

    def _detector(self, row: str, seed: int, seen: int) -> DualMemoryDetector:
        kind = PAPER if row == PAPER else DEFAULT
        place = (kind, seed, seen)
        if place not in self._taught:
            protocol, fitted = self._protocol, self._fit(kind, seed)
            lessons = protocol.lessons(seed, seen)
            self._taught[place] = (
                teach(
                    fitted,
                    protocol.good(),
                    lessons,
                    memory=protocol.memory,
                    always_train=kind == PAPER,
                    report=protocol.report,
                )
                if lessons
                else fitted
            )
        return self._taught[place]

    def _fit(self, kind: str, seed: int) -> DualMemoryDetector:
        if (kind, seed) not in self._fits:
            protocol = self._protocol
            config = replace(self._paper_config() if kind == PAPER else protocol.config, seed=seed)
            self._fits[kind, seed] = fit_detector(
                protocol.good(), config, protocol.store, protocol.memory, protocol.report
            )
        return self._fits[kind, seed]

    def _paper_config(self) -> DmadConfig:
        ours = self._protocol.config
        return replace(
            DmadConfig.paper(),
            backbone=ours.backbone,
            aggregation=ours.aggregation,
            image_size=ours.image_size,
            epochs=self._paper_epochs,
        )
