"""Scoring by decision tables: data plus pure functions; no pixels, no database, no web."""

from coverslip.analysis.scoring.apply import displayed, score
from coverslip.analysis.scoring.fields import allocate_fields
from coverslip.analysis.scoring.gate import Evidence
from coverslip.analysis.scoring.intervals import Interval, block_bootstrap, wider, wilson
from coverslip.analysis.scoring.profile import Profile, load_profile, profile_names
from coverslip.analysis.scoring.result import ScoreResult, Status

__all__ = [
    "Evidence",
    "Interval",
    "Profile",
    "ScoreResult",
    "Status",
    "allocate_fields",
    "block_bootstrap",
    "displayed",
    "load_profile",
    "profile_names",
    "score",
    "wider",
    "wilson",
]
