"""Looks at the same thing are one event; a look whose event was never written stands for nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.server import looks
from coverslip.server.looks import Looks

SLIDE = uuid4()


def look(database: Database, seen: Looks, actor: Actor, part: str = "") -> None:
    with database.transaction(actor) as tx:
        seen.record(tx, "slide.view", object_type="slide", object_id=SLIDE, part=part)


def events(database: Database, organization: Organization) -> int:
    with database.transaction(Actor.system(organization.id)) as tx:
        return len(list_events(tx, AuditFilter(action="slide.view")))


def test_the_looks_of_one_session_at_one_thing_are_one_event(database: Database, organization: Organization) -> None:
    seen, actor, other = Looks(), Actor.system(organization.id), Actor(organization.id, session_id=uuid4())
    for _ in range(3):
        look(database, seen, actor)
    assert events(database, organization) == 1
    look(database, seen, other)
    look(database, seen, actor, "label")
    assert events(database, organization) == 3


def test_a_look_after_ten_minutes_is_a_new_one(
    database: Database, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, actor = Looks(), Actor.system(organization.id)
    look(database, seen, actor)
    monkeypatch.setattr(looks, "LOOK_SECONDS", 0.0)
    look(database, seen, actor)
    assert events(database, organization) == 2


def test_a_look_whose_event_was_rolled_back_stands_for_nothing(database: Database, organization: Organization) -> None:
    seen, actor = Looks(), Actor.system(organization.id)
    with pytest.raises(LookupError), database.transaction(actor) as tx:
        seen.record(tx, "slide.view", object_type="slide", object_id=SLIDE)
        raise LookupError
    assert events(database, organization) == 0
    look(database, seen, actor)
    assert events(database, organization) == 1


def test_what_is_remembered_is_bounded(
    database: Database, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LOOKS_KEPT", 2)
    seen, actor = Looks(), Actor.system(organization.id)
    for part in ("a", "b", "c", "a"):
        look(database, seen, actor, part)
    assert events(database, organization) == 4
