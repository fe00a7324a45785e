"""What can go wrong with the demo."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class JourneyFailed(CoverslipError):
    """A step of the demo's journey did not give what it must. Parameters: `step`, `problem`."""

    code = "JOURNEY_FAILED"


class ServerNotUp(CoverslipError):
    """The server did not answer in time. Parameters: `address`, `seconds`, `file` (its log)."""

    code = "SERVER_NOT_UP"


class DemoFolderTaken(CoverslipError):
    """The data folder holds something that is not a finished demo. Parameter: `file`."""

    code = "DEMO_FOLDER_TAKEN"
    exit_status = 2


class PortTaken(CoverslipError):
    """Another program listens on the port. Parameter: `port`."""

    code = "PORT_TAKEN"
    exit_status = 2
