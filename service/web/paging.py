"""Long lists, page by page."""

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select

from service.tables import Session

LENGTH = 50


@dataclass(frozen=True)
class Page:
    """One page of a list; `more` says whether another follows."""

    items: list[Any]
    number: int
    more: bool


def page_asked() -> int:
    """The page that the address asks for (`?halaman=2`); 1 for nonsense."""
    text = request.args.get("halaman", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def page_of(session: Session, query: Select[Any], number: int) -> Page:
    """The rows of one page."""
    rows = list(session.scalars(query.limit(LENGTH + 1).offset((number - 1) * LENGTH)))
    return Page(rows[:LENGTH], number, len(rows) > LENGTH)
