from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from coverslip.access import audit
from coverslip.access.errors import PasswordWrong, PermissionDenied
from coverslip.analysis.errors import ReadingSigned
from coverslip.analysis.review import review_reading, save_edits
from coverslip.cases.detail import case_detail
from coverslip.cases.errors import StaleRevision
from coverslip.cases.status import locked_case
from coverslip.errors import CoverslipError, NotFound
from coverslip.records.actor import Actor
from coverslip.records.models import Person, Slide
from coverslip.records.queries.audit import AuditFilter, list_events
from coverslip.records.queries.report import signed_reports
from coverslip.reports import render, sign_out
from coverslip.reports.content import content_digest, from_canonical_json
from coverslip.reports.errors import (
    DiagnosisMissing,
    ReadingNotDecided,
    ReadingNotOfCase,
    ReadingOutdated,
    ReadingRejected,
    ReasonMissing,
    ReportMissing,
    ReportNotEditable,
    ReportNotSigned,
)
from coverslip.reports.verify import verify_reports
from coverslip.storage.checksums import of_bytes
from coverslip.testing.database import make_organization
from coverslip.testing.report_desk import Desk
from coverslip.vocabulary.roles import Role

ActorOf = Callable[[Role], Actor]


def status(desk: Desk) -> str:
    with desk.database.transaction(desk.actor) as tx:
        return case_detail(tx, desk.case.id).status


class _Enough(Exception):
    """Ends a transaction that was only to be tried."""


def change(desk: Desk, **values: str) -> None:
    """Correct the record of the immunostained slide."""
    with desk.database.transaction(desk.actor) as tx:
        row = tx.session.get(Slide, desk.ihc)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)


def draft_of(desk: Desk) -> UUID:
    with desk.database.transaction(desk.actor) as tx:
        report = case_detail(tx, desk.case.id).report
    assert report is not None
    return report.id


def test_signing_stores_both_languages_and_the_content_under_their_digests(desk: Desk) -> None:
    reading = desk.reading("edited")
    desk.save(reading_ids=(reading,), key_images=(desk.image(),))
    signed = desk.sign()
    assert (signed.status, signed.meaning, status(desk)) == ("signed", "authorship_and_approval", "signed")
    assert signed.signed_by is not None
    assert signed.signed_by.id == desk.actor.person_id
    organization = desk.actor.organization_id
    assert organization is not None
    for digest in (signed.pdf_digest_zh, signed.pdf_digest_en):
        assert digest is not None
        assert desk.blobs.read(organization, digest).startswith(b"%PDF-1.7")
    assert signed.pdf_digest_zh != signed.pdf_digest_en
    assert signed.content_digest is not None
    content = from_canonical_json(desk.blobs.read(organization, signed.content_digest))
    assert content_digest(content) == signed.content_digest
    (shown,) = content.readings
    assert shown.reader is not None
    assert (shown.computer.score, shown.reader.score, shown.slide_label, shown.decision) == (
        28.3464, 30.9, "A1-2", "edited",
    )  # fmt: skip
    assert (content.key_images[0].slide_label, content.key_images[0].spacing_um) == ("A1-1", 0.5)
    assert desk.blobs.exists(organization, content.key_images[0].digest)


def test_the_case_and_the_audit_trail_know_of_the_signature(desk: Desk, actor_of: ActorOf) -> None:
    desk.save()
    signed = desk.sign()
    with desk.database.transaction(actor_of(Role.HEAD)) as tx:
        assert case_detail(tx, desk.case.id).signed_at is not None
        (event,) = [e.event for e in list_events(tx, AuditFilter(action="report.sign"))]
        assert audit.verify(tx) == []
    assert event.person_id == desk.actor.person_id
    assert event.detail["content_digest"] == signed.content_digest


def test_a_wrong_password_signs_nothing(desk: Desk) -> None:
    desk.save()
    with pytest.raises(PasswordWrong):
        desk.sign(password="guess")
    assert status(desk) == "drafted"


def test_a_resident_does_not_sign(desk: Desk, actor_of: ActorOf) -> None:
    desk.save()
    with pytest.raises(PermissionDenied):
        desk.sign(actor=actor_of(Role.RESIDENT))


def refused(desk: Desk, error: type[CoverslipError], revision: int = 1) -> None:
    before = status(desk)
    with pytest.raises(error):
        desk.sign(revision)
    assert status(desk) == before
    with desk.database.transaction(desk.actor) as tx:
        assert signed_reports(tx) == []


def test_without_a_draft_there_is_nothing_to_sign(desk: Desk) -> None:
    refused(desk, ReportMissing)


def test_without_a_diagnosis_nothing_is_signed(desk: Desk) -> None:
    desk.save(diagnosis=" \n")
    refused(desk, DiagnosisMissing)


def test_nobody_signs_a_revision_they_did_not_see(desk: Desk) -> None:
    desk.save()
    desk.save(1, comment="later")
    refused(desk, StaleRevision)


