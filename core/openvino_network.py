"""The feature graph in OpenVINO, on the CPU. The only file that imports openvino.

Shapes in this file
    B  images      S  pixels of the square image's side      N  patches of an image      C  feature dimension
"""

from __future__ import annotations

import sys
import warnings
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.networks import FeatureGraph


class OpenVinoNetwork:
    """Computes each image by itself, so that it has the same bits alone and in any batch.

    A batch is spread over the cores, one image to each; one image alone gets all of them. Both give equal bits.
    """

    runtime = "openvino-float32"

    def __init__(self, graph: FeatureGraph, size: int) -> None:
        """
        Raises:
            ImportError: OpenVINO is not installed.
            RuntimeError: it can't take the graph.
        """
        self._openvino = _imported()
        self._model = _converted(self._openvino, graph, size)
        self._threads = torch.get_num_threads()

    def run(self, images: NDArray[np.uint8]) -> Tensor:
        """(B, S, S, 3) uint8 -> (B, N, C) float32 on the CPU."""
        if len(images) == 1:
            found = self._for_one.infer([images], share_inputs=True, share_outputs=False)[0]
            return torch.from_numpy(found)
        result = torch.empty((len(images), *self._output))
        held = result.numpy()
        waiting: list[tuple[Any, int]] = []
        for number in range(len(images)):
            if len(waiting) == len(self._for_many):
                request = self._collect(waiting.pop(0), held)
            else:
                request = self._for_many[len(waiting)]
            request.start_async([images[number : number + 1]], share_inputs=True)
            waiting.append((request, number))
        for entry in waiting:
            self._collect(entry, held)
        return result

    def _collect(self, entry: tuple[Any, int], held: NDArray[np.float32]) -> Any:
        request, number = entry
        request.wait()
        held[number] = request.get_output_tensor(0).data[0]
        return request

    @cached_property
    def _output(self) -> tuple[int, int]:
        _, patches, channels = self._model.outputs[0].shape
        return int(patches), int(channels)

    @cached_property
    def _for_one(self) -> Any:
        return self._compiled(streams=1).create_infer_request()

    @cached_property
    def _for_many(self) -> list[Any]:
        compiled = self._compiled(streams=self._threads)
        return [compiled.create_infer_request() for _ in range(self._threads)]

    def _compiled(self, streams: int) -> Any:
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": streams,
        }
        return self._openvino.Core().compile_model(self._model, "CPU", settings)


def _imported() -> Any:
    # Importing openvino reports to its makers where this package is there. Nothing leaves this machine.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: "can't be imported"
    import openvino
    import openvino.frontend.pytorch.ts_decoder

    return openvino


def _converted(openvino: Any, graph: FeatureGraph, size: int) -> Any:
    """Trace the graph for one image and hand it to OpenVINO's reader; no file and no other package in between."""
    shape = (1, size, size, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapes become constants, as they should: the size is fixed
        decoder = openvino.frontend.pytorch.ts_decoder.TorchScriptPythonDecoder(
            graph, example_input=torch.zeros(shape, dtype=torch.uint8)
        )
        reader = openvino.frontend.FrontEndManager().load_by_framework("pytorch")
        model = reader.convert(reader.load(decoder))
    model.reshape(list(shape))
    return model
