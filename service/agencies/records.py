"""Tables of the government and its people."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base, Document, Identifier

ROLES = ("desk", "officer", "head", "inspector", "leader", "administrator")


class Government(Base):
    """The one government that this deployment serves. `revision` grows with every change to this room
    or to the pacts, and tells processes that their directory is stale."""

    __tablename__ = "government"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int]
    preset: Mapped[str]
    preset_hash: Mapped[str]
    profile: Mapped[Document]  # name, timezone, zone_label, number_prefix, officials, desk, …


class Agency(Base):
    """An OPD. Never deleted: a dissolved one gets `valid_until`, its history stays."""

    __tablename__ = "agency"

    id: Mapped[Identifier]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    acronym: Mapped[str]
    kind: Mapped[str]
    inbox: Mapped[str] = mapped_column(unique=True)
    remit: Mapped[list[str]]
    area_code: Mapped[str | None]
    valid_until: Mapped[date | None]
    inbox_problem: Mapped[str] = mapped_column(default="")  # why mail to the inbox came back; empty: none that we know
    inbox_problem_at: Mapped[datetime | None]


class AgencyHead(Base):
    """Who headed an agency, in which capacity, from when to when (a breach stays with the holder of the day)."""

    __tablename__ = "agency_head"
    __table_args__ = (
        Index("uq_agency_head_present", "agency_id", unique=True, postgresql_where=text("valid_until IS NULL")),
    )

    id: Mapped[Identifier]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    title: Mapped[str]
    name: Mapped[str]
    capacity: Mapped[str]
    email: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class Category(Base):
    """What a complaint is about, as citizens choose it."""

    __tablename__ = "category"

    id: Mapped[Identifier]
    code: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    name: Mapped[str]
    name_en: Mapped[str]
    example: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    by_area: Mapped[bool]  # the office of the citizen's kecamatan answers
    classification: Mapped[str]
    keywords: Mapped[list[str]]
    sensitive: Mapped[bool]
    retired: Mapped[bool] = mapped_column(default=False)


class Area(Base):
    """A kecamatan, kelurahan or desa."""

    __tablename__ = "area"

    id: Mapped[Identifier]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    parent: Mapped[str | None]
    aliases: Mapped[list[str]]


class Account(Base):
    """Someone who can sign in."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role IN ({})".format(", ".join(f"'{role}'" for role in ROLES)), name="role"),
        CheckConstraint("role NOT IN ('officer', 'head') OR agency_id IS NOT NULL", name="agency_needed"),
    )

    id: Mapped[Identifier]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    signed_in_at: Mapped[datetime | None]

    # What Flask-Login asks of a user; declared here so that it needs no class of its own.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """False once an administrator has shut the account."""
        return self.active

    def get_id(self) -> str:
        """The id that is kept in the session cookie."""
        return str(self.id)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Account) and self.id == other.id

    __hash__ = object.__hash__
