"""A model is loaded only if it is the declared one, and computes the same to the digit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from coverslip.analysis.errors import ModelChecksumWrong, ModelUnreadable
from coverslip.analysis.models.runtime import Model
from coverslip.errors import CoverslipError


def field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protocol buffer: a varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tensor(name: str, channels: int) -> bytes:
    """A float tensor of (1, channels, height, width), height and width free; `ValueInfoProto` of ONNX."""
    sizes = [field(1, 1), field(1, channels), field(2, "height"), field(2, "width")]
    shape = b"".join(field(1, size) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def tiny_model(operation: str = "Relu") -> bytes:
    """y = operation(x), written by hand after onnx.proto: no package is needed to make it."""
    node = field(1, "x") + field(2, "y") + field(4, operation)
    graph = field(1, node) + field(2, "tiny") + field(11, tensor("x", 3)) + field(12, tensor("y", 3))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_model_computes_what_it_says() -> None:
    data = tiny_model()
    model = Model(data, digest(data))
    x = np.random.default_rng(1).normal(size=(1, 3, 17, 23)).astype(np.float32)
    found = model.compute({"x": x})
    assert (model.inputs, model.outputs) == (("x",), ("y",))
    np.testing.assert_array_equal(found["y"], np.maximum(x, 0))


def test_a_model_loads_from_its_file_and_gives_the_same_to_the_digit(tmp_path: Path) -> None:
    data = tiny_model("Sigmoid")
    path = tmp_path / "tiny.onnx"
    path.write_bytes(data)
    x = np.random.default_rng(2).normal(size=(1, 3, 64, 64)).astype(np.float32)
    first, second = (Model.load(path, digest(data)).compute({"x": x})["y"] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32


def test_changed_bytes_are_not_loaded() -> None:
    data = tiny_model()
    with pytest.raises(ModelChecksumWrong) as raised:
        Model(data + b"\0", digest(data), "tiny.onnx")
    assert raised.value.code == "MODEL_CHECKSUM"
    assert raised.value.parameters["expected"] == digest(data)


@pytest.mark.parametrize("data", [b"", b"not a model", tiny_model("NoSuchOperation")])
def test_bytes_that_are_no_network_are_said(data: bytes) -> None:
    with pytest.raises(ModelUnreadable):
        Model(data, digest(data))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable):
        Model.load(tmp_path / "none.onnx", "0" * 64)


@pytest.mark.parametrize("shape", [(1, 4, 8, 8), (3, 8, 8)])
def test_pixels_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    data = tiny_model()
    with pytest.raises(CoverslipError):
        Model(data, digest(data)).compute({"x": np.zeros(shape, np.float32)})
