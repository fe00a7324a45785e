"""A slide that cannot be read: sent again it fails again, in full words, and leads to itself in the queue alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from coverslip.phantoms.slide import write_slide
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.server import ServerForTests, serving
from coverslip.testing.uploads import Sender, sender, take_in_all
from coverslip.vocabulary.roles import Role


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def server(
    database: Database, blob_store: BlobStore, settings: Settings, people: Mapping[Role, Person]
) -> Iterator[ServerForTests]:
    with serving(database, blob_store, settings) as running:
        yield running


def test_a_failed_slide_fails_each_time_in_full_words_and_is_found_in_the_queue_by_its_id(
    server: ServerForTests,
    database: Database,
    blob_store: BlobStore,
    settings: Settings,
    organization: Organization,
    tmp_path: Path,
) -> None:
    technician: Sender = sender(server, Role.TECHNICIAN.value)
    slide = tmp_path / "phantom.svs"
    write_slide(slide, seed=3, width=512, height=512)
    half = slide.read_bytes()[: slide.stat().st_size // 2]
    for _ in range(2):
        technician.send(technician.begun("half.svs", len(half)), 0, half)
        take_in_all(database, blob_store, settings, technician, organization.id)
        (result,) = technician.batches()[0]["results"]
        assert (result["outcome"], result["queue"]) == ("failed", "failed")
        said = result["error"]["error"]
        for locale in ("zh-CN", "en"):
            words = said["message"][locale] + said["mend"][locale]
            assert "half.svs" in words
            assert "–" not in words
    whole = tmp_path / "whole.svs"
    write_slide(whole, seed=4, width=512, height=512)
    technician.send(technician.begun("whole.svs", whole.stat().st_size), 0, whole.read_bytes())
    take_in_all(database, blob_store, settings, technician, organization.id)

    def asked(slide_id: object) -> list[dict[str, object]]:
        items: list[dict[str, object]] = technician.client.get(f"/slides/unmatched?slide={slide_id}").json()["items"]
        return items

    (found,) = asked(result["slide_id"])
    assert (found["id"], found["status"]) == (result["slide_id"], "failed")
    assert found["failure_mend"] == said["mend"]
    assert asked(uuid4()) == []
