"""What a process that computes can do: train a version, score stored images, score files, preview a painting."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.worker.features import FeatureSource, StoredNeighbours
from app.worker.preview import preview
from app.worker.room import MeasureRoom, measure_room, require_room
from app.worker_specs import (
    FilesSpec,
    FileTask,
    ImageTask,
    LessonTask,
    PreviewSpec,
    ScoreLine,
    ScoreSpec,
    TrainSpec,
    write_score_line,
)
from core import bundle
from core.config import DmadConfig
from core.detector import LIMIT, DualMemoryDetector, ImageScore, UnknownProductError
from core.device import choose_device
from core.encoder import build_encoder
from core.extraction import Encoded, Unreadable
from core.images import ImageRefusedError
from core.needs import Work, estimate
from core.progress import Progress, Report
from core.side_by_side import side_by_side
from core.teaching import Fitted, GoodImage, Lesson, fit, teach
from storage.blobs import BlobStore
from storage.feature_cache import FeatureCache
from storage.masks import decode_mask
from storage.neighbour_cache import NeighbourCache
from storage.painted_cache import PaintedCache

SCORES_FILE = "scores.jsonl"
VERSION_FOLDER = "version"
DETECTORS_KEPT = 3
SCORING_PROCESS = 700_000_000  # bytes of the process that scores files, which may start while a job runs
STAGE_LOADING = "Loading the model"
STAGE_SCORING = "Judging all images"


class UnknownTaskError(ValueError):
    """The owner asked for a task this process does not know."""


class TaskRunner:
    """Holds what stays loaded between tasks: the encoder and the last detectors."""

    def __init__(self, workspace: Path, device: str, measure_room: MeasureRoom = measure_room) -> None:
        self._workspace = workspace
        self._measure_room = measure_room
        self._choice = choose_device(device)
        self._blobs = BlobStore(workspace / "blobs")
        self._features = FeatureCache(workspace / "cache" / "features")
        self._neighbours = NeighbourCache(workspace / "cache" / "neighbours")
        self._painted = PaintedCache(workspace / "cache" / "painted")
        self._segments = workspace / "models" / "segments"
        self._sources: dict[str, FeatureSource] = {}
        self._detectors: dict[str, DualMemoryDetector] = {}
        self._noted: set[str] = set()  # sentences that the log has already
        _log(self._choice.reason)

    def run(self, task: str, spec: Mapping[str, Any], report: Report) -> dict[str, Any]:
        """Carry out one task and return its result, ready for JSON."""
        if task == "train":
            return self._train(TrainSpec.from_json(spec), report)
        if task == "score":
            return self._score(ScoreSpec.from_json(spec), report)
        if task == "score_files":
            return self._score_files(FilesSpec.from_json(spec), report)
        if task == "preview":
            return self._preview(PreviewSpec.from_json(spec))
        if task == "warm_up":
            self._source(DmadConfig())
            return {"device": self._choice.reason}
        raise UnknownTaskError(f"this process knows no task {task!r}")

    def _train(self, spec: TrainSpec, report: Report) -> dict[str, Any]:
        started = time.monotonic()
        report(Progress(STAGE_LOADING, 0, 1))
        parent = self._detector(spec.parent_manifest) if spec.parent_manifest else None
        config = (
            parent.config if parent else DmadConfig.from_json(spec.config) if spec.config else DmadConfig()
        )
        source = self._source_for(parent) if parent else self._source(config)
        lesson_images = [lesson.image for lesson in spec.lessons]
        self._require_room(spec.good, lesson_images, spec.score, source, config, parent is None)
        source.prepare([*spec.good, *lesson_images, *spec.score], report)
        memory = self._memory([*spec.good, *lesson_images, *spec.score], source)
        good = [GoodImage(i.image_id, i.own_id, i.product, source.of(i)) for i in spec.good]
        lessons = [self._lesson(lesson, source) for lesson in spec.lessons]
        if parent is not None:
            made = Fitted(teach(parent, good, lessons, memory=memory, report=report))
        else:
            made = fit(
                good,
                lambda: source.outliers(config.seed),
                config,
                fingerprint=source.encoder.fingerprint,
                grid=source.encoder.grid,
                lessons=lessons,
                device=self._choice.device,
                memory=memory,
                report=report,
            )
        folder = Path(spec.staging) / VERSION_FOLDER
        bundle.save_detector(made.detector, folder)
        trained = time.monotonic() - started
        scores = self._score_all(made.detector, spec.score, source, Path(spec.staging), memory, report)
        return {
            "folder": str(folder),
            "scores": str(scores),
            "products": list(made.detector.products),
            "config": asdict(config),
            "report": self._report(made, trained, time.monotonic() - started),
        }

    def _score(self, spec: ScoreSpec, report: Report) -> dict[str, Any]:
        report(Progress(STAGE_LOADING, 0, 1))
        detector = self._detector(spec.manifest)
        source = self._source_for(detector)
        self._require_room((), (), spec.images, source, detector.config, is_new=False)
        source.prepare(spec.images, report)
        memory = self._memory(spec.images, source)
        return {
            "scores": str(self._score_all(detector, spec.images, source, Path(spec.staging), memory, report))
        }

    def _score_files(self, spec: FilesSpec, report: Report) -> dict[str, Any]:
        file = Path(spec.staging) / SCORES_FILE
        source = self._source_for(self._detector(spec.guess_manifest))
        encoded = source.of_files(Path(task.path) for task in spec.files)
        with file.open("w", encoding="utf-8") as lines:
            for number, (task, found) in enumerate(zip(spec.files, encoded, strict=True)):
                report(Progress("Scoring files", number, len(spec.files)))
                lines.write(write_score_line(self._file_line(spec, task, found)) + "\n")
        report(Progress("Scoring files", len(spec.files), len(spec.files)))
        return {"scores": str(file), "device": self._choice.reason}

    def _preview(self, spec: PreviewSpec) -> dict[str, Any]:
        detector = self._detector(spec.manifest)
        source = self._source_for(detector)
        memory = self._memory([*spec.good, *spec.images], source)
        lesson = self._lesson(spec.lesson, source)
        found = preview(detector, lesson, spec.good, spec.images, source.cached, memory, spec.seconds)
        memory.flush()
        return {"scores": [asdict(score) for score in found]}

    def _file_line(self, spec: FilesSpec, task: FileTask, found: Encoded | Unreadable) -> ScoreLine:
        try:
            if isinstance(found, Unreadable):
                raise found.error
            features = found.features
            guide = self._detector(spec.guess_manifest)
            product = task.product or guide.guess_product(features)
            if product not in spec.manifests:
                raise UnknownProductError(f"no version is in use for {product}")
            detector = self._detector(spec.manifests[product])
            if detector.fingerprint != guide.fingerprint:
                features = self._source_for(detector).of_file(Path(task.path))
            line = score_line(detector, detector.score(features, product), -1, task.name, product)
            return replace(line, size=found.size)
        except (ImageRefusedError, UnknownProductError, OSError) as error:
            return refused_line(task.name, task.product or "", str(error))

    def _score_all(
        self,
        detector: DualMemoryDetector,
        images: Sequence[ImageTask],
        source: FeatureSource,
        staging: Path,
        memory: StoredNeighbours,
        report: Report,
    ) -> Path:
        known = [image for image in images if image.product in detector.calibrations]
        file = staging / SCORES_FILE

        def judged(image: ImageTask) -> str:
            result = detector.score(
                source.of(image)(),
                image.product,
                own=image.own_id,
                image_id=image.image_id,
                memory=memory,
                allow_taught=True,
            )
            return write_score_line(score_line(detector, result, image.image_id, "", image.product))

        with file.open("w", encoding="utf-8") as lines:
            for number, line in enumerate(side_by_side(judged, known, self._choice.device)):
                report(Progress(STAGE_SCORING, number, len(known)))
                lines.write(line + "\n")
        report(Progress(STAGE_SCORING, len(known), len(known)))
        memory.flush()
        return file

    def _memory(self, images: Sequence[ImageTask], source: FeatureSource) -> StoredNeighbours:
        return StoredNeighbours(self._neighbours, self._painted, images, source.encoder, self._choice.device)

    def _lesson(self, task: LessonTask, source: FeatureSource) -> Lesson:
        mask: Callable[[str], Any] = lambda sha: decode_mask(self._blobs.get(sha))  # noqa: E731
        return Lesson(
            lesson_id=task.revision_id,
            image_id=task.image.image_id,
            own_id=task.image.own_id,
            product=task.image.product,
            features=source.of(task.image),
            layers=tuple((defect_type, mask(sha)) for defect_type, sha in task.layers),
            ignore=mask(task.ignore_sha256) if task.ignore_sha256 else None,
            complete=task.complete,
        )

    def _report(self, made: Fitted, trained: float, seconds: float) -> dict[str, Any]:
        detector = made.detector
        learnt = {lesson.lesson_id: len(lesson.painted) for lesson in detector.abnormal.lessons}
        calibrations = detector.calibrations.values()
        return {
            "learnt_patches": {str(lesson): count for lesson, count in learnt.items()},
            "products": {
                c.product: {
                    "limit_rule": c.rule,
                    "why": c.evidence,
                    "good_images": c.images,
                    "uses_painted": c.head_share > 0 or c.resemblance > 0,
                }
                for c in calibrations
            },
            "suspects": list(made.suspects),
            "device": self._choice.reason,
            "training_seconds": round(trained, 2),
            "seconds": round(seconds, 2),
        }

    def _require_room(
        self,
        good: Sequence[ImageTask],
        painted: Sequence[ImageTask],
        scored: Sequence[ImageTask],
        source: FeatureSource,
        config: DmadConfig,
        is_new: bool,
    ) -> None:
        """Refuse a job for which disk or memory is too small, a line's files that may come meanwhile counted in.

        Raises:
            NotEnoughRoomError: nothing was begun.
        """
        missing = source.missing([*good, *painted, *scored])
        height, width = source.encoder.grid
        work = Work(
            patches=height * width,
            channels=source.encoder.channels,
            good=Counter(image.product for image in good),
            lessons=len(painted),
            scored=len(scored),
            missing_features=len(missing),
            is_new=is_new,
            on_gpu=self._choice.device.type == "cuda",
        )
        caches = (self._features, self._neighbours)
        left = sum(max(0, cache.budget_bytes - cache.used_bytes()) for cache in caches) if missing else 0
        room = self._measure_room(self._workspace, self._choice.device)
        needs = estimate(work, config)
        require_room(replace(needs, memory=needs.memory + SCORING_PROCESS), left, room, self._workspace)

    def _source(self, config: DmadConfig) -> FeatureSource:
        key = f"{config.backbone}/{config.image_size}/{config.aggregation}"
        if key not in self._sources:
            encoder = build_encoder(config, self._choice.device)
            _log(encoder.reason)
            self._sources[key] = FeatureSource(encoder, self._blobs, self._features)
        return self._sources[key]

    def _source_for(self, detector: DualMemoryDetector) -> FeatureSource:
        """Return what gives the features the detector was built with.

        Raises:
            EncoderMismatchError: this machine's encoder gives others.
        """
        source = self._source(detector.config)
        note = source.encoder.require(detector.fingerprint)
        if note is not None and note not in self._noted:
            self._noted.add(note)
            _log(note)
        return source

    def _detector(self, manifest: str) -> DualMemoryDetector:
        if manifest not in self._detectors:
            if len(self._detectors) >= DETECTORS_KEPT:
                self._detectors.pop(next(iter(self._detectors)))
            self._detectors[manifest] = bundle.load_detector(
                Path(manifest), self._segments, self._choice.device
            )
        return self._detectors[manifest]


def _log(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def score_line(
    detector: DualMemoryDetector, result: ImageScore, image_id: int, name: str, product: str
) -> ScoreLine:
    """Return a score as it is stored: a float16 grid, never a rendered heatmap."""
    return ScoreLine(
        image_id=image_id,
        name=name,
        product=product,
        score=result.score,
        limit=LIMIT,
        rule=detector.calibration(product).rule,
        is_reject=result.is_reject,
        taught=result.taught,
        distance=result.distance_score,
        head=result.head_score,
        head_weight=result.head_weight,
        grid=detector.grid,
        patch_scores=result.combined.astype("float16").tobytes(),
        evidence=asdict(result.evidence),
    )


def refused_line(name: str, product: str, reason: str) -> ScoreLine:
    return ScoreLine(-1, name, product, 0.0, LIMIT, "", False, False, 0.0, None, 0.0, (0, 0), b"", {}, reason)
