"""Annotations: who may draw, see and take away; nothing vanishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from coverslip.access.errors import PermissionDenied
from coverslip.annotations.errors import AnnotationInvalid, AnnotationNotOwn
from coverslip.annotations.shapes import LONGEST_TEXT, create_annotation, delete_annotation, list_annotations
from coverslip.errors import NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.testing.case_example import registered, slide_id
from coverslip.testing.database import actor_for, execute, make_person
from coverslip.vocabulary.roles import Role

Actors = Callable[[Role], Actor]
SQUARE: dict[str, Any] = {"type": "Polygon", "coordinates": [[[0, 0], [40, 0], [40, 30], [0, 30], [0, 0]]]}


@pytest.fixture
def case(database: Database, actor_of: Actors) -> tuple[UUID, UUID]:
    """A case and its Ki-67 slide."""
    made = registered(database, actor_of(Role.TECHNICIAN))
    return made.id, slide_id(made, "A1-2")


def draw(database: Database, actor: Actor, slide: UUID, text: str = "热点区") -> UUID:
    with database.transaction(actor) as tx:
        return create_annotation(tx, slide, "region", SQUARE, text).id


def test_what_is_drawn_is_listed_with_who_drew_it_oldest_first(
    database: Database, actor_of: Actors, case: tuple[UUID, UUID]
) -> None:
    first = draw(database, actor_of(Role.PATHOLOGIST), case[1])
    second = draw(database, actor_of(Role.RESIDENT), case[1])
    with database.transaction(actor_of(Role.TECHNICIAN)) as tx:
        listed = list_annotations(tx, case[1])
    assert [(row.id, row.person.username) for row in listed] == [(first, "pathologist"), (second, "resident")]
    assert (listed[0].kind, listed[0].text) == ("region", "热点区")


def test_a_technician_sees_but_does_not_draw(database: Database, actor_of: Actors, case: tuple[UUID, UUID]) -> None:
    with pytest.raises(PermissionDenied):
        draw(database, actor_of(Role.TECHNICIAN), case[1])


def test_what_is_deleted_is_no_longer_listed_but_stays_in_the_records(
    database: Database, actor_of: Actors, case: tuple[UUID, UUID], superuser_url: str
) -> None:
    actor = actor_of(Role.RESIDENT)
    made = draw(database, actor, case[1])
    with database.transaction(actor) as tx:
        delete_annotation(tx, made)
    with database.transaction(actor) as tx:
        assert list_annotations(tx, case[1]) == []
    assert execute(superuser_url, "SELECT deleted_at IS NOT NULL FROM annotations") == [(True,)]
    with pytest.raises(NotFound), database.transaction(actor) as tx:
        delete_annotation(tx, made)


def test_only_who_drew_it_takes_it_away(database: Database, actor_of: Actors, case: tuple[UUID, UUID]) -> None:
    made = draw(database, actor_of(Role.RESIDENT), case[1])
    with pytest.raises(AnnotationNotOwn), database.transaction(actor_of(Role.HEAD)) as tx:
        delete_annotation(tx, made)


@pytest.mark.parametrize(
    ("kind", "geometry", "text"),
    [
        ("circle", SQUARE, ""),
        ("region", {"type": "Point", "coordinates": [1, 2]}, ""),
        ("region", SQUARE, "x" * (LONGEST_TEXT + 1)),
    ],
)
def test_what_cannot_be_stored_is_refused(
    database: Database, actor_of: Actors, case: tuple[UUID, UUID], kind: str, geometry: dict[str, Any], text: str
) -> None:
    with pytest.raises(AnnotationInvalid), database.transaction(actor_of(Role.RESIDENT)) as tx:
        create_annotation(tx, case[1], kind, geometry, text)


def test_another_hospitals_slide_does_not_exist(
    database: Database, actor_of: Actors, case: tuple[UUID, UUID], two_organizations: tuple[Organization, Organization]
) -> None:
    made = draw(database, actor_of(Role.RESIDENT), case[1])
    stranger = actor_for(make_person(database, two_organizations[1].id, "stranger", {Role.HEAD}), {Role.HEAD})
    for use in (
        lambda tx: list_annotations(tx, case[1]),
        lambda tx: create_annotation(tx, case[1], "region", SQUARE),
        lambda tx: delete_annotation(tx, made),
        lambda tx: list_annotations(tx, uuid4()),
    ):
        with pytest.raises(NotFound), database.transaction(stranger) as tx:
            use(tx)


def test_drawing_seeing_and_taking_away_are_audited(
    database: Database, actor_of: Actors, case: tuple[UUID, UUID]
) -> None:
    actor = actor_of(Role.RESIDENT)
    made = draw(database, actor, case[1])
    with database.transaction(actor) as tx:
        list_annotations(tx, case[1])
        delete_annotation(tx, made)
    with database.transaction(actor_of(Role.HEAD)) as tx:
        seen = {listed.event.action for listed in list_events(tx, AuditFilter(case_id=case[0]), limit=50)}
    assert seen >= {"annotation.create", "annotation.read", "annotation.delete"}
