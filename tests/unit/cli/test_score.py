"""`coverslip score` as a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = [
    "status", "score", "unit", "category", "category_text", "interval", "n", "flags", "reasons", "rules", "extra",
    "profile", "profile_version",
]  # fmt: skip


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", "from coverslip.cli.main import main; main()", "score", *arguments]
    return subprocess.run(call, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False)


def test_a_file_of_counts_gives_one_json_object_and_exit_0(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    file.write_text('{"positive": 60, "negative": 440, "method": "hot_spot"}')
    done = run("ki67-ikwg-2021", "--input", str(file))
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert list(result) == KEYS
    assert (result["status"], result["score"], result["category"]) == ("EVALUABLE", 12.0, "intermediate")


def test_not_evaluable_is_a_result_and_exits_0() -> None:
    done = run("ki67-ikwg-2021", "--input", "-", stdin='{"positive": 1, "negative": 2, "method": "hot_spot"}')
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "NOT_EVALUABLE"


@pytest.mark.parametrize(
    ("profile", "stdin", "named"),
    [
        ("ki67-ikwg-2021", '{"positive": -1, "negative": 2, "method": "hot_spot"}', "positive"),
        ("ki67-ikwg-2021", '{"positive": 1, "method": "hot_spot"}', "negative"),
        ("ki67-ikwg-2021", '{"positive": 1, "positive": 2, "method": "hot_spot"}', "positive"),
        ("ki67-ikwg-2021", "[1, 2]", "input"),
        ("ki67-ikwg-2021", "{", "input"),
        ("ki67-ikwg-2022", "{}", "profile"),
    ],
)
def test_bad_input_exits_2_and_names_the_field(profile: str, stdin: str, named: str) -> None:
    done = run(profile, "--input", "-", stdin=stdin)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{named}:" in done.stderr
    assert f"{named}：" in done.stderr


def test_a_missing_file_exits_2(tmp_path: Path) -> None:
    assert run("ki67-ikwg-2021", "--input", str(tmp_path / "none.json")).returncode == 2
