from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image, ImageCms

from coverslip.phantoms.recipe import recipe
from coverslip.phantoms.slide import write_slide
from coverslip.records.models import Slide as SlideRow
from coverslip.records.models import SlideFile
from coverslip.records.queries.report import slides_cited
from coverslip.reports.key_images import LONGEST_PRINTED_PX, KeyImage, cut
from coverslip.slides.slide import Slide, SlideProperties
from coverslip.storage.blobs import BlobStore
from coverslip.storage.errors import BlobMissing
from coverslip.storage.stored_slide import stored_slides
from coverslip.testing.report_desk import Desk, PaintedSlide, painted


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def store(desk: Desk, blobs: BlobStore, folder: Path, *, without_spacing: bool = False) -> SlideRow:
    """A rendered slide of 1200 x 900 px in the place of the case's H&E slide."""
    path = folder / "scan.svs"
    write_slide(path, 7, 1200, 900, recipe("he"), spacing_um=0.5, without_spacing=without_spacing)
    organization = desk.actor.organization_id
    assert organization is not None
    checksum = blobs.put_file(organization, path)
    with desk.database.transaction(desk.actor) as tx:
        tx.add(
            SlideFile(
                organization_id=organization,
                slide_id=desk.he,
                position=0,
                name="scan.svs",
                digest=checksum.digest,
                size_bytes=checksum.size_bytes,
            )
        )
        return slides_cited(tx, [desk.he])[desk.he]


def test_a_picture_is_cut_from_the_stored_file_with_the_files_spacing(desk: Desk, tmp_path: Path) -> None:
    row = store(desk, desk.blobs, tmp_path)
    image = KeyImage(desk.he, 300, 200, 400, 300, "")
    (first,), (again,) = (cut([image], {row.id: row}, stored_slides(desk.blobs)) for _ in range(2))
    shown = pixels(first.data)
    assert shown.shape == (300, 400, 3)
    assert shown.std() > 5, "tissue, not blank glass"
    assert (first.spacing_um, first.digest) == (0.5, again.digest)
    (elsewhere,) = cut([replace(image, x=301)], {row.id: row}, stored_slides(desk.blobs))
    assert elsewhere.digest != first.digest


def test_a_file_without_spacing_gives_a_picture_without_scale(desk: Desk, tmp_path: Path) -> None:
    row = store(desk, desk.blobs, tmp_path, without_spacing=True)
    (made,) = cut([KeyImage(desk.he, 0, 0, 400, 300, "")], {row.id: row}, stored_slides(desk.blobs))
    assert made.spacing_um is None


def test_a_slide_whose_bytes_are_gone_is_said(desk: Desk, tmp_path: Path) -> None:
    row = store(desk, desk.blobs, tmp_path)
    desk.blobs.delete(row.organization_id, row.files[0].digest)
    with pytest.raises(BlobMissing):
        cut([KeyImage(desk.he, 0, 0, 400, 300, "")], {row.id: row}, stored_slides(desk.blobs))


def test_a_large_field_is_printed_small_in_its_own_shape(desk: Desk) -> None:
    image = KeyImage(desk.he, 0, 0, 4000, 3000, "")
    (made,) = cut([image], {desk.he: SlideRow(id=desk.he)}, painted)
    assert pixels(made.data).shape == (LONGEST_PRINTED_PX * 3 // 4, LONGEST_PRINTED_PX, 3)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """sRGB with the tags of its red and blue primaries exchanged."""
    profile = srgb_profile()
    head, tags = profile[:128], profile[128:]
    return head + tags.replace(b"rXYZ", b"####", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"####", b"bXYZ", 1)


@pytest.mark.parametrize(
    ("profile", "colour", "shown"),
    [
        (None, "none", (200, 170, 190)),
        (srgb_profile(), "applied", (200, 170, 190)),
        (swapped_profile(), "applied", (190, 170, 200)),
        (b"not a profile", "unusable", (200, 170, 190)),
        (ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), "unusable", (200, 170, 190)),
    ],
    ids=["none", "srgb", "swapped", "broken", "lab"],
)
def test_a_scanners_colour_profile_is_applied_and_a_broken_one_is_said(
    profile: bytes | None, colour: str, shown: tuple[int, int, int]
) -> None:
    class Profiled(PaintedSlide):
        @property
        def properties(self) -> SlideProperties:
            return replace(super().properties, icc_profile=profile)

    @contextmanager
    def opened(_row: SlideRow) -> Iterator[Slide]:
        yield Profiled()

    key = uuid4()
    (made,) = cut([KeyImage(key, 0, 0, 64, 64, "")], {key: SlideRow(id=key)}, opened)
    assert made.colour == colour
    assert np.abs(pixels(made.data)[32, 32].astype(int) - np.array(shown)).max() <= 4
