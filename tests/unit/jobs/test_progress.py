"""Live events reach listeners when, and only if, what they tell of is committed."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from coverslip.errors import CoverslipError
from coverslip.jobs.progress import LiveEvent, listen, publish
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization


def _event(organization: Organization, status: str) -> LiveEvent:
    return LiveEvent(organization.id, "reading", uuid4(), status, slide_id=uuid4(), tiles_done=3, tiles_total=9)


def test_an_event_arrives_as_it_was_sent(database: Database, organization: Organization) -> None:
    sent = _event(organization, "running")

    async def go() -> LiveEvent:
        events = listen(database)
        receiving = asyncio.ensure_future(anext(events))
        while not receiving.done():
            await asyncio.to_thread(publish, database, sent)
            await asyncio.wait({receiving}, timeout=0.2)
        return receiving.result()

    assert asyncio.run(go()) == sent


def test_an_event_of_a_transaction_that_rolled_back_is_never_told(
    database: Database, organization: Organization
) -> None:
    kept, last = _event(organization, "kept"), _event(organization, "last")

    def work() -> None:
        with pytest.raises(CoverslipError), database.transaction(Actor.system(organization.id)) as tx:
            publish(tx, _event(organization, "undone"))
            raise CoverslipError
        with database.transaction(Actor.system(organization.id)) as tx:
            publish(tx, kept)
        publish(database, last)

    async def go() -> list[str]:
        events, told = listen(database), []
        receiving = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(work)
        told.append((await receiving).status)
        told.append((await anext(events)).status)
        return told

    assert asyncio.run(go()) == ["kept", "last"]


def test_a_page_is_told_what_it_shows_and_no_more(organization: Organization) -> None:
    event = _event(organization, "running")
    assert set(event.page_data()) == {
        "id", "slide_id", "case_id", "status", "tiles_done", "tiles_total", "seconds_left",
    }  # fmt: skip
    assert event.page_data()["id"] == str(event.id)
    assert isinstance(LiveEvent.from_payload(event.payload()).id, UUID)
