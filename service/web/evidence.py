"""Sending the evidence of one case as a download."""

import structlog
from flask import Response

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.evidence import bundle, choose
from service.evidence.gather import MayRead
from service.tables import Session
from service.web.case_page import download

log = structlog.get_logger()


def send_evidence(
    session: Session, directory: Directory, case: Complaint, *, by: str, may_read: MayRead | None = None
) -> Response:
    """The bundle of a case, never with raw mails; who took it away is in the log."""
    content = bundle.make(session, directory, choose.one_case(session, directory, case.number), may_read=may_read)
    log.info("evidence_exported", complaint=case.number, by=by)
    return download(content, "application/zip", f"bukti-{case.number}.zip")
