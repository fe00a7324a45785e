"""Times an ONNX network in the inference runtimes that are installed: seconds of CPU and agreement of the outputs.

usage: python bench/inference.py MODEL.onnx [--size 1024] [--repeat 5]

One thread each, as Coverslip runs them. A runtime that is not installed is left out and named; the outputs of the
others are compared with the first. The network takes one float input of (1, channels, height, width).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]
Compute = Callable[[Tensor], Tensor]


def in_onnxruntime(path: Path) -> Compute:
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: np.asarray(session.run(None, {name: x})[0])


def in_openvino(path: Path) -> Compute:
    openvino = importlib.import_module("openvino")
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    return lambda x: np.asarray(compiled(x)[0])


RUNTIMES: dict[str, Callable[[Path], Compute]] = {"onnxruntime": in_onnxruntime, "openvino": in_openvino}


def installed_mb(package: str) -> float:
    """Size of an installed package's folder."""
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def measure(name: str, path: Path, x: Tensor, repeat: int) -> tuple[dict[str, float | str], Tensor]:
    """Load, warm up, time; the smallest of the repeats, because other work only ever adds."""
    started = time.perf_counter()
    compute = RUNTIMES[name](path)
    y = compute(x)
    first = time.perf_counter() - started
    seconds = []
    for _ in range(repeat):
        begun = time.process_time()
        compute(x)
        seconds.append(time.process_time() - begun)
    best = min(seconds)
    megapixels = x.shape[2] * x.shape[3] / 1e6
    row: dict[str, float | str] = {
        "runtime": name,
        "installed_mb": round(installed_mb(name), 1),
        "load_and_first_s": round(first, 3),
        "cpu_s": round(best, 4),
        "network_mpix_per_cpu_s": round(megapixels / best, 2),
        "source_mpix_per_cpu_s_at_half_spacing": round(4 * megapixels / best, 2),
    }
    return row, y


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--size", type=int, default=1024, help="side of the square input, in pixels")
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    shape = (1, given.channels, given.size, given.size)
    x = np.random.default_rng(0).uniform(-0.7, 0.3, shape).astype(np.float32)
    present = [name for name in RUNTIMES if importlib.util.find_spec(name) is not None]
    if not present:
        sys.stderr.write("no inference runtime is installed\n")
        return 1
    reference: Tensor | None = None
    for name in present:
        row, y = measure(name, given.model, x, given.repeat)
        reference = y if reference is None else reference
        row["largest_difference"] = float(np.abs(y - reference).max())
        print(json.dumps(row))
    for name in RUNTIMES.keys() - set(present):
        print(json.dumps({"runtime": name, "left_out": "not installed"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
