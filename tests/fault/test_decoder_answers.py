"""What harms no decoder pool: folders that cannot be looked at, and answers that would send the server astray."""

from __future__ import annotations

import errno
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from coverslip.errors import LOCALES
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.picture import tissue
from coverslip.phantoms.files.svs import write_svs
from coverslip.slides import decoder, isolation, wire
from coverslip.slides.errors import DecoderFailed, SlideError, SlideMissing, SlideUnreachable
from coverslip.slides.isolation import DecoderLimits, DecoderPool, open_isolated

LIMITS = DecoderLimits(memory_mb=1024, seconds=20.0)


@pytest.fixture(scope="module")
def slide_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_svs(tmp_path_factory.mktemp("slide") / "a.svs", tissue(301, 227))


@pytest.mark.parametrize("number", ["EIO", "ESTALE", "EACCES", "ENOENT"])
def test_a_folder_that_cannot_be_looked_at_costs_no_decoder(
    slide_path: Path, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    def fails(path: Path) -> frozenset[Path]:
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))

    with DecoderPool(DecoderLimits(1024, 5.0, 1)) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(isolation, "folders_of", fails)
            for _ in range(3):
                with pytest.raises(SlideMissing if number == "ENOENT" else SlideUnreachable) as caught:
                    pool.open(slide_path)
        for locale in LOCALES:
            assert slide_path.name in caught.value.message(locale)
            assert caught.value.mend(locale)
        assert pool.open(slide_path).properties.width > 0


def test_links_that_lead_in_a_circle_cost_no_decoder(slide_path: Path, tmp_path: Path) -> None:
    (tmp_path / "a.svs").symlink_to(tmp_path / "b.svs")
    (tmp_path / "b.svs").symlink_to(tmp_path / "a.svs")
    with DecoderPool(DecoderLimits(1024, 5.0, 1)) as pool:
        for name in ("a.svs", "x" * 300 + ".svs", "nul\0.svs"):
            with pytest.raises(SlideError):
                pool.open(tmp_path / name)
        assert pool.open(slide_path).properties.width > 0


def test_a_folder_that_hangs_holds_up_no_other_slide(slide_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = threading.Event(), threading.Event()
    honest = decoder.folders_of

    def hangs(path: Path) -> frozenset[Path]:
        if path.name == "far.svs":
            reached.set()
            go_on.wait(30)
            raise OSError(errno.ESTALE, "stale")
        return honest(path)

    monkeypatch.setattr(isolation, "folders_of", hangs)
    with DecoderPool(DecoderLimits(1024, 20.0, 1)) as pool, ThreadPoolExecutor(1) as hand:
        waiting = hand.submit(pool.open, slide_path.with_name("far.svs"))
        assert reached.wait(10)
        assert pool.open(slide_path).properties.width > 0
        go_on.set()
        with pytest.raises(SlideUnreachable):
            waiting.result()


@pytest.mark.parametrize(
    "forged",
    [
        {"stream": -1},
        {"stream": 2**60},
        {"stream_end": 2**63},
        {"table": 2**40},
        {"table": "12"},
        {"table": True},
        {"high_table": -4},
        {"across": 0},
        {"across": 2**31},
        {"down": 10**7},
        {"line_height": 65_536},
        {"line_height": 0},
        {"lines": 0},
        {"lines": 2**20},
        {"height_at": 10**6},
        {"longest": 2**40},
        {"longest": None},
    ],
    ids=str,
)
def test_a_decoder_in_foreign_hands_cannot_send_the_server_astray_in_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forged: dict[str, Any]
) -> None:
    path = WRITERS["ndpi-restart-markers"](tmp_path)
    honest = wire.receive

    def receive(connection: socket.socket, seconds: float | None = None) -> tuple[wire.Header, bytearray]:
        header, payload = honest(connection, seconds)
        for level in header.get("levels", ()):
            level["restarts"].update(forged)
        return header, payload

    with open_isolated(path, LIMITS) as slide:
        assert slide.tile_index().levels[0] is not None
        monkeypatch.setattr(wire, "receive", receive)
        with pytest.raises(DecoderFailed):
            slide.tile_index()
