"""What can be wrong with a slide of several files; the words stand in `locales/*/ingest.json`."""

from __future__ import annotations

from coverslip.slides.errors import SlideError


class SeveralSlides(SlideError):
    """A folder holds more than one slide where one was meant. Parameters: `file`, `count`."""

    code = "SEVERAL_SLIDES"


class SlideIncomplete(SlideError):
    """A file that the slide needs is not there (yet). Parameters: `file`, `missing`."""

    code = "SLIDE_INCOMPLETE"


class BundleNameRefused(SlideError):
    """A slide names a file outside its own folder, or a link leads there. Parameters: `file`, `name`."""

    code = "SLIDE_NAME_REFUSED"
