"""Values that the standard demands and no slide file states. Each is here, with the reason; nothing else is assumed.

The attributes are of type 1: an instance without them is no VL Whole Slide Microscopy Image (PS3.3 A.32.8, C.8.12.4).
"""

from __future__ import annotations

UNKNOWN = "UNKNOWN"
"""Manufacturer, ManufacturerModelName, DeviceSerialNumber, SoftwareVersions (PS3.3 C.7.5.2)."""
UNKNOWN_DAY, UNKNOWN_CLOCK = "19000101", "000000"
"""AcquisitionDateTime, ContentDate and ContentTime of a slide that does not say when it was scanned: a day on which no
scanner ran, so that nobody takes it for one (year 1, which other programs write, is no date to dciodvfy)."""
DEPTH_UM = 1.0
"""ImagedVolumeDepth and SliceThickness: n * wavelength / NA^2 of the 0.75 NA dry objective most scanners have."""
FOCUS_METHOD = "AUTO"
EXTENDED_DEPTH_OF_FIELD = "NO"
ORIENTATION = (0, -1, 0, -1, 0, 0)
"""ImageOrientationSlide: rows run against the slide's Y axis, columns against X (PS3.3 C.8.12.2.1.1, label at the left
of the image). The file says nothing of where on the glass the image lies: its far corner is laid on the slide's."""
ISSUER = "COVERSLIP"
"""Of a container or specimen identifier that nobody gave: made from the slide's content, so it is not UNKNOWN twice."""
NO_PLACE = 0
"""Both offsets of TotalPixelMatrixOriginSequence for label and overview: the slide's corner. No file says where they
lie nor how large their pixels are, and the place of the scan is not theirs."""
