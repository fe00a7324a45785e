"""One file a noun; every table of Coverslip, all registered on `Base.metadata`."""

from coverslip.records.models.annotation import Annotation
from coverslip.records.models.audit import AuditEvent
from coverslip.records.models.base import Base
from coverslip.records.models.blob import Blob
from coverslip.records.models.case import Case
from coverslip.records.models.custody import FixityCheck, FixityFinding, LegalHold, StorageRule
from coverslip.records.models.intake import MatchRule, WatchedFile, WatchedFolder
from coverslip.records.models.organization import Organization
from coverslip.records.models.patient import Patient
from coverslip.records.models.person import Person, PersonRole
from coverslip.records.models.reading import Reading, Review
from coverslip.records.models.report import Report
from coverslip.records.models.session import LoginAttempt, Session
from coverslip.records.models.slide import Slide, SlideFile
from coverslip.records.models.specimen import Block, Specimen
from coverslip.records.models.upload import Upload, UploadBatch

__all__ = [
    "Annotation",
    "AuditEvent",
    "Base",
    "Blob",
    "Block",
    "Case",
    "FixityCheck",
    "FixityFinding",
    "LegalHold",
    "LoginAttempt",
    "MatchRule",
    "Organization",
    "Patient",
    "Person",
    "PersonRole",
    "Reading",
    "Report",
    "Review",
    "Session",
    "Slide",
    "SlideFile",
    "Specimen",
    "StorageRule",
    "Upload",
    "UploadBatch",
    "WatchedFile",
    "WatchedFolder",
]