def test_a_pending_reading_must_be_decided_first(desk: Desk) -> None:
    desk.save(reading_ids=(desk.reading("accepted"), desk.reading("pending")))
    refused(desk, ReadingNotDecided)


def test_a_rejected_reading_never_enters_a_report(desk: Desk) -> None:
    desk.save(reading_ids=(desk.reading("rejected"),))
    refused(desk, ReadingRejected)


def test_a_reading_of_a_slide_that_was_never_matched_is_not_signed(desk: Desk) -> None:
    desk.save(reading_ids=(desk.reading(),))
    change(desk, status="unmatched")
    refused(desk, ReadingNotOfCase)
    assert b"%PDF" in desk.pdf(draft_of(desk)).data


@pytest.mark.parametrize("corrected", [{"control_status": "failed"}, {"marker": "er"}])
def test_a_reading_whose_ground_was_taken_away_is_not_signed(desk: Desk, corrected: dict[str, str]) -> None:
    desk.save(reading_ids=(desk.reading(),))
    change(desk, **corrected)
    refused(desk, ReadingOutdated)


def test_nobody_rejects_a_reading_while_the_report_that_cites_it_is_signed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = desk.reading()
    desk.save(reading_ids=(reading,))
    written = sign_out._write

    def rejects(*arguments: Any) -> None:
        with desk.database.transaction(desk.actor) as tx:
            tx.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                review_reading(tx, reading, "reject", "染色不佳")
            tx.session.rollback()
            raise _Enough

    def write(*arguments: Any) -> None:
        with pytest.raises(_Enough):
            rejects()
        written(*arguments)

    monkeypatch.setattr(sign_out, "_write", write)
    assert desk.sign().status == "signed"


def test_what_changes_while_the_report_is_rendered_is_not_signed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.save()

    def slow(*given: object) -> bytes:
        with desk.database.transaction(desk.actor) as tx:
            locked_case(tx, desk.case.id).clinical_diagnosis = "另有更正"
        return render.render(*given)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(sign_out, "render", slow)
    refused(desk, StaleRevision)


def test_a_signed_report_is_not_edited(desk: Desk) -> None:
    desk.save()
    desk.sign()
    with pytest.raises(ReportNotEditable):
        desk.save(2, diagnosis="别的")


def test_the_signed_file_is_handed_out_byte_for_byte(desk: Desk) -> None:
    desk.save(key_images=(desk.image(),))
    signed = desk.sign()
    zh, en = desk.pdf(signed.id), desk.pdf(signed.id, "en")
    assert (of_bytes(zh.data).digest, of_bytes(en.data).digest) == (signed.pdf_digest_zh, signed.pdf_digest_en)
    assert (zh.signed, zh.file_name) == (True, "2026-000001-v1-zh-CN.pdf")


def test_a_draft_is_shown_without_what_nobody_accepted(desk: Desk) -> None:
    draft = desk.save(reading_ids=(desk.reading("pending"), desk.reading("accepted")), key_images=(desk.image(),))
    shown = desk.pdf(draft.id)
    assert (shown.signed, shown.file_name) == (False, "2026-000001-v1-zh-CN-draft.pdf")
    assert shown.data.startswith(b"%PDF-1.7")


def test_reading_a_report_is_audited_and_needs_permission(desk: Desk, actor_of: ActorOf) -> None:
    draft = desk.save()
    with pytest.raises(PermissionDenied):
        desk.pdf(draft.id, actor=actor_of(Role.TECHNICIAN))
    desk.pdf(draft.id, "en")
    with desk.database.transaction(actor_of(Role.HEAD)) as tx:
        (event,) = [e.event for e in list_events(tx, AuditFilter(action="report.read"))]
    assert event.detail == {"version": 1, "locale": "en", "status": "draft"}


def test_an_amendment_keeps_the_old_version_and_replaces_it_when_signed(desk: Desk) -> None:
    desk.save(reading_ids=(desk.reading(),), key_images=(desk.image(),))
    first = desk.sign()
    draft = desk.amend("  补充腋窝淋巴结诊断 ")
    assert (draft.version, draft.revision, draft.amends_report_id, draft.amendment_reason, status(desk)) == (
        2, 1, first.id, "补充腋窝淋巴结诊断", "amending",
    )  # fmt: skip
    assert (draft.diagnosis, draft.reading_ids, draft.key_images) == (
        first.diagnosis, first.reading_ids, first.key_images,
    )  # fmt: skip
    desk.save(1, diagnosis="更正后的诊断")
    second = desk.sign(2)
    with desk.database.transaction(desk.actor) as tx:
        reports = {r.version: r.status for r in case_detail(tx, desk.case.id).reports}
    assert (reports, status(desk)) == ({1: "superseded", 2: "signed"}, "signed")
    assert of_bytes(desk.pdf(first.id).data).digest == first.pdf_digest_zh
    assert second.content_digest is not None
    assert desk.actor.organization_id is not None
    content = from_canonical_json(desk.blobs.read(desk.actor.organization_id, second.content_digest))
    assert content.amendment is not None
    assert (content.amendment.replaces_version, content.amendment.replaces_digest) == (1, first.content_digest)


