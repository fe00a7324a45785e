"""The words of the catalogue: both languages say the same things, and every code that can occur has words."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import pytest

from coverslip.access.permission import Permission
from coverslip.analysis.scoring import load_profile, profile_names
from coverslip.vocabulary.roles import Role


def words(locale: str, room: str = "vocabulary") -> dict[str, Any]:
    path = resources.files("coverslip") / "locales" / locale / f"{room}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def paths(tree: dict[str, Any], prefix: str = "") -> set[str]:
    made: set[str] = set()
    for key, value in tree.items():
        made |= paths(value, f"{prefix}{key}/") if isinstance(value, dict) else {f"{prefix}{key}"}
    return made


@pytest.mark.parametrize("room", ["vocabulary", "scoring", "ingest"])
def test_both_languages_have_the_same_keys(room: str) -> None:
    assert paths(words("zh-CN", room)) == paths(words("en", room))


def test_chinese_words_are_chinese() -> None:
    chinese = words("zh-CN")
    for key in ("role", "flag", "reason", "permission", "action", "category", "method", "case_status"):
        for code, text in chinese[key].items():
            assert re.search(r"[\u4e00-\u9fff]", text), f"{key}.{code}"


def test_every_role_and_permission_has_words() -> None:
    english = words("en")
    assert set(english["role"]) == {role.value for role in Role}
    assert set(english["permission"]) == {permission.value for permission in Permission}


def test_every_method_and_category_of_a_profile_has_words() -> None:
    english = words("en")
    for name in profile_names():
        profile = load_profile(name)
        assert {method.code for method in profile.methods} <= set(english["method"])
        assert {category.code for category in profile.categories} <= set(english["category"])
