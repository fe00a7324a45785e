"""Damaged slide files by the thousand, each made again from its seed: what a broken disk, a cut line or an enemy makes.

A mutation is a pure function of the bytes and of a seed. Half of them are blind (bits, blocks, cuts), half aim at what
parsers trust: numbers of a TIFF directory, lengths of DICOM elements, digits in a text header, JPEG segments.
"""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable
from pathlib import Path

TELLING_NUMBERS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 2**63 - 1, 2**64 - 1)
"""Where counters wrap and signs turn."""
TELLING_TEXTS = (b"0", b"-1", b"1e999", b"nan", b"99999999999", b"4294967296", b"", b"%s", b"\xff\xfe", b"../../etc")
HEADER_BYTES = 16_384
NUMBER_IN_TEXT = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
TIFF_ENTRY, BIG_TIFF_ENTRY = 12, 20
JPEG_MARKERS = (b"\xff\xc0", b"\xff\xc4", b"\xff\xda", b"\xff\xdb", b"\xff\xdd")
DICOM_KINDS = (b"UI", b"SQ", b"US", b"UL", b"OB", b"DS", b"OV")

Mutation = Callable[[bytearray, random.Random], None]


def mutated(original: bytes, seed: int) -> bytes:
    """The bytes with one to four mutations, the same for the same seed; never the original itself."""
    chance = random.Random(seed)  # noqa: S311  repeatable, not secret
    data = bytearray(original)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        chance.choice(MUTATIONS)(data, chance)
    if not data and not original:
        data += b"\0"
    if data == original:
        _flip_bits(data, chance)
    return bytes(data)


def mutate_file(path: Path, seed: int) -> None:
    """Replace a file by its mutation."""
    path.write_bytes(mutated(path.read_bytes(), seed))


def _somewhere(data: bytearray, chance: random.Random, width: int = 1) -> int:
    """A place for `width` bytes, more often in the first or last 16 KiB, where formats say what they hold."""
    last = max(0, len(data) - width)
    kind = chance.random()
    if kind < 0.4:
        return chance.randint(0, min(last, HEADER_BYTES))
    if kind < 0.6:
        return chance.randint(max(0, last - HEADER_BYTES), last)
    return chance.randint(0, last)


def _flip_bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 8, 64))):
        data[_somewhere(data, chance)] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random) -> None:
    at, length = _somewhere(data, chance), chance.choice((1, 4, 64, 4096))
    length = min(length, len(data) - at)
    filler = chance.choice((b"\0" * length, b"\xff" * length, chance.randbytes(length)))
    data[at : at + length] = filler


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_somewhere(data, chance) :]


def _append(data: bytearray, chance: random.Random) -> None:
    data += chance.randbytes(chance.choice((1, 100, 10_000)))


def _leave_out(data: bytearray, chance: random.Random) -> None:
    at = _somewhere(data, chance)
    del data[at : at + chance.choice((1, 2, 16, 1024))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at, length = _somewhere(data, chance), chance.choice((1, 2, 16, 1024))
    data[at:at] = data[at : at + length]


def _exchange(data: bytearray, chance: random.Random) -> None:
    length = min(chance.choice((4, 16, 1024)), len(data) // 2)
    one, other = _somewhere(data, chance, length), _somewhere(data, chance, length)
    data[one : one + length], data[other : other + length] = data[other : other + length], data[one : one + length]


def _telling_number(data: bytearray, chance: random.Random) -> None:
    width = chance.choice((1, 2, 4, 8))
    at = _somewhere(data, chance, width)
    number = chance.choice(TELLING_NUMBERS) % (1 << 8 * width)
    data[at : at + width] = number.to_bytes(width, chance.choice(("little", "big")))[: len(data) - at]


def _number_in_text(data: bytearray, chance: random.Random) -> None:
    """A number written in letters: a width in XML, a spacing in an Aperio description, a line of an INI file."""
    start = chance.randint(0, max(0, len(data) - HEADER_BYTES))
    found = list(NUMBER_IN_TEXT.finditer(bytes(data[start : start + HEADER_BYTES])))
    if not found:
        _telling_number(data, chance)
        return
    number = chance.choice(found)
    data[start + number.start() : start + number.end()] = chance.choice(TELLING_TEXTS)


def _tiff_entry(data: bytearray, chance: random.Random) -> None:
    """One field of one entry of the first TIFF directories; blind where the file is no TIFF."""
    entries = _tiff_entries(data)
    if not entries:
        _telling_number(data, chance)
        return
    at, big, order = chance.choice(entries)
    fields = ((0, "H"), (2, "H"), (4, "Q"), (12, "Q")) if big else ((0, "H"), (2, "H"), (4, "I"), (8, "I"))
    offset, kind = chance.choice(fields)
    width = struct.calcsize(kind)
    if at + offset + width <= len(data):
        number = chance.choice((*TELLING_NUMBERS, len(data), len(data) - 1, chance.getrandbits(16)))
        struct.pack_into(order + kind, data, at + offset, number % (1 << 8 * width))


def _tiff_entries(data: bytearray) -> list[tuple[int, bool, str]]:
    """Places of the entries of the first eight directories, whether BigTIFF, and the byte order."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]), "")
    if not order or len(data) < 16:
        return []
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    place, count, size = ("Q", "Q", BIG_TIFF_ENTRY) if big else ("I", "H", TIFF_ENTRY)
    entries: list[tuple[int, bool, str]] = []
    (at,) = struct.unpack_from(order + place, data, 8 if big else 4)
    for _ in range(8):
        counted = struct.calcsize(count)
        if not 0 < at <= len(data) - counted:
            break
        (number,) = struct.unpack_from(order + count, data, at)
        first = at + counted
        end = first + min(number, 4096) * size
        entries += [(entry, big, order) for entry in range(first, end, size)]
        if end + struct.calcsize(place) > len(data):
            break
        (at,) = struct.unpack_from(order + place, data, end)
    return entries


def _jpeg_segment(data: bytearray, chance: random.Random) -> None:
    """The length or the first byte of a JPEG segment, wherever one lies; blind where there is none."""
    start = chance.randint(0, max(0, len(data) - 1))
    markers = [
        at for at in (data.find(b"\xff" + bytes([kind]), start) for kind in (0xC0, 0xC4, 0xDA, 0xDB, 0xDD)) if at >= 0
    ]
    if not markers:
        _telling_number(data, chance)
        return
    at = chance.choice(markers) + 2
    data[at : at + 2] = chance.choice((b"\0\0", b"\0\1", b"\xff\xff", chance.randbytes(2)))


def _dicom_length(data: bytearray, chance: random.Random) -> None:
    """The length of an element with explicit value representation; blind where the file is no DICOM."""
    if bytes(data[128:132]) != b"DICM":
        _telling_number(data, chance)
        return
    kinds = [
        at
        for kind in (b"UI", b"SQ", b"US", b"UL", b"OB", b"DS", b"OV")
        if (at := data.find(kind, _somewhere(data, chance))) > 0
    ]
    if not kinds:
        _flip_bits(data, chance)
        return
    at = chance.choice(kinds) + 2
    data[at : at + 2] = struct.pack("<H", chance.choice((0, 1, 0xFFFF, 0x7FFF)))


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _flip_bits,
    _overwrite,
    _cut,
    _append,
    _leave_out,
    _repeat,
    _exchange,
    _telling_number,
    _telling_number,
    _number_in_text,
    _number_in_text,
    _tiff_entry,
    _tiff_entry,
    _tiff_entry,
    _jpeg_segment,
    _jpeg_segment,
    _dicom_length,
)
