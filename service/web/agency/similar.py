"""`/opd/mirip`: answers that are nearly the same, for the head: of the own agency."""

from flask import render_template

from service import clock
from service.database import db
from service.web.agency.office import own_unit
from service.web.agency.pages import pages
from service.web.alike import alike_answers
from service.web.filters import directory_of_request
from service.web.locks import role_required


@pages.get("/mirip")
@role_required("head")
def similar() -> str:
    """The alike answers of the last 30 days."""
    rows = alike_answers(db.session(), directory_of_request(), clock.now(), own_unit().code)
    return render_template("alike.html", rows=rows, endpoint="agency.case")
