"""Uploads by tus 1.0.0: what the protocol asks of a server, and what Coverslip asks of a sender."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from coverslip.ingest.upload_errors import UploadBusy
from coverslip.ingest.upload_job import expire_upload
from coverslip.ingest.upload_spool import PartId, Spool
from coverslip.jobs.task import Work
from coverslip.phantoms.files import WRITERS
from coverslip.phantoms.files.dicom_examples import write_two_slides
from coverslip.phantoms.slide import write_slide
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Organization, Person
from coverslip.records.queries import upload as uploads
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.settings import Settings
from coverslip.storage.blobs import BlobStore
from coverslip.testing.server import ServerForTests, serving
from coverslip.testing.uploads import TUS, Sender, sender, spooled, take_in_all
from coverslip.vocabulary.roles import Role


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, upload_largest_gb=0.01)


@pytest.fixture
def server(
    database: Database, blob_store: BlobStore, settings: Settings, people: Mapping[Role, Person]
) -> Iterator[ServerForTests]:
    with serving(database, blob_store, settings) as running:
        yield running


@pytest.fixture
def technician(server: ServerForTests) -> Sender:
    return sender(server, Role.TECHNICIAN.value)


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]  # type: ignore[attr-defined]


def sha(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def part_of(settings: Settings) -> PartId:
    path = next(path for path in spooled(settings) if path.suffix == ".part")
    return PartId(UUID(path.parents[1].name), UUID(path.parent.name), UUID(path.stem))


def test_the_server_says_what_it_knows_of_tus(technician: Sender) -> None:
    answer = technician.client.options("/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    }
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert answer.headers["Tus-Max-Size"] == "10000000"


def test_an_upload_goes_on_where_it_stands(technician: Sender) -> None:
    address = technician.begun("a.svs", 6)
    first = technician.send(address, 0, b"abc")
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "3")
    head = technician.client.head(address, headers=TUS)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("3", "6")
    assert head.headers["Cache-Control"] == "no-store"
    assert "GMT" in head.headers["Upload-Expires"]
    assert technician.send(address, 3, b"def").headers["Upload-Offset"] == "6"
    assert technician.batches()[0]["status"] == "queued"


def test_the_first_bytes_may_come_with_the_announcement(technician: Sender) -> None:
    answer = technician.client.post(
        "/uploads",
        headers={
            **TUS,
            "Upload-Length": "6",
            "Upload-Metadata": "filename YS5zdnM=",
            "Content-Type": "application/offset+octet-stream",
        },
        content=b"abcd",
    )
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "4")
    assert technician.offset(answer.headers["Location"].removeprefix("/api/v1")) == 4


@pytest.mark.parametrize("offset", [0, 2, 4, 6])
def test_a_wrong_offset_is_refused_and_changes_nothing(technician: Sender, offset: int) -> None:
    address = technician.begun("a.svs", 6)
    technician.send(address, 0, b"abc")
    assert code(technician.send(address, offset, b"")) == (409, "UPLOAD_OFFSET_WRONG")
    assert technician.offset(address) == 3


def test_another_version_of_tus_is_refused_with_the_one_spoken(technician: Sender) -> None:
    address = technician.begun("a.svs", 6)
    for version in ({}, {"Tus-Resumable": "0.2.2"}):
        answer = technician.client.patch(
            address, headers={"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", **version}
        )
        assert code(answer) == (412, "UPLOAD_VERSION_WRONG")
        assert answer.headers["Tus-Version"] == "1.0.0"


def test_bytes_of_another_type_are_refused(technician: Sender) -> None:
    address = technician.begun("a.svs", 6)
    assert code(technician.send(address, 0, b"abc", Content_Type="image/tiff")) == (415, "UPLOAD_TYPE_WRONG")
    assert technician.offset(address) == 0


def test_a_file_larger_than_the_setting_allows_is_refused_when_it_is_announced(technician: Sender) -> None:
    assert code(technician.begin("a.svs", 10_000_001)) == (413, "UPLOAD_TOO_LARGE")
    assert technician.begin("a.svs", 10_000_000).status_code == 201


@pytest.mark.parametrize("length", ["", "-1", "1.5", "many"])
def test_a_size_that_is_no_number_of_bytes_is_refused(technician: Sender, length: str) -> None:
    assert technician.begin("a.svs", 0, {"Upload-Length": length}).status_code == 422


def test_an_empty_file_is_refused_when_it_is_announced(technician: Sender) -> None:
    assert code(technician.begin("a.svs", 0)) == (422, "SLIDE_EMPTY")


def test_more_bytes_than_announced_are_refused_before_and_while_they_come(technician: Sender) -> None:
    address = technician.begun("a.svs", 6)
    assert code(technician.send(address, 0, b"abcdefg")) == (413, "UPLOAD_TOO_MUCH")

    def chunked() -> Iterator[bytes]:
        yield b"abcd"
        yield b"efgh"

    sent = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert code(technician.client.patch(address, headers=sent, content=chunked())) == (413, "UPLOAD_TOO_MUCH")
    assert technician.offset(address) <= 6


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_bytes_are_compared_with_their_checksum(technician: Sender, algorithm: str) -> None:
    address = technician.begun("a.svs", 6)
    assert technician.send(address, 0, b"abc", Upload_Checksum=sha(b"abc", algorithm)).status_code == 204
    wrong = technician.send(address, 3, b"dxf", Upload_Checksum=sha(b"def", algorithm))
    assert code(wrong) == (460, "UPLOAD_CHECKSUM_WRONG")
    assert technician.offset(address) == 3
    assert technician.send(address, 3, b"def", Upload_Checksum=sha(b"def", algorithm)).status_code == 204


@pytest.mark.parametrize("header", ["md5 AAAA", "sha256", "sha256 AAAA", "sha256 !!!!"])
def test_a_checksum_that_cannot_be_compared_is_refused(technician: Sender, header: str) -> None:
    address = technician.begun("a.svs", 6)
    answer = technician.send(address, 0, b"abc", Upload_Checksum=header)
    assert code(answer) == (400, "UPLOAD_CHECKSUM_UNKNOWN")
    assert technician.offset(address) == 0


def test_bytes_that_were_never_compared_with_their_checksum_do_not_count(
    technician: Sender, settings: Settings
) -> None:
    """As a server leaves them that was killed in the middle."""
    address = technician.begun("a.svs", 6)
    technician.send(address, 0, b"ab")
    path = next(path for path in spooled(settings) if path.suffix == ".part")
    path.with_suffix(".unverified").write_text("2")
    with path.open("ab") as part:
        part.write(b"xy")
    assert technician.offset(address) == 2
    assert technician.send(address, 2, b"cdef").status_code == 204


def test_one_connection_writes_a_file_at_a_time(technician: Sender, settings: Settings) -> None:
    address = technician.begun("a.svs", 6)
    part = part_of(settings)
    writer = Spool(settings.spool_dir).write(part, 0, 6)
    assert code(technician.send(address, 0, b"abc")) == (423, "UPLOAD_BUSY")
    assert code(technician.client.delete(address, headers=TUS)) == (423, "UPLOAD_BUSY")
    writer.abandon()
    assert technician.send(address, 0, b"abc").status_code == 204


def test_a_part_that_a_killed_process_held_is_free(tmp_path: Path) -> None:
    spool, part = Spool(tmp_path), PartId(*(UUID(int=number) for number in (1, 2, 3)))
    spool.create(part)
    held = spool.write(part, 0, 10)
    with pytest.raises(UploadBusy):
        spool.write(part, 0, 10)
    held.append(b"abc")
    held.abandon()
    assert spool.write(part, 3, 10).offset == 3


def test_an_upload_that_was_given_up_is_gone_from_the_disk(technician: Sender, settings: Settings) -> None:
    address = technician.begun("a.svs", 6)
    technician.send(address, 0, b"abc")
    assert technician.client.delete(address, headers=TUS).status_code == 204
    assert spooled(settings) == []
    assert code(technician.send(address, 3, b"def")) == (410, "UPLOAD_GONE")
    assert technician.client.head(address, headers=TUS).status_code == 410
    assert technician.batches()[0]["status"] == "aborted"


def test_an_upload_is_its_senders_alone(server: ServerForTests, technician: Sender, database: Database) -> None:
    from coverslip.testing.database import make_person

    with database.transaction(Actor.nobody()) as tx:
        from coverslip.records.queries.organization import all_organizations

        organization = all_organizations(tx)[0]
    make_person(database, organization.id, "another", {Role.TECHNICIAN})
    other = sender(server, "another")
    address = technician.begun("a.svs", 6)
    assert other.client.head(address, headers=TUS).status_code == 404
    assert code(other.send(address, 0, b"abc")) == (404, "NOT_FOUND")
    assert code(other.client.delete(address, headers=TUS)) == (404, "NOT_FOUND")
    assert other.batches() == []
    assert technician.offset(address) == 0


def test_who_may_not_take_slides_in_sends_nothing(server: ServerForTests, settings: Settings) -> None:
    for role in (Role.RESIDENT, Role.PATHOLOGIST, Role.ADMINISTRATOR, Role.AUDITOR):
        assert code(sender(server, role.value).begin("a.svs", 6)) == (403, "PERMISSION_DENIED")
    assert spooled(settings) == []


def test_the_session_that_ends_in_the_middle_keeps_what_came(server: ServerForTests, technician: Sender) -> None:
    address = technician.begun("a.svs", 6)
    technician.send(address, 0, b"abc")
    token, cookie = technician.client.headers["X-CSRF-Token"], dict(technician.client.cookies)
    assert technician.client.delete("/session").status_code == 204
    technician.client.cookies.update(cookie)
    technician.client.headers["X-CSRF-Token"] = token
    assert code(technician.send(address, 3, b"def")) == (401, "NOT_SIGNED_IN")
    again = sender(server, Role.TECHNICIAN.value)
    assert again.offset(address) == 3
    assert again.send(address, 3, b"def").status_code == 204


NAMES = [
    "../a.svs", "a/../../b.svs", "/etc/passwd", "C:\\a.svs", "a\\b.svs", "a\0b.svs", "a/", "a//b", ".", "..", "con.svs",
    "NUL", "a/lpt1.dat", "a.", " a.svs", "a:b.svs", "x" * 256, "a\nb.svs", "/".join("a" * 17),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_leads_out_or_cannot_be_stored_is_refused(
    technician: Sender, settings: Settings, name: str
) -> None:
    assert code(technician.begin(name, 6)) == (422, "INVALID_INPUT")
    assert spooled(settings) == []


def test_a_file_without_a_name_is_refused(technician: Sender) -> None:
    assert code(technician.begin("a.svs", 6, {"Upload-Metadata": "filetype dGlmZg=="})) == (422, "INVALID_INPUT")


def test_metadata_that_are_no_pairs_of_base64_are_refused(technician: Sender) -> None:
    for metadata in ("filename !!", "filename YQ==,filename Yg==", "filename gICA"):
        assert code(technician.begin("a.svs", 6, {"Upload-Metadata": metadata})) == (422, "INVALID_INPUT")


def test_a_disk_without_room_says_so_and_keeps_what_came(technician: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    address = technician.begun("a.svs", 6)
    technician.send(address, 0, b"ab")
    written = os.pwrite

    def full(descriptor: int, content: bytes, offset: int) -> int:
        if offset >= 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(descriptor, bytes(content)[: 4 - offset], offset)

    monkeypatch.setattr(os, "pwrite", full)
    answer = technician.send(address, 2, b"cdef")
    assert code(answer) == (507, "UPLOAD_DISK_FULL")
    assert "磁盘已满" in answer.json()["error"]["message"]["zh-CN"]
    monkeypatch.undo()
    assert technician.offset(address) == 4
    assert technician.send(address, 4, b"ef").status_code == 204


def test_a_disk_without_room_for_what_is_announced_refuses_it_at_once(
    technician: Sender, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 99, 1))
    assert code(technician.begin("a.svs", 6)) == (507, "UPLOAD_DISK_FULL")
    assert spooled(settings) == []


def test_files_of_a_batch_become_one_job_with_the_last_of_them(technician: Sender) -> None:
    names = ("s/a.dat", "s/b.dat", "s.mrxs")
    addresses = [technician.begun(name, 3, relativePath=name, batch="one", files="3") for name in names]
    for number, address in enumerate(addresses):
        assert technician.batches()[0]["status"] == "receiving"
        technician.send(address, 0, b"abc")
        assert technician.batches()[0]["files_received"] == number + 1
    (batch,) = technician.batches()
    assert (batch["status"], batch["files"], batch["bytes_total"]) == ("queued", 3, 9)
    assert code(technician.begin("s/c.dat", 3, batch="one", files="3")) == (409, "UPLOAD_BATCH_CLOSED")


def test_a_file_that_contradicts_its_batch_is_refused(technician: Sender) -> None:
    technician.begun("s/a.dat", 3, batch="one", files="3")
    for name, files in (("s/b.dat", "4"), ("S/A.dat", "3"), ("s/a.dat/b", "3"), ("s", "3")):
        assert code(technician.begin(name, 3, batch="one", files=files)) == (409, "UPLOAD_BATCH_DIFFERS"), name
    technician.begun("s/b.dat", 3, batch="one", files="3")
    technician.begun("s/c.dat", 3, batch="one", files="3")
    assert code(technician.begin("s/d.dat", 3, batch="one", files="3")) == (409, "UPLOAD_BATCH_DIFFERS")


def test_an_upload_that_stood_still_is_deleted(
    technician: Sender, database: Database, blob_store: BlobStore, settings: Settings, organization: Organization
) -> None:
    address = technician.begun("a.svs", 6)
    technician.send(address, 0, b"abc")
    batch = technician.batches()[0]["id"]
    work, arguments = Work(database, blob_store, settings), {"organization_id": str(organization.id)}
    expire_upload.run(work, batch_id=batch, **arguments)
    assert technician.offset(address) == 3
    with database.transaction(Actor.system(organization.id)) as tx:
        row = uploads.batch(tx, UUID(batch))
        assert row is not None
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    expire_upload.run(work, batch_id=batch, **arguments)
    assert technician.client.head(address, headers=TUS).status_code == 410
    assert (technician.batches()[0]["status"], spooled(settings)) == ("expired", [])


def test_a_job_is_waiting_that_will_delete_it(technician: Sender, database: Database) -> None:
    from coverslip.testing.database import execute

    technician.begun("a.svs", 6)
    assert database.owner_url is not None
    jobs = execute(database.owner_url, "SELECT task_name FROM procrastinate_jobs WHERE scheduled_at > now()")
    assert jobs == [("expire_upload",)]


def test_a_slide_that_was_sent_is_taken_in_and_its_files_leave_the_spool(
    technician: Sender,
    database: Database,
    blob_store: BlobStore,
    settings: Settings,
    organization: Organization,
    tmp_path: Path,
) -> None:
    slide = tmp_path / "phantom.svs"
    write_slide(slide, seed=3, width=512, height=512)
    for outcome in ("unmatched", "duplicate"):
        address = technician.begun("扫描 1.svs", slide.stat().st_size)
        technician.send(address, 0, slide.read_bytes())
        take_in_all(database, blob_store, settings, technician, organization.id)
        batch = technician.batches()[0]
        assert (batch["status"], batch["results"][0]["outcome"]) == ("finished", outcome), batch
        assert spooled(settings) == []
    assert technician.client.get("/slides/unmatched").json()["items"][0]["label"] == "扫描 1"


def send_folder(technician: Sender, root: Path, batch: str) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    for path in files:
        name = path.relative_to(root).as_posix()
        address = technician.begun(name, path.stat().st_size, batch=batch, files=str(len(files)))
        assert technician.send(address, 0, path.read_bytes()).status_code == 204


def test_the_files_of_an_mrxs_slide_become_one_slide(
    technician: Sender,
    database: Database,
    blob_store: BlobStore,
    settings: Settings,
    organization: Organization,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "scanner"
    folder.mkdir()
    WRITERS["mrxs"](folder)
    send_folder(technician, folder, "mrxs")
    take_in_all(database, blob_store, settings, technician, organization.id)
    (batch,) = technician.batches()
    assert [result["outcome"] for result in batch["results"]] == ["unmatched"], batch
    assert batch["results"][0]["file"].endswith(".mrxs")
    assert spooled(settings) == []


def test_two_dicom_slides_of_one_folder_become_two(
    technician: Sender,
    database: Database,
    blob_store: BlobStore,
    settings: Settings,
    organization: Organization,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "scanner"
    folder.mkdir()
    write_two_slides(folder)
    send_folder(technician, folder, "dicom")
    take_in_all(database, blob_store, settings, technician, organization.id)
    (batch,) = technician.batches()
    assert [result["outcome"] for result in batch["results"]] == ["unmatched", "unmatched"], batch


def test_a_file_that_is_no_slide_is_refused_in_words(
    technician: Sender, database: Database, blob_store: BlobStore, settings: Settings, organization: Organization
) -> None:
    address = technician.begun("letter.svs", 6)
    technician.send(address, 0, b"abcdef")
    take_in_all(database, blob_store, settings, technician, organization.id)
    (batch,) = technician.batches()
    assert (batch["status"], batch["error"]["error"]["code"]) == ("failed", "NOT_A_SLIDE")
    assert batch["error"]["error"]["mend"]["zh-CN"]
    assert not batch["may_be_tried_again"]
    assert spooled(settings) == []


def test_the_trail_knows_beginning_completion_and_end_and_no_part_in_between(
    technician: Sender, database: Database, organization: Organization
) -> None:
    first, second = technician.begun("a.svs", 6), technician.begun("b.svs", 6)
    for offset in range(6):
        technician.send(first, offset, b"x")
    technician.client.delete(second, headers=TUS)
    with database.transaction(Actor.system(organization.id)) as tx:
        rows = list_events(tx, AuditFilter(), limit=100)
    actions = [row.event.action for row in rows if row.event.action.startswith("upload.")]
    assert sorted(actions) == ["upload.abort", "upload.begin", "upload.begin", "upload.send"]
