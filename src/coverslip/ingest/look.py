"""The first look at a slide, in the sandbox: what the file says, its pictures, its barcode, its quality."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import simplejpeg

from coverslip.ingest.barcodes import read_barcodes
from coverslip.ingest.faults import passes
from coverslip.ingest.quality import assess_scan
from coverslip.ingest.taken import Content, Look
from coverslip.slides.colour.managed import colour_of
from coverslip.slides.errors import NotASlide, SlideEmpty, SlideError, SlideMissing
from coverslip.slides.isolation import DecoderPool, IsolatedSlide, open_isolated
from coverslip.slides.slide import RgbImage
from coverslip.storage.blobs import BlobStore
from coverslip.storage.checksums import Checksum
from coverslip.storage.stored_slide import laid_out
from coverslip.vocabulary.text import storable

THUMBNAIL_PX = 1024
JPEG_QUALITY = 88
REFUSED = (NotASlide, SlideEmpty, SlideMissing)
"""These files are no slides: nothing of them is kept. Every other fault of a file makes a slide that failed."""


def look_or_fault(
    blobs: BlobStore, content: Content, source: Path, decoders: DecoderPool | None, kept: list[Checksum]
) -> Look | SlideError:
    """What the sandbox saw, or why the slide cannot be read; raises what makes it no slide or is no fault of it.

    `source`: where the slide came from, read where the store keeps no files. Every picture stored is added to `kept`.
    """
    with TemporaryDirectory(prefix="coverslip-look-") as folder:
        try:
            stored = source if blobs.folder is None else laid_out(blobs, content, Path(folder) / "slide")
            return look(blobs, content, stored, decoders, kept)
        except SlideError as error:
            error.file = error.parameters["file"] = content.name  # the name people know, not the blob's
            if isinstance(error, REFUSED) or passes(error):
                raise
            return error


def look(blobs: BlobStore, content: Content, stored: Path, decoders: DecoderPool | None, kept: list[Checksum]) -> Look:
    """Open the stored bytes in the sandbox; decode label, macro and thumbnail, and store them as JPEG."""
    with _opened(stored, decoders) as slide:
        properties = slide.properties
        pictures = {"thumbnail": slide.thumbnail(THUMBNAIL_PX)}
        for wanted in ("label", "macro"):
            if wanted in properties.associated:
                pictures[wanted] = slide.associated(wanted)
        quality = assess_scan(slide, pictures["thumbnail"])
        colour = colour_of(slide)
    # Label and macro come from another camera, of which the slide's profile says nothing.
    pictures["thumbnail"] = colour.apply(pictures["thumbnail"])
    photographed = pictures.get("label", pictures.get("macro"))
    found = (properties.barcode, *(read_barcodes(photographed) if photographed is not None else ()))
    barcodes = tuple(dict.fromkeys(text for text in found if text and text == storable(text)))
    flags = ["SPACING_UNKNOWN"] if properties.spacing is None else []
    flags += [properties.spacing_problem] if properties.spacing_problem is not None else []
    flags += ["NO_TISSUE"] if quality.focus is None else []
    stored_pictures: dict[str, Checksum] = {}
    for name, picture in pictures.items():
        stored_pictures[name] = blobs.put_bytes(content.organization_id, _jpeg(picture))
        kept.append(stored_pictures[name])
    return Look(properties, barcodes, stored_pictures, quality.to_json(), tuple(flags), colour)


def _opened(stored: Path, decoders: DecoderPool | None) -> IsolatedSlide:
    return open_isolated(stored) if decoders is None else decoders.open(stored)


def _jpeg(picture: RgbImage) -> bytes:
    return bytes(simplejpeg.encode_jpeg(picture, JPEG_QUALITY, "RGB", "420"))
