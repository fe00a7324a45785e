"""Patients, as the hospital's number names them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Computed, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from coverslip.records.models.base import Base, Identifier, OfOrganization, of_directory, one_of

COMPOUND_SURNAMES = (
    "欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "长孙", "宇文", "司徒", "端木",
    "澹台", "东方", "南宫", "闻人", "独孤", "轩辕",
)  # fmt: skip
"""Surnames of two characters; everyone else's given name begins at the second."""

_NAME = "lower(replace(name, ' ', ''))"
_COMPOUND = ", ".join(f"'{surname}'" for surname in COMPOUND_SURNAMES)
_GIVEN = f'substr({_NAME}, CASE WHEN "left"({_NAME}, 2) IN ({_COMPOUND}) THEN 3 ELSE 2 END)'


def _key(expression: str) -> Computed:
    return Computed(expression, persisted=True)


SEXES = ("male", "female", "other", "unknown")


class Patient(OfOrganization, Base):
    """A patient of one hospital.

    The `*_key` columns are what a search's beginning is compared with. They are stored because row-level security lets
    an index serve only conditions made of leakproof operators, which `^@` (starts with) is and `lower()` is not.
    """

    __tablename__ = "patients"
    __table_args__ = (
        of_directory(),
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "patient_number"),
        Index(None, "organization_id", "name_key"),
        Index(None, "organization_id", "given_name_key"),
        Index(None, "organization_id", "name_en_key"),
        Index(None, "organization_id", "given_name_en_key"),
        Index(None, "organization_id", "patient_number_key"),
        one_of("sex", SEXES),
    )

    id: Mapped[Identifier]
    patient_number: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str | None]
    sex: Mapped[str] = mapped_column(server_default="unknown")
    birth_date: Mapped[date | None]

    name_key: Mapped[str | None] = mapped_column(Text(collation="C"), _key(_NAME))
    given_name_key: Mapped[str | None] = mapped_column(Text(collation="C"), _key(_GIVEN))
    name_en_key: Mapped[str | None] = mapped_column(Text(collation="C"), _key("lower(replace(name_en, ' ', ''))"))
    given_name_en_key: Mapped[str | None] = mapped_column(
        Text(collation="C"), _key("nullif(lower(split_part(name_en, ' ', 2)), '')")
    )
    patient_number_key: Mapped[str | None] = mapped_column(Text(collation="C"), _key("lower(patient_number)"))
