"""Detector <-> folder: safetensors named by their SHA-256, and a JSON manifest. No pickle anywhere.

A segment that two versions share is one file, so a hundred lessons do not store a hundred banks.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.banks import AbnormalBank, NormalBank, PaintedLesson, Provenance, Segment
from core.calibration import ProductCalibration, Scale
from core.config import DmadConfig
from core.detector import DualMemoryDetector
from core.score_mapper import Head

FORMAT = 2
MANIFEST = "manifest.json"
SEGMENTS = "segments"


class BundleError(RuntimeError):
    """A stored model can't be read; the message says which file and what is wrong with it."""


def save_detector(detector: DualMemoryDetector, folder: Path) -> Path:
    """Write `folder`/manifest.json and `folder`/segments/<sha256>.safetensors; return the manifest's path.

    Equal detectors give equal bytes.
    """
    segments = folder / SEGMENTS
    segments.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}

    def keep(name: str, tensors: Mapping[str, Tensor]) -> None:
        data = save(
            {
                key: value.detach().cpu().clone(memory_format=torch.contiguous_format)
                for key, value in tensors.items()
            }
        )
        names[name] = hashlib.sha256(data).hexdigest()
        target = segments / f"{names[name]}.safetensors"
        if not target.exists():
            target.write_bytes(data)

    keep("standardisation", {"mean": detector.mean, "std": detector.std})
    keep("usual", {"usual": detector.usual})
    described = [_keep_segment(segment, keep) for segment in detector.normal.segments]
    outliers = _keep_segment(detector.abnormal.outliers, keep)
    lessons = []
    for lesson in detector.abnormal.lessons:
        keep(f"radii/{lesson.lesson_id}", {"radii": lesson.radii})
        lessons.append(
            {
                "lesson_id": lesson.lesson_id,
                "image_id": lesson.image_id,
                "own_id": lesson.own_id,
                "product": lesson.product,
                "painted": _keep_segment(lesson.painted, keep),
                "centres": _keep_segment(lesson.centres, keep),
            }
        )
    for number, head in enumerate(detector.heads):
        keep(f"head/{number}", head.state_dict())
    manifest = {
        "format": FORMAT,
        "config": json.loads(detector.config.to_json()),
        "fingerprint": detector.fingerprint,
        "grid": list(detector.grid),
        "segments": names,
        "normal": described,
        "outliers": outliers,
        "lessons": lessons,
        "calibrations": {product: asdict(value) for product, value in sorted(detector.calibrations.items())},
    }
    path = folder / MANIFEST
    temporary = folder / f".{MANIFEST}.part"
    temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(temporary, path)
    return path


def load_detector(manifest: Path, segments: Path, device: torch.device | None = None) -> DualMemoryDetector:
    """Read a detector; every file's hash is checked.

    Args:
        manifest: the manifest file.
        segments: the folder of <sha256>.safetensors.

    Raises:
        BundleError: a file is missing or damaged, or the model was made by a newer version.
    """
    device = device or torch.device("cpu")
    try:
        content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"the model description {manifest.name} can't be read: {error}") from error
    if content.get("format") != FORMAT:
        raise BundleError(
            f"the model has format {content.get('format')}; this Twinbank reads format {FORMAT}: "
            "build a new first model"
        )

    def read(name: str) -> dict[str, Tensor]:
        return _read(segments / f"{content['segments'][name]}.safetensors", content["segments"][name])

    config = DmadConfig.from_json(json.dumps(content["config"]))
    standard = read("standardisation")
    channels = standard["mean"].shape[0]
    lessons = [
        PaintedLesson(
            entry["lesson_id"],
            entry["image_id"],
            entry["own_id"],
            entry["product"],
            _read_segment(entry["painted"], read, device),
            _read_segment(entry["centres"], read, device),
            read(f"radii/{entry['lesson_id']}")["radii"],
        )
        for entry in content["lessons"]
    ]

    head_count = sum(name.startswith("head/") for name in content["segments"])
    return DualMemoryDetector(
        config=config,
        fingerprint=content["fingerprint"],
        grid=(content["grid"][0], content["grid"][1]),
        mean=standard["mean"].to(device),
        std=standard["std"].to(device),
        normal=NormalBank([_read_segment(entry, read, device) for entry in content["normal"]]),
        abnormal=AbnormalBank(_read_segment(content["outliers"], read, device), lessons),
        heads=tuple(
            _read_head(read(f"head/{number}"), channels, config, device, has_seen=bool(lessons))
            for number in range(head_count)
        ),
        usual=read("usual")["usual"].to(device),
        calibrations={product: _calibration(entry) for product, entry in content["calibrations"].items()},
    )


def _keep_segment(segment: Segment, keep: Any) -> dict[str, Any]:
    provenance = {f"provenance.{key}": value for key, value in vars(segment.provenance).items()}
    keep(segment.name, {"features": segment.features, **provenance})
    return {
        "name": segment.name,
        "product": segment.product,
        "lesson": segment.lesson,
        "defect_types": list(segment.defect_types),
        "built_from": sorted(segment.built_from),
    }


def _read_segment(entry: dict[str, Any], read: Any, device: torch.device) -> Segment:
    tensors = read(entry["name"])
    fields = ("ids", "images", "owners", "cells", "types", "coverage")
    return Segment(
        name=entry["name"],
        features=tensors["features"].to(device),
        provenance=Provenance(*(tensors[f"provenance.{name}"] for name in fields)),
        product=entry["product"],
        lesson=entry["lesson"],
        defect_types=tuple(entry["defect_types"]),
        built_from=frozenset(entry["built_from"]),
    )


def _read_head(
    state: dict[str, Tensor], channels: int, config: DmadConfig, device: torch.device, *, has_seen: bool
) -> Head:
    attends = config.attends(has_seen=has_seen)
    head = Head(channels, config.head_width, attention=attends, abnormal=config.abnormal_knowledge)
    head.load_state_dict(state)
    return head.eval().requires_grad_(False).to(device)


def _calibration(entry: dict[str, Any]) -> ProductCalibration:
    return ProductCalibration(
        **{
            **entry,
            "distance": Scale(**entry["distance"]),
            "surprise": Scale(**entry["surprise"]),
            "head": Scale(**entry["head"]),
        }
    )


def _read(path: Path, expected: str) -> dict[str, Tensor]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(f"the model file {path.name} can't be read: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise BundleError(f"the model file {path.name} is damaged: its SHA-256 is {found}")
    try:
        return load(data)
    except SafetensorError as error:
        raise BundleError(f"the model file {path.name} can't be read: {error}") from error
