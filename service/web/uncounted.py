"""Telling whoever answers on a page, before anything is sent, that the words would not count as an answer."""

from flask import request

from service.casework.say import would_not_count
from service.complaints.records import Complaint, Event
from service.database import db
from service.notifications.words import UNCOUNTED
from service.web.filters import directory_of_request


def warning(case: Complaint, text: str, files: int) -> tuple[str, ...]:
    """Why the words would not count, in words; none when they do, or when the sender has read the warning."""
    if request.form.get("anyway"):
        return ()
    reasons = would_not_count(db.session(), directory_of_request(), case, text, files)
    return tuple(UNCOUNTED.get(code, code) for code in reasons)


def because(event: Event) -> str:
    """Why the words of a remark or a question do not count, in words."""
    codes = event.payload.get("reasons", ["question"])
    return " ".join(UNCOUNTED.get(str(code), str(code)) for code in codes)
