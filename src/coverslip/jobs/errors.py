"""What can become of a job."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class JobInterrupted(CoverslipError):
    """The worker is stopping; the job goes back into the queue and starts again elsewhere."""

    code = "JOB_INTERRUPTED"


class JobAbandoned(CoverslipError):
    """The job was begun several times and never came to an end. Parameters: `task`, `attempts`."""

    code = "JOB_ABANDONED"


class JobFailed(CoverslipError):
    """The job ended with a fault in the program. Parameters: `task`, `fault` (its type)."""

    code = "JOB_FAILED"
