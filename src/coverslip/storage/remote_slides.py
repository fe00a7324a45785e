"""Slides in object storage as `slides.remote` sees them: the server's side, which reads ranges through the cache."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

from coverslip.slides.errors import SlideMissing
from coverslip.slides.remote import ROOT
from coverslip.storage.cached_blob import CachedBlob

SLIDES_KNOWN = 4096


class RemoteSlides:
    """The slides this process has been asked for lately, by path. May be used from many threads."""

    def __init__(self) -> None:
        self._slides: OrderedDict[str, dict[str, CachedBlob]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, slide: str, files: Mapping[str, CachedBlob]) -> str:
        """Make a slide known; `slide`: organization/content digest, `files` by relative name. Returns its folder."""
        folder = f"{ROOT}{slide}"
        with self._lock:
            self._slides[folder] = {f"{folder}/{name}": blob for name, blob in files.items()}
            self._slides.move_to_end(folder)
            while len(self._slides) > SLIDES_KNOWN:
                self._slides.popitem(last=False)
        return folder

    def sizes(self, path: str) -> Mapping[str, int]:
        """As `Ranges.sizes`."""
        return {name: blob.size for name, blob in self._files(path).items()}

    def read(self, path: str, offset: int, length: int) -> bytes:
        """As `Ranges.read`."""
        return self.blob(path).read_at(offset, length)

    def blob(self, path: str) -> CachedBlob:
        """One file of a slide, for whoever reads tiles of it. Raises `SlideMissing`."""
        blob = self._files(path).get(path)
        if blob is None:
            raise SlideMissing(file=path.rpartition("/")[2])
        return blob

    def _files(self, path: str) -> dict[str, CachedBlob]:
        folder = "/".join(path.split("/", 4)[:4])
        files = self._slides.get(folder)
        if files is None:
            raise SlideMissing(file=path.rpartition("/")[2])
        return files
