"""The words of the screens, looked up as the pages do, so that one test drives both languages."""

import json
from importlib import resources
from typing import Any

from coverslip.errors import Locale


class Words:
    """`words("screen", "sign_in.submit")`: the text in one language; `{placeholders}` are filled from keywords."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale
        folder = resources.files("coverslip") / "locales" / locale
        self._rooms: dict[str, Any] = {
            entry.name.removesuffix(".json"): json.loads(entry.read_text(encoding="utf-8"))
            for entry in folder.iterdir()
            if entry.name.endswith(".json")
        }

    def __call__(self, room: str, path: str, **values: object) -> str:
        node = self._rooms[room]
        keys = path.split(".")
        while keys:
            rest = ".".join(keys)  # names of actions hold a dot themselves
            node, keys = (node[rest], []) if rest in node else (node[keys[0]], keys[1:])
        assert isinstance(node, str), (room, path)
        return node.format(**values) if values else node
