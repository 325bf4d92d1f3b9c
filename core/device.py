"""Choose where to compute by trying it: one convolution and one search, not what a driver says of itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.neighbours import gpu_search_works


class DeviceUnavailableError(RuntimeError):
    """The device asked for can't compute; the message says why."""


@dataclass(frozen=True)
class DeviceChoice:
    """Where to compute, and why, in a sentence for a person."""

    device: torch.device
    reason: str


def choose_device(asked: str) -> DeviceChoice:
    """Return the device for "auto", "cpu" or "cuda".

    Raises:
        DeviceUnavailableError: "cuda" was asked for and the trial failed.
        ValueError: for another name.
    """
    if asked not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device {asked!r} is not one of 'auto', 'cpu', 'cuda'")
    if asked == "cpu":
        return DeviceChoice(torch.device("cpu"), "Computing on the CPU, as asked.")
    failure = _trial_failure()
    if failure is None:
        return DeviceChoice(torch.device("cuda"), f"Computing on the GPU {torch.cuda.get_device_name(0)}.")
    if asked == "cuda":
        raise DeviceUnavailableError(f"The GPU can't be used: {failure} Use --device cpu, or auto.")
    return DeviceChoice(torch.device("cpu"), f"Computing on the CPU: {failure}")


def _trial_failure() -> str | None:
    if not torch.cuda.is_available():
        return "torch finds no usable CUDA device."
    try:
        image = torch.ones(1, 3, 32, 32, device="cuda")
        total = torch.nn.functional.conv2d(image, torch.ones(4, 3, 3, 3, device="cuda")).sum().item()
    except RuntimeError as error:
        return f"a trial convolution failed ({error})."
    if total != 4 * 30 * 30 * 27:
        return f"a trial convolution gave {total} instead of {4 * 30 * 30 * 27}."
    return None if gpu_search_works(torch.device("cuda")) else "a trial search failed."
