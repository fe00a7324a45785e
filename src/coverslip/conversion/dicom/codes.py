"""Codes written into the instances (PS3.16), and how a code becomes a sequence item."""

from __future__ import annotations

from pydicom.dataset import Dataset

from coverslip.conversion.metadata import Code


def _code(value: str, scheme: str, meaning: str) -> Code:
    return Code(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


BRIGHTFIELD = _code("111744", "DCM", "Brightfield illumination")
EPIFLUORESCENCE = _code("111743", "DCM", "Epifluorescence illumination")
"""Context group 8123, microscopy illumination methods."""
FULL_SPECTRUM = _code("414298005", "SCT", "Full Spectrum")
"""Context group 8122, microscopy illuminator and sensor colours."""
MICROSCOPE_SLIDE = _code("433466003", "SCT", "Microscope slide")
"""Context group 8101, container types."""
SPECIMEN_IDENTIFIER = _code("121041", "DCM", "Specimen Identifier")
PROCESSING_TYPE = _code("111701", "DCM", "Processing type")
PROCESSING_TIME = _code("111702", "DCM", "DateTime of processing")
PROCESSING_DESCRIPTION = _code("111703", "DCM", "Processing step description")
USING_SUBSTANCE = _code("424361007", "SCT", "Using substance")
FIXATIVE = _code("430864009", "SCT", "Tissue Fixative")
EMBEDDING_MEDIUM = _code("430863003", "SCT", "Embedding medium")
"""Concept names of template TID 8001."""
MODIFYING_EQUIPMENT = _code("109103", "DCM", "Modifying Equipment")
"""Context group 7005, contributing equipment purposes."""


def item(code: Code) -> Dataset:
    """A code as an item of a code sequence."""
    made = Dataset()
    made.CodeValue = code.value
    made.CodingSchemeDesignator = code.scheme
    made.CodeMeaning = code.meaning
    return made
