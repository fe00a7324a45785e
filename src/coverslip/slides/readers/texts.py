"""What several readers take from the texts of a file."""

from __future__ import annotations

import math
from xml.etree import ElementTree


def positive(text: str | None) -> float | None:
    """A finite number above zero; None for anything else."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def elements(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """All elements of a name, in whatever namespace, in the order of the document."""
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == name]
