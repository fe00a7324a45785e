"""What the header of a DICOM slide says of the scan: scanner, spacing, barcode, colour, window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coverslip.slides.dicom_area import pixel_spacing_um, volume_um
from coverslip.slides.readers.dicom_instance import Instance, first_item, items, text_of
from coverslip.slides.spacing import StatedSpacing, spacing_of_numbers

RESAMPLED = "RESAMPLED"
COARSEST_RESAMPLED_UM = 128.0
"""A scan of 0.25 um reduced 512 times: a reduced level may be given alone, and says so in its Image Type."""


@dataclass(frozen=True, slots=True)
class DicomHeader:
    """Of the largest level; None for what it does not say."""

    vendor: str | None
    scanner_model: str | None
    scanned_at: str | None
    spacing: StatedSpacing
    objective_power: float | None
    barcode: str | None
    container: str | None
    icc_profile: bytes | None
    window: tuple[int, int] | None
    paths: tuple[Any, ...]
    """Items of the Optical Path Sequence."""


def header_of(instance: Instance, width: int, height: int) -> DicomHeader:
    """`width`, `height`: of the level in pixels. Raises any of `PARSER_ERRORS` for values of the wrong kind."""
    header = instance.header
    paths = tuple(items(header, "OpticalPathSequence"))
    return DicomHeader(
        vendor=instance.text("Manufacturer"),
        scanner_model=instance.text("ManufacturerModelName"),
        scanned_at=_acquired(header),
        spacing=_spacing(header, width, height),
        objective_power=_objective_power(header, paths),
        barcode=instance.text("BarcodeValue"),
        container=container(header),
        icc_profile=_icc_profile(paths, header),
        window=_window(header),
        paths=paths,
    )


def container(header: Any) -> str | None:
    """Container Identifier (PS3.3 C.7.6.22): the glass slide, as the laboratory calls it."""
    return text_of(header, "ContainerIdentifier")


def _shared(header: Any) -> Any:
    return first_item(header, "SharedFunctionalGroupsSequence")


def stated_pixel_um(header: Any, width: int, height: int) -> tuple[float, float] | None:
    """Pixel Spacing, else the size of the imaged volume shared out among `width` x `height` pixels; None: neither."""
    volume = volume_um(header)
    spacing = pixel_spacing_um(header)
    return spacing if spacing is not None or volume is None else (volume[0] / width, volume[1] / height)


def _spacing(header: Any, width: int, height: int) -> StatedSpacing:
    stated = stated_pixel_um(header, width, height)
    if stated is None:
        return StatedSpacing()
    return spacing_of_numbers(*stated, coarsest_um=COARSEST_RESAMPLED_UM if _is_resampled(header) else None)


def _objective_power(header: Any, paths: tuple[Any, ...]) -> float | None:
    """Of the lens; None where only a reduced level was given, because the image is then coarser than the lens says."""
    if not paths or paths[0].get("ObjectiveLensPower") is None or _is_resampled(header):
        return None
    power = float(paths[0].ObjectiveLensPower)
    return power if power > 0 else None


def _is_resampled(header: Any) -> bool:
    return RESAMPLED in [str(value) for value in header.get("ImageType") or ()][3:]


def _icc_profile(paths: tuple[Any, ...], header: Any) -> bytes | None:
    """Of the first optical path; some writers lay it in the image itself (PS3.3 C.11.15)."""
    profile = (paths[0].get("ICCProfile") if paths else None) or header.get("ICCProfile")
    return bytes(profile) if profile else None


def _window(header: Any) -> tuple[int, int] | None:
    """Lowest and highest value shown, from Window Center and Width (PS3.3 C.11.2.1.2); None where not stated."""
    shared = _shared(header)
    for place in (*items(shared, "FrameVOILUTSequence"), header):
        centre, width = place.get("WindowCenter"), place.get("WindowWidth")
        if centre is None or width is None:
            continue
        centre, width = (float(v[0]) if hasattr(v, "__len__") else float(v) for v in (centre, width))
        low, high = max(0, round(centre - width / 2)), round(centre + width / 2)
        return low, max(low + 1, high)
    return None


def _acquired(header: Any) -> str | None:
    """ISO 8601 from AcquisitionDateTime (PS3.5 6.2, DT: YYYYMMDDHHMMSS.FFFFFF&ZZXX), as far as it is given."""
    text = text_of(header, "AcquisitionDateTime") or ""
    digits = text.split(".")[0].split("+")[0].split("-")[0]
    if not digits.isdigit() or len(digits) < 8:
        return None
    date = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return f"{date}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}" if len(digits) >= 14 else date
