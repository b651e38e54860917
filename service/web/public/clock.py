"""`/lacak/TOKEN/waktu`: how the due times of a complaint came about, for the citizen."""

from flask import url_for

from service import clock
from service.database import db
from service.web.clock_page import clock_page
from service.web.filters import directory_of_request
from service.web.locks import token_holder
from service.web.public.pages import pages
from service.web.public.tracking import case_of
from service.web.timeline import CITIZEN


@pages.get("/lacak/<token>/waktu")
@token_holder
def explained(token: str) -> str:
    """In plain words, without what passes between offices."""
    case = case_of(db.session(), token)
    back = url_for("public.track", token=token)
    return clock_page(db.session(), directory_of_request(), case, CITIZEN, clock.now(), back)
