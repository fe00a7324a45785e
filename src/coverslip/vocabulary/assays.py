"""Antibody clones by marker, and their names as laboratories write them.

A clone that is known here is one that exists; whether a scoring rule was defined for it stands in the rule's profile.
"""

from __future__ import annotations

from types import MappingProxyType

from coverslip.vocabulary.markers import Marker

CLONES = MappingProxyType(
    {
        Marker.KI67: ("MIB-1", "30-9", "SP6", "K2", "UMAB107"),
        Marker.ER: ("SP1", "6F11", "1D5", "EP1"),
        Marker.PR: ("1E2", "16", "PgR636", "PgR1294"),
        Marker.HER2: ("4B5", "HercepTest"),
        Marker.PD_L1: ("22C3", "28-8", "SP142", "SP263"),
    }
)


def canonical_clone(marker: Marker, written: str) -> str | None:
    """The clone's name for what stands on a label or in an order: `mib1` and `MIB 1` are `MIB-1`; None if unknown."""
    wanted = _plain(written)
    return next((clone for clone in CLONES[marker] if _plain(clone) == wanted), None)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
