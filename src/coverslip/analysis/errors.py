"""What can go wrong in an analysis, with stable codes; the words stand in `locales/<language>/analysis.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class AnalysisError(CoverslipError):
    """Base of every error of the analysis room."""

    code = "ANALYSIS_FAILED"


class AnalysisCancelled(AnalysisError):
    """Somebody asked the run to stop, and it stopped."""

    code = "ANALYSIS_CANCELLED"


class SpacingRequired(AnalysisError):
    """A plain image carries no pixel size and none was given. Parameter: `file`."""

    code = "MPP_REQUIRED"
    exit_status = 2


class RegionOutside(AnalysisError):
    """The region lies wholly or partly outside the slide. Parameters: `region`, `slide`."""

    code = "REGION_OUTSIDE"
    exit_status = 2


class BlankField(AnalysisError):
    """No stained tissue was found, so no stain can be estimated."""

    code = "BLANK_FIELD"


class AlgorithmUnknown(AnalysisError):
    """No enabled algorithm has this name, or none reads this marker. Parameters: `name`, `known`."""

    code = "ALGORITHM_UNKNOWN"
    exit_status = 2


class ParametersInvalid(AnalysisError):
    """A parameter of an algorithm is unknown or out of its range. Parameters: `field`, `problem`."""

    code = "ALGORITHM_PARAMETERS_INVALID"
    exit_status = 2


class ModelChecksumWrong(AnalysisError):
    """The bytes of a model are not those that were declared. Parameters: `file`, `expected`, `found`."""

    code = "MODEL_CHECKSUM"


class ModelUnreadable(AnalysisError):
    """The bytes are the declared ones, but the inference runtime refuses them. Parameters: `file`, `problem`."""

    code = "MODEL_UNREADABLE"


class ReadingStateWrong(AnalysisError):
    """The reading is in a state that does not allow this. Parameters: `status`, `action`."""

    code = "READING_STATE_WRONG"
    exit_status = 2


class ReadingSigned(AnalysisError):
    """A signed report rests on the reading; what was signed is not changed behind it."""

    code = "READING_SIGNED"
    exit_status = 2


class ReviewReasonMissing(AnalysisError):
    """Rejecting a reading, or overriding it, needs a reason. Parameter: `field`."""

    code = "REVIEW_REASON_MISSING"
    exit_status = 2


class EditsMissing(AnalysisError):
    """A reading can be decided as edited only after edits were saved."""

    code = "READING_NOT_EDITED"
    exit_status = 2


class EditsChanged(AnalysisError):
    """The saved edits are not those that the decider has seen: somebody else has changed them."""

    code = "READING_EDITS_CHANGED"


class SlideNotReadable(AnalysisError):
    """The slide has not come in, or could not be read when it did. Parameter: `status`."""

    code = "SLIDE_NOT_READABLE"
    exit_status = 2


class ReadingUnplaced(AnalysisError):
    """The slide is not matched to a case: a reading of it says nothing of any patient, so nobody decides on it."""

    code = "READING_UNPLACED"
    exit_status = 2


class FluorescenceSlide(AnalysisError):
    """The algorithm reads brightfield stains, and the slide holds fluorescence channels. Parameter: `file`."""

    code = "ANALYSIS_FLUORESCENCE"
    exit_status = 2


class ReadingMarkerMismatch(AnalysisError):
    """The slide was stained for another marker than the one asked for. Parameters: `asked`, `stained`."""

    code = "READING_MARKER_MISMATCH"
    exit_status = 2
