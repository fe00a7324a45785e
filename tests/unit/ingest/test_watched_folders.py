"""Which folders are watched: by one process at a time, below the allowed roots, by an administrator's word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coverslip.errors import CoverslipError, InvalidInput
from coverslip.ingest.watched_folders import (
    add_folder,
    change_folder,
    remove_folder,
    watched_folders,
)
from coverslip.records.actor import Actor
from coverslip.settings import Settings
from coverslip.testing.laboratory import Laboratory
from coverslip.vocabulary.roles import Role
from tests.unit.ingest.scanner import Scanner, SlideFileMaker, put


def test_one_process_watches_a_folder_and_another_takes_over(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.look()
    other = Scanner(scanner.laboratory, scanner.root, scanner.settings, scanner.folder, holder="two")
    assert other.watch.look() is None
    scanner.watch.let_go()
    assert [taken.label for taken in other.settle().taken] == ["2"]
    assert scanner.watch.look() is None


def test_a_folder_that_is_switched_off_is_left_alone(scanner: Scanner, slide_file: SlideFileMaker) -> None:
    put(scanner, slide_file, "labelled", "a.svs")
    scanner.change(enabled=False)
    assert scanner.watch.look() is None


def test_folders_are_added_below_the_allowed_roots_only(
    laboratory: Laboratory, settings: Settings, tmp_path: Path, actor_of: Callable[[Role], Actor]
) -> None:
    administrator = actor_of(Role.ADMINISTRATOR)
    allowed, elsewhere = tmp_path / "shares" / "QH" / "s", tmp_path / "shares" / "PV" / "s"
    for folder in (allowed, elsewhere, tmp_path / "data"):
        folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "shares" / "QH" / "link").symlink_to(elsewhere)
    with laboratory.database.transaction(administrator) as tx:
        for path in (elsewhere, tmp_path, tmp_path / "shares" / "QH" / "link", allowed / ".." / ".." / "PV" / "s"):
            with pytest.raises(InvalidInput) as refused:
                add_folder(tx, settings, str(path))
            assert refused.value.parameters["problem"] == "watch_outside"
        for name, problem in (("relative", "watch_absolute"), (str(allowed / "none"), "watch_no_folder")):
            with pytest.raises(InvalidInput) as refused:
                add_folder(tx, settings, name)
            assert refused.value.parameters["problem"] == problem
        with pytest.raises(InvalidInput) as refused:
            add_folder(tx, settings, str(tmp_path), by_operator=True)
        assert refused.value.parameters["problem"] == "watch_own_data"
        made = add_folder(tx, settings, str(allowed), after_taking="move")
        (allowed / "inner").mkdir()
        with pytest.raises(InvalidInput) as refused:
            add_folder(tx, settings, str(allowed / "inner"))
        assert refused.value.parameters["problem"] == "watch_taken"
        for changes in ({"after_taking": "burn"}, {"after_days": -1}, {"path": "/"}, {"quiet_seconds": 0}):
            with pytest.raises(InvalidInput):
                change_folder(tx, made.id, changes)
        assert [state.folder.path for state in watched_folders(tx)] == [str(allowed)]
        remove_folder(tx, made.id)
        assert watched_folders(tx) == []


@pytest.mark.parametrize("role", [Role.PATHOLOGIST, Role.AUDITOR])
def test_folders_are_an_administrators_business(
    laboratory: Laboratory, settings: Settings, tmp_path: Path, actor_of: Callable[[Role], Actor], role: Role
) -> None:
    for actor in (actor_of(role), actor_of(Role.TECHNICIAN)):
        with laboratory.database.transaction(actor) as tx, pytest.raises(CoverslipError) as refused:
            add_folder(tx, settings, str(tmp_path))
        assert refused.value.code == "PERMISSION_DENIED"


def test_a_folder_whose_root_is_no_longer_allowed_is_not_read(
    laboratory: Laboratory, settings: Settings, tmp_path: Path, actor_of: Callable[[Role], Actor]
) -> None:
    root = tmp_path / "shares" / "QH" / "s"
    root.mkdir(parents=True)
    with laboratory.database.transaction(actor_of(Role.ADMINISTRATOR)) as tx:
        folder = add_folder(tx, settings, str(root))
    narrowed = settings.model_copy(update={"watch_roots": ()})
    assert Scanner(laboratory, root, narrowed, folder).look().unreachable is not None
