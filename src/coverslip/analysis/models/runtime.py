"""Computes an ONNX network on the CPU, alone and repeatably.

A model is named by the SHA-256 of its bytes, which goes into every result it touches. One thread computes one model: a
worker process is the unit of parallelism, and the order of sums then never depends on the machine's load. Why
onnxruntime: `docs/decisions`, measured by `bench/inference.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as native

from coverslip.analysis.errors import ModelChecksumWrong, ModelUnreadable
from coverslip.errors import system_problem

PROVIDERS = ("CPUExecutionProvider",)
REFUSALS = (native.Fail, native.InvalidArgument, native.InvalidGraph, native.InvalidProtobuf, native.NotImplemented)
"""What onnxruntime raises for a file that it cannot compute."""

Tensor = NDArray[np.float32]


class Model:
    """A loaded network. Not shared between threads.

    `digest`: SHA-256 of the bytes, lower-case hex. Raises `ModelChecksumWrong` before anything of the file is
    parsed, `ModelUnreadable` where the runtime refuses it.
    """

    def __init__(self, data: bytes, digest: str, name: str = "model") -> None:
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            raise ModelChecksumWrong(file=name, expected=digest, found=found)
        try:
            self._session = onnxruntime.InferenceSession(data, _options(), providers=list(PROVIDERS))
        except REFUSALS as error:
            raise ModelUnreadable(file=name, problem="model_refused", technical=_first_line(error)) from error
        self.digest = digest
        self.name = name
        self.inputs: tuple[str, ...] = tuple(given.name for given in self._session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(made.name for made in self._session.get_outputs())

    @classmethod
    def load(cls, path: Path, digest: str) -> Model:
        """The model of a file. Raises as the constructor, and `ModelUnreadable` where there is no such file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelUnreadable(file=path.name, problem=system_problem(error)) from error
        return cls(data, digest, path.name)

    def compute(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The network's outputs by name. Raises `ModelUnreadable` where the inputs' shapes do not fit it."""
        try:
            values: list[Any] = self._session.run(list(self.outputs), dict(inputs))
        except (*REFUSALS, native.RuntimeException, ValueError) as error:
            raise ModelUnreadable(file=self.name, problem="model_refused", technical=_first_line(error)) from error
        return {name: np.asarray(value) for name, value in zip(self.outputs, values, strict=True)}


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    return options


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
