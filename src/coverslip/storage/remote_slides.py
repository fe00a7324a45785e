"""Slides in object storage as `slides.remote` sees them: the server's side, which reads ranges through the cache."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from coverslip.slides.errors import SlideMissing
from coverslip.slides.remote import ROOT
from coverslip.storage.cached_blob import CachedBlob

SLIDES_KNOWN = 4096


class RemoteSlides:
    """The slides this process has been asked for lately, by path. May be used from many threads."""

    def __init__(self) -> None:
        self._slides: OrderedDict[str, dict[str, CachedBlob]] = OrderedDict()
        self._blobs: dict[str, CachedBlob] = {}
        self._suits: dict[str, bool] = {}
        self._lock = threading.Lock()

    def add(self, slide: str, files: Mapping[str, CachedBlob]) -> str:
        """Make a slide known; `slide`: organization/content digest, `files` by relative name. Returns its folder."""
        folder = f"{ROOT}{slide}"
        with self._lock:
            self._slides[folder] = {f"{folder}/{name}": blob for name, blob in files.items()}
            self._blobs.update(self._slides[folder])
            self._slides.move_to_end(folder)
            while len(self._slides) > SLIDES_KNOWN:
                forgotten, gone = self._slides.popitem(last=False)
                self._suits.pop(forgotten, None)
                for path in gone:
                    del self._blobs[path]
        return folder

    def suits(self, path: Path) -> bool | None:
        """Whether a reader reads this slide by range; None: nobody has tried yet."""
        return self._suits.get(_folder_of(str(path)))

    def note(self, path: Path, suits: bool) -> None:
        """Remember the answer to `suits`."""
        self._suits[_folder_of(str(path))] = suits

    def sizes(self, path: str) -> Mapping[str, int]:
        """As `Ranges.sizes`."""
        return {name: blob.size for name, blob in self._files(path).items()}

    def read(self, path: str, offset: int, length: int) -> bytes:
        """As `Ranges.read`."""
        return self.blob(path).read_at(offset, length)

    def blob(self, path: str) -> CachedBlob:
        """One file of a slide, for whoever reads tiles of it. Raises `SlideMissing`."""
        blob = self._blobs.get(path)
        if blob is None:
            raise SlideMissing(file=path.rpartition("/")[2])
        return blob

    def _files(self, path: str) -> dict[str, CachedBlob]:
        files = self._slides.get(_folder_of(path))
        if files is None:
            raise SlideMissing(file=path.rpartition("/")[2])
        return files


def _folder_of(path: str) -> str:
    return "/".join(path.split("/", 4)[:4])
