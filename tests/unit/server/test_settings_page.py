"""`docs/run/settings.md` names every setting with its default and what it does."""

from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from coverslip.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "run" / "settings.md"


def row(name: str, field: FieldInfo) -> str:
    default = "" if field.default is None else f"`{shown(field.default)}`"
    return f"| `COVERSLIP_{name.upper()}` | {default} | {field.description} |"


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{part}"' for part in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_stands_on_the_page(name: str) -> None:
    wanted = row(name, Settings.model_fields[name])
    assert wanted in PAGE.read_text(encoding="utf-8").splitlines(), f"docs/run/settings.md needs the line:\n{wanted}"


def test_the_page_names_no_setting_that_does_not_exist() -> None:
    named = [line.split("`")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `COV")]
    assert sorted(named) == sorted(f"COVERSLIP_{name.upper()}" for name in Settings.model_fields)
