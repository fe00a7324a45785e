"""Who may call which route, and what the audit trail calls it. A route that is not named here is shut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from coverslip.access.permission import Permission, may
from coverslip.records.actor import Actor


class Access(Enum):
    """What a route asks for when it asks for no permission."""

    PUBLIC = "anyone, signed in or not"
    SIGNED_IN = "anyone who is signed in"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route needs (of several permissions any), and the action it leaves in the audit trail.

    `action` is None where nothing of anyone is shown. The service decides again, about the object itself.
    """

    needs: Permission | tuple[Permission, ...] | Access
    action: str | None


_P = Permission

RULES: Mapping[tuple[str, str], Rule] = {
    ("POST", "/session"): Rule(Access.PUBLIC, "session.sign_in"),
    ("GET", "/session"): Rule(Access.SIGNED_IN, "session.read"),
    ("DELETE", "/session"): Rule(Access.SIGNED_IN, "session.sign_out"),
    ("PATCH", "/session"): Rule(Access.SIGNED_IN, "session.locale"),
    ("POST", "/session/password"): Rule(Access.SIGNED_IN, "person.change_password"),
    ("GET", "/people"): Rule(_P.PEOPLE_READ, "people.read"),
    ("POST", "/people"): Rule(_P.PEOPLE_MANAGE, "person.create"),
    ("PATCH", "/people/{person_id}"): Rule(_P.PEOPLE_MANAGE, "person.change"),
    ("POST", "/people/{person_id}/password"): Rule(_P.PEOPLE_MANAGE, "person.reset_password"),
    ("GET", "/cases"): Rule(_P.WORKLIST_READ, "worklist.read"),
    ("POST", "/cases"): Rule(_P.CASE_REGISTER, "case.register"),
    ("GET", "/cases/{case_id}"): Rule(_P.CASE_READ, "case.read"),
    ("PATCH", "/cases/{case_id}"): Rule((_P.CASE_ASSIGN, _P.CASE_REGISTER), "case.assign"),
    ("GET", "/cases/{case_id}/audit"): Rule(_P.AUDIT_CASE, "audit.case"),
    ("GET", "/slides/unmatched"): Rule(_P.SLIDE_MATCH, "slide.unmatched"),
    ("GET", "/slides/{slide_id}"): Rule(_P.SLIDE_READ, "slide.open"),
    ("PATCH", "/slides/{slide_id}"): Rule(_P.SLIDE_MATCH, "slide.change"),
    ("POST", "/slides/{slide_id}/match"): Rule(_P.SLIDE_MATCH, "slide.match"),
    ("GET", "/slides/{slide_id}/candidates"): Rule(_P.SLIDE_MATCH, "slide.candidates"),
    ("POST", "/slides/{slide_id}/set-aside"): Rule(_P.SLIDE_MATCH, "slide.set_aside"),
    ("POST", "/slides/{slide_id}/bring-back"): Rule(_P.SLIDE_MATCH, "slide.bring_back"),
    ("GET", "/slides/{slide_id}/associated/{name}"): Rule(_P.SLIDE_READ, "slide.associated"),
    ("GET", "/slides/{slide_id}/colour"): Rule(_P.SLIDE_READ, "slide.colour"),
    ("GET", "/colour/target"): Rule(_P.SLIDE_READ, "colour.target"),
    ("GET", "/colour/target/table"): Rule(_P.SLIDE_READ, "colour.target"),
    ("POST", "/colour/checks"): Rule(_P.SLIDE_READ, "colour.check"),
    ("GET", "/slides/{slide_id}/annotations"): Rule(_P.SLIDE_READ, "annotation.read"),
    ("POST", "/slides/{slide_id}/annotations"): Rule(_P.ANNOTATION_WRITE, "annotation.create"),
    ("DELETE", "/annotations/{annotation_id}"): Rule(_P.ANNOTATION_WRITE, "annotation.delete"),
    ("GET", "/uploads"): Rule(_P.SLIDE_INGEST, "upload.list"),
    ("OPTIONS", "/uploads"): Rule(Access.SIGNED_IN, None),
    ("POST", "/uploads"): Rule(_P.SLIDE_INGEST, "upload.begin"),
    ("HEAD", "/uploads/{upload_id}"): Rule(_P.SLIDE_INGEST, "upload.look_up"),
    ("PATCH", "/uploads/{upload_id}"): Rule(_P.SLIDE_INGEST, "upload.send"),
    ("DELETE", "/uploads/{upload_id}"): Rule(_P.SLIDE_INGEST, "upload.abort"),
    ("POST", "/uploads/batches/{batch_id}/retry"): Rule(_P.SLIDE_INGEST, "upload.retry"),
    ("GET", "/watched-folders"): Rule((_P.INTAKE_MANAGE, _P.SLIDE_INGEST), "watch.read"),
    ("POST", "/watched-folders"): Rule(_P.INTAKE_MANAGE, "watch.add"),
    ("PATCH", "/watched-folders/{folder_id}"): Rule(_P.INTAKE_MANAGE, "watch.change"),
    ("DELETE", "/watched-folders/{folder_id}"): Rule(_P.INTAKE_MANAGE, "watch.remove"),
    ("GET", "/watched-folders/{folder_id}/files"): Rule((_P.INTAKE_MANAGE, _P.SLIDE_INGEST), "watch.read"),
    ("POST", "/watched-files/{file_id}/retry"): Rule((_P.INTAKE_MANAGE, _P.SLIDE_INGEST), "watch.retry"),
    ("GET", "/match-rules"): Rule((_P.INTAKE_MANAGE, _P.SLIDE_MATCH), "match_rules.read"),
    ("PUT", "/match-rules"): Rule(_P.INTAKE_MANAGE, "match_rules.change"),
    ("GET", "/storage"): Rule(_P.STORAGE_READ, "storage.read"),
    ("POST", "/storage/checks"): Rule(_P.STORAGE_MANAGE, "storage.check_ask"),
    ("GET", "/storage/findings"): Rule(_P.STORAGE_READ, "storage.findings"),
    ("POST", "/storage/findings/{finding_id}/release"): Rule(_P.STORAGE_MANAGE, "storage.damage_release"),
    ("GET", "/storage/rules"): Rule(_P.STORAGE_READ, "storage.rules"),
    ("POST", "/storage/rules"): Rule(_P.STORAGE_MANAGE, "storage.rule_add"),
    ("DELETE", "/storage/rules/{rule_id}"): Rule(_P.STORAGE_MANAGE, "storage.rule_end"),
    ("GET", "/storage/holds"): Rule(_P.STORAGE_READ, "storage.holds"),
    ("POST", "/storage/holds"): Rule(_P.STORAGE_HOLD, "storage.hold"),
    ("POST", "/storage/holds/{hold_id}/release"): Rule(_P.STORAGE_HOLD, "storage.hold_release"),
    ("GET", "/storage/expired"): Rule(_P.STORAGE_READ, "storage.expired"),
    ("POST", "/storage/removals"): Rule(_P.STORAGE_REMOVE, "storage.remove"),
    ("GET", "/algorithms"): Rule(_P.SLIDE_READ, "algorithm.read"),
    ("POST", "/slides/{slide_id}/readings"): Rule(_P.READING_START, "reading.start"),
    ("GET", "/slides/{slide_id}/readings"): Rule(_P.SLIDE_READ, "reading.read"),
    ("GET", "/readings/{reading_id}"): Rule(_P.SLIDE_READ, "reading.read"),
    ("POST", "/readings/{reading_id}/cancel"): Rule(_P.READING_START, "reading.cancel"),
    ("GET", "/readings/{reading_id}/cells"): Rule(_P.SLIDE_READ, "reading.cells"),
    ("GET", "/readings/{reading_id}/cells.geojson"): Rule(_P.SLIDE_READ, "reading.export"),
    ("PUT", "/readings/{reading_id}/edits"): Rule(_P.READING_REVIEW, "reading.edit"),
    ("POST", "/readings/{reading_id}/reviews"): Rule(_P.READING_REVIEW, "reading.review"),
    ("GET", "/cases/{case_id}/reports"): Rule(_P.REPORT_READ, "report.list"),
    ("PUT", "/cases/{case_id}/report"): Rule(_P.REPORT_WRITE, "report.save"),
    ("POST", "/cases/{case_id}/report/sign"): Rule(_P.REPORT_SIGN, "report.sign"),
    ("POST", "/cases/{case_id}/report/amend"): Rule(_P.REPORT_AMEND, "report.amend"),
    ("GET", "/reports/{report_id}/pdf"): Rule(_P.REPORT_READ, "report.read"),
    ("GET", "/audit"): Rule(_P.AUDIT_READ, "audit.read"),
    ("GET", "/live"): Rule(Access.SIGNED_IN, "live.follow"),
    ("GET", "/health/live"): Rule(Access.PUBLIC, None),
    ("GET", "/health/ready"): Rule(Access.PUBLIC, None),
    ("GET", "/about"): Rule(Access.PUBLIC, None),
}
"""(method, path below `/api/v1`) to rule."""


def rule_of(method: str, path: str) -> Rule | None:
    """The rule of a route, or None where the table does not name it."""
    return RULES.get((method, path))


def refused(actor: Actor, needs: Permission | tuple[Permission, ...]) -> Permission | None:
    """The permission that the actor lacks, None where any of those needed is held."""
    asked = needs if isinstance(needs, tuple) else (needs,)
    return None if any(may(actor, permission) for permission in asked) else asked[0]
