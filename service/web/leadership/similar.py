"""`/kota/mirip`: answers that are nearly the same, for the inspector: of all agencies."""

from flask import render_template

from service import clock
from service.database import db
from service.web.alike import alike_answers
from service.web.filters import directory_of_request
from service.web.leadership.views import pages
from service.web.locks import role_required


@pages.get("/kota/mirip")
@role_required("inspector")
def similar() -> str:
    """The alike answers of the last 30 days."""
    rows = alike_answers(db.session(), directory_of_request(), clock.now())
    return render_template("alike.html", rows=rows, endpoint="desk.case")
