"""`/meja/kasus/NUMBER/bukti`: the evidence of one case, for the inspector."""

from flask import Response
from flask_login import current_user

from service.database import db
from service.web.desk.cases import find
from service.web.desk.pages import pages
from service.web.evidence import send_evidence
from service.web.filters import directory_of_request
from service.web.locks import role_required


@pages.get("/kasus/<number>/bukti")
@role_required("inspector")
def evidence(number: str) -> Response:
    """Everything but the raw mails, which name the reporter."""
    session = db.session()
    found = find(session, number)
    return send_evidence(session, directory_of_request(), found, by=f"account:{current_user.id}")
