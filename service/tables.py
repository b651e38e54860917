"""The metadata that all tables share, and the session type that rooms are handed."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Identity, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry

__all__ = ["Base", "Document", "Identifier", "Session"]

Identifier = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Document = dict[str, Any]


class Base(DeclarativeBase):
    """Every table of the service. Constraint names are fixed so that migrations can name them."""

    # A registry of its own, not class attributes: Flask-SQLAlchemy derives a class from this one.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            Document: JSONB,
            list[Any]: JSONB,
            list[str]: JSONB,
        },
    )
