"""`/meja/kasus/NUMBER/waktu`: how the due times of a case came about, for desk, inspector and leader."""

from flask import url_for
from flask_login import current_user

from service import clock
from service.database import db
from service.web.clock_page import clock_page
from service.web.desk.cases import find
from service.web.desk.pages import READERS, pages
from service.web.filters import directory_of_request
from service.web.locks import role_required
from service.web.timeline import DESK


@pages.get("/kasus/<number>/waktu")
@role_required(*READERS, "leader")
def explained(number: str) -> str:
    """Nothing here tells what the complaint says, so that the leader may see it of confidential ones too."""
    case = find(db.session(), number)
    reads_cases = current_user.role in READERS
    back = url_for("desk.case", number=case.number) if reads_cases else url_for("leadership.city")
    return clock_page(db.session(), directory_of_request(), case, DESK, clock.now(), back)
