"""One DICOM file: frames are streamed behind a place kept for the header, which is written last.

The header's length is known before the frames are: identifiers have one length, numbers that depend on the frames are
padded, and the extended offset table (PS3.3 C.7.6.3.1.8) has eight bytes a frame. A file that was not finished begins
with zeros and is no DICOM file.
"""

from __future__ import annotations

import io
import os
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from coverslip import __version__
from coverslip.conversion.ahead import ahead
from coverslip.conversion.frames import Frame
from coverslip.conversion.write_back import WriteBack

ITEM = struct.Struct("<HHL")
ITEM_TAG = (0xFFFE, 0xE000)
DELIMITER = ITEM.pack(0xFFFE, 0xE0DD, 0)
ELEMENT = struct.Struct("<HH2sHL")
UNDEFINED = 0xFFFFFFFF
LONGEST_ITEM = 0xFFFFFFFE
MOST_PIECES = 1000
"""Handed to the system in one call (IOV_MAX is 1024)."""
MOST_BYTES = 4 * 1024 * 1024
IMPLEMENTATION = "2.25.246748925768738304117275250129189013087"
"""Implementation Class UID of Coverslip's DICOM writer (PS3.7 D.3.3.2)."""


@dataclass(slots=True)
class _Batch:
    """Frames that are written in one call."""

    pieces: list[bytes | memoryview] = field(default_factory=list)
    frames: int = 0
    bytes: int = 0


class InstanceFile:
    """A DICOM file being written; `frames` is how many it will hold."""

    def __init__(self, path: Path, header: Dataset, transfer_syntax: str, frames: int) -> None:
        self._syntax = transfer_syntax
        self._frames = frames
        self._start = len(self._encoded(header, bytes(8 * frames), bytes(8 * frames)))
        self._offsets, self._lengths = array("Q"), array("Q")
        self._at = 0
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        os.lseek(self._descriptor, self._start, os.SEEK_SET)
        self._write_back = WriteBack(self._descriptor)

    @property
    def frame_bytes(self) -> int:
        """Bytes of the frames written so far, without their padding to an even length."""
        return sum(self._lengths)

    def append(self, frames: Iterable[Frame], progress: Callable[[int, int], None]) -> None:
        """Write frames, the next being read meanwhile. `progress` is told of frames and bytes as they are written."""
        for batch in ahead(self._batches(frames)):
            _write(self._descriptor, batch.pieces)
            self._write_back.wrote(batch.bytes)
            progress(batch.frames, batch.bytes)

    def _batches(self, frames: Iterable[Frame]) -> Iterator[_Batch]:
        batch = _Batch()
        for head, stored in frames:
            length = len(head) + len(stored)
            odd = length % 2
            batch.pieces += (ITEM.pack(*ITEM_TAG, length + odd), head, stored)
            if odd:
                batch.pieces.append(b"\0")
            self._offsets.append(self._at)
            self._lengths.append(length)
            self._at += ITEM.size + length + odd
            batch.frames += 1
            batch.bytes += length
            if len(batch.pieces) > MOST_PIECES - 4 or batch.bytes >= MOST_BYTES:
                yield batch
                batch = _Batch()
        if batch.pieces:
            yield batch

    def finish(self, header: Dataset) -> None:
        """Close the frames, write the header and bring all to the disk."""
        assert len(self._offsets) == self._frames, (len(self._offsets), self._frames)
        _write(self._descriptor, [DELIMITER])
        padded = array("Q", (length + length % 2 for length in self._lengths))
        encoded = self._encoded(header, _little(self._offsets), _little(padded))
        assert len(encoded) == self._start, "a header whose length changed"
        at = 0
        while at < len(encoded):
            at += os.pwrite(self._descriptor, encoded[at:], at)
        self._write_back.finish()
        os.fsync(self._descriptor)
        self.close()

    def close(self) -> None:
        """Give the file back; calling it again does nothing."""
        if self._descriptor >= 0:
            with suppress(OSError):  # a file that was not finished; `finish` has raised it
                self._write_back.finish()
            os.close(self._descriptor)
            self._descriptor = -1

    def _encoded(self, header: Dataset, offsets: bytes, lengths: bytes) -> bytes:
        """Preamble, file meta information, data set, offset table and the beginning of the pixel data."""
        meta = FileMetaDataset()
        meta.FileMetaInformationVersion = b"\x00\x01"
        meta.MediaStorageSOPClassUID = header.SOPClassUID
        meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        meta.TransferSyntaxUID = UID(self._syntax)
        meta.ImplementationClassUID = UID(IMPLEMENTATION)
        meta.ImplementationVersionName = f"COVERSLIP {__version__}"[:16]
        header.file_meta = meta
        header.preamble = bytes(128)
        buffer = io.BytesIO()
        dcmwrite(buffer, header, enforce_file_format=True, implicit_vr=False, little_endian=True)
        buffer.write(ELEMENT.pack(0x7FE0, 0x0001, b"OV", 0, len(offsets)) + offsets)
        buffer.write(ELEMENT.pack(0x7FE0, 0x0002, b"OV", 0, len(lengths)) + lengths)
        buffer.write(ELEMENT.pack(0x7FE0, 0x0010, b"OB", 0, UNDEFINED))
        buffer.write(ITEM.pack(*ITEM_TAG, 0))  # the basic offset table stays empty beside the extended one
        return buffer.getvalue()


def _little(numbers: array[int]) -> bytes:
    """Little-endian bytes on any machine."""
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def _write(descriptor: int, pieces: list[bytes | memoryview]) -> None:
    """All of it. Raises `OSError`."""
    if not pieces:
        return
    expected = sum(len(piece) for piece in pieces)
    done = os.writev(descriptor, pieces)
    if done < expected:
        rest = memoryview(b"".join(pieces))[done:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]
