"""`coverslip score`: apply a scoring profile to counts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from coverslip.analysis.scoring import load_profile, score
from coverslip.analysis.scoring.errors import CountRepeated, CountsNotJson, CountWrongShape


@click.command("score", short_help="Apply a scoring profile to counts.")
@click.argument("profile")
@click.option(
    "--input",
    "source",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="JSON file with the counts; - reads standard input.",
)
def command(profile: str, source: Path) -> None:
    """Apply PROFILE (for example ki67-ikwg-2021) to the counts of a JSON file and print the result as JSON.

    The result's status is EVALUABLE, EVALUABLE_WITH_WARNING or NOT_EVALUABLE; a NOT_EVALUABLE result has no category.
    Exit status: 0 with a result, NOT_EVALUABLE included; 2 for bad input, naming the field.
    """
    chosen = load_profile(profile)
    content = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    result = score(chosen, _parsed(content))
    click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        counts = json.loads(content, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise CountsNotJson(field="input", problem="json_refused", technical=str(error)) from error
    if not isinstance(counts, dict):
        raise CountWrongShape(field="input", expected="object")
    return counts


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise CountRepeated(field=key)
        made[key] = value
    return made