def test_the_signed_version_stands_until_the_amendment_is_signed(desk: Desk) -> None:
    desk.save()
    desk.sign()
    desk.amend()
    with desk.database.transaction(desk.actor) as tx:
        assert [r.status for r in signed_reports(tx)] == ["signed"]


def test_a_reading_behind_a_signed_report_is_changed_only_by_way_of_an_amendment(desk: Desk) -> None:
    reading = desk.reading()
    desk.save(reading_ids=(reading,))

    def reject() -> str:
        with desk.database.transaction(desk.actor) as tx:
            return review_reading(tx, reading, "reject", "混入导管原位癌").decision

    desk.sign()
    with pytest.raises(ReadingSigned):
        reject()
    with pytest.raises(ReadingSigned), desk.database.transaction(desk.actor) as tx:
        save_edits(tx, desk.blobs, reading, {"flipped": [0]})
    desk.amend()
    assert reject() == "rejected"


def test_an_amendment_needs_a_reason_a_signed_report_and_permission(desk: Desk, actor_of: ActorOf) -> None:
    with pytest.raises(ReportNotSigned):
        desk.amend()
    desk.save()
    desk.sign()
    with pytest.raises(ReasonMissing):
        desk.amend("  ")
    with pytest.raises(PermissionDenied):
        desk.amend(actor=actor_of(Role.RESIDENT))
    desk.amend()
    with pytest.raises(CoverslipError) as refused:
        desk.amend()
    assert refused.value.code == "STATUS_NOT_ALLOWED"


def test_the_database_refuses_to_change_a_signed_report(desk: Desk, superuser_url: str) -> None:
    desk.save()
    signed = desk.sign()
    with psycopg.connect(superuser_url) as connection, pytest.raises(psycopg.errors.IntegrityError):
        connection.execute("UPDATE reports SET diagnosis = 'forged' WHERE id = %s", [signed.id])


def test_signed_reports_verify_and_a_forged_row_a_lost_and_a_changed_file_are_found(
    desk: Desk, superuser_url: str
) -> None:
    desk.save(reading_ids=(desk.reading(),), key_images=(desk.image(),))
    signed = desk.sign()
    organization = desk.actor.organization_id
    assert organization is not None
    assert signed.pdf_digest_zh is not None
    assert signed.pdf_digest_en is not None
    with desk.database.transaction(Actor.system(organization)) as tx:
        assert verify_reports(tx, desk.blobs) == []
    with psycopg.connect(superuser_url) as connection:
        connection.execute("ALTER TABLE reports DISABLE TRIGGER ALL")
        connection.execute("UPDATE reports SET diagnosis = 'forged' WHERE id = %s", [signed.id])
    desk.blobs.delete(organization, signed.pdf_digest_en)
    path = desk.blobs.local_path(organization, signed.pdf_digest_zh)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"%PDF-1.7 forged")
    with desk.database.transaction(Actor.system(organization)) as tx:
        found = {(p.part, p.kind, p.detail) for p in verify_reports(tx, desk.blobs)}
    assert found == {
        ("content", "contradicts_row", "diagnosis"),
        ("pdf_en", "missing", signed.pdf_digest_en),
        ("pdf_zh", "corrupt", signed.pdf_digest_zh),
    }


def test_logs_carry_no_name_and_no_diagnosis(
    desk: Desk, people: Mapping[Role, Person], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.save(diagnosis="PLANTED-DIAGNOSIS", reading_ids=(desk.reading(),), key_images=(desk.image("PLANTED-CAPTION"),))
    desk.pdf(desk.sign().id)
    desk.amend("PLANTED-REASON")
    with pytest.raises(StaleRevision):
        desk.sign(9)
    everything = "\n".join(record.getMessage() for record in caplog.records)
    for planted in ("李秀英", "Li Xiuying", "PLANTED", people[Role.PATHOLOGIST].name, "P00000001"):
        assert planted not in everything


def test_another_hospital_finds_no_report(desk: Desk, make_person: Callable[..., Person]) -> None:
    draft = desk.save()
    other = make_organization(desk.database, "PV2", "provincial")
    stranger = make_person("stranger", {Role.HEAD}, organization=other)
    actor = Actor(other.id, stranger.id, roles=frozenset({Role.HEAD}))
    with pytest.raises(NotFound):
        desk.pdf(draft.id, actor=actor)
    with pytest.raises(NotFound):
        desk.save(1, actor=actor)
    with pytest.raises(ReportMissing):
        replace(desk, actor=actor).sign()
