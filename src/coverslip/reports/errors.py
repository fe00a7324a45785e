"""What can go wrong with a report; the words stand in `locales/<language>/reports.json`."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class FontMissing(CoverslipError):
    """A font file of the report's folder is not there. Parameter: `file`."""

    code = "FONT_MISSING"


class RenderFailed(CoverslipError):
    """The template did not compile. Parameter: `problem`."""

    code = "REPORT_RENDER_FAILED"


class GlyphMissing(CoverslipError):
    """The report's font has no such character. Parameter: `text`."""

    code = "GLYPH_MISSING"


class ReadingNotDecided(CoverslipError):
    """A cited reading is still pending. Parameters: `marker`, `slide` (its label)."""

    code = "READING_NOT_DECIDED"


class ReadingRejected(CoverslipError):
    """A cited reading was rejected. Parameters: `marker`, `slide`."""

    code = "READING_REJECTED"


class ReadingNotOfCase(CoverslipError):
    """A cited reading belongs to another case, or does not exist."""

    code = "READING_NOT_OF_CASE"


class ReadingOutdated(CoverslipError):
    """Since the reading was made, its slide was said to be of another marker, or its control to have failed.

    Parameters: `marker`, `slide` (its label).
    """

    code = "READING_OUTDATED"


class DiagnosisMissing(CoverslipError):
    """The draft has no diagnosis."""

    code = "DIAGNOSIS_MISSING"


class KeyImageInvalid(CoverslipError):
    """A key image lies outside its slide, on another case's slide, or on none. Parameters: `number`, `problem`."""

    code = "KEY_IMAGE_INVALID"
    exit_status = 2


class ReportNotEditable(CoverslipError):
    """The case's state takes no report text. Parameter: `status`."""

    code = "REPORT_NOT_EDITABLE"


class ReportNotSigned(CoverslipError):
    """There is no signed report to amend."""

    code = "REPORT_NOT_SIGNED"


class ReportMissing(CoverslipError):
    """There is no draft to sign."""

    code = "REPORT_MISSING"


class ReasonMissing(CoverslipError):
    """An amendment was asked for without a reason."""

    code = "REASON_MISSING"
    exit_status = 2
