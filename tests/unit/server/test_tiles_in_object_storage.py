"""The whole server over object storage: a signed-in browser gets the tiles of a slide that lies in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coverslip.ingest.intake import take_in
from coverslip.ingest.settle import Patience
from coverslip.phantoms.files import WRITERS
from coverslip.records.database import Database
from coverslip.records.models import Organization
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.database import actor_for, make_person
from coverslip.testing.faulty_proxy import FaultyProxy
from coverslip.testing.object_storage import ObjectStorage
from coverslip.testing.server import ServerForTests, serving
from coverslip.vocabulary.roles import Role

ROLES = {Role.PATHOLOGIST, Role.TECHNICIAN}


@pytest.fixture
def proxy(object_storage: ObjectStorage) -> Iterator[FaultyProxy]:
    with FaultyProxy(object_storage.endpoint) as proxy:
        yield proxy


def tile(server: ServerForTests, client: httpx.Client, slide_id: object, place: str) -> httpx.Response:
    return client.get(f"{server.url}/tiles/{slide_id}/{place}")


@pytest.mark.parametrize("name", ["svs-jpeg-rgb", "mrxs"])
def test_tiles_of_a_slide_in_a_bucket_are_those_of_the_same_slide_on_a_disk(
    database: Database,
    organization: Organization,
    object_storage: ObjectStorage,
    proxy: FaultyProxy,
    tmp_path: Path,
    name: str,
) -> None:
    """One is read by range, the other lies in the cache whole; once cached, tiles outlive the storage."""
    (tmp_path / "made").mkdir()
    path = WRITERS[name](tmp_path / "made")
    reader = make_person(database, organization.id, "reader", ROLES)
    actor, patience = actor_for(reader, ROLES), Patience(quiet_seconds=0)
    remote = BlobStore.open(object_storage.settings(tmp_path, proxy.endpoint, s3_timeout_seconds=2.0, s3_retries=1))
    local = BlobStore(folder=tmp_path / "local")
    taken = take_in(database, remote, actor, path, patience=patience)
    assert remote.folder is None
    assert take_in(database, local, actor, path, patience=patience).outcome == "duplicate"
    places = ["0/0/0", "0/1/0", "0/0/1", "1/0/0"]
    with serving(database, local, Settings(data_dir=tmp_path / "one")) as server:
        client = server.sign_in(reader)
        wanted = {place: tile(server, client, taken.slide_id, place) for place in places}
    with serving(database, remote, Settings(data_dir=tmp_path / "other")) as server:
        assert tile(server, server.client(), taken.slide_id, "0/0/0").status_code == 401
        client = server.sign_in(reader)
        for place, on_disk in wanted.items():
            answer = tile(server, client, taken.slide_id, place)
            assert answer.status_code == on_disk.status_code, place
            assert answer.status_code == 404 or answer.content == on_disk.content, place
        assert wanted["0/0/0"].status_code == 200
        assert wanted["0/0/0"].headers["content-type"] == "image/jpeg"
        proxy.break_down("503")
        assert tile(server, client, taken.slide_id, "0/0/0").content == wanted["0/0/0"].content
    remote.close()
