"""Writes the API's description: `python -m coverslip.server.openapi > web/openapi.json`."""

from __future__ import annotations

import json
import sys

from coverslip.server.api import create_api


def document() -> str:
    """The OpenAPI document as JSON text, the same bytes for the same code."""
    return json.dumps(create_api().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
