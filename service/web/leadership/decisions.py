"""`/kota/keputusan`: what waits for the inspector: answers that citizens dispute, breaches that heads object to."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from service.casework.cases import event_at, locked
from service.casework.clocks import run_of
from service.casework.dismiss import dismiss
from service.casework.grant import grant, open_objection
from service.casework.object_ import OPEN
from service.casework.refuse import refuse
from service.casework.uphold import open_dispute, uphold
from service.casework.withdraw import WITHDRAWN
from service.complaints.records import Complaint, Message
from service.complaints.rules import ActRefusedError
from service.database import db, transaction
from service.deadlines.records import Deadline
from service.deadlines.rules import CAUSES
from service.notifications.words import EXCUSES
from service.tables import Session
from service.web.filters import directory_of_request
from service.web.leadership.views import pages
from service.web.locks import role_required
from service.web.words import tidy

MOST_REASON = 2_000
MOST_SHOWN = 50


@dataclass(frozen=True)
class Typed:
    """A decision that could not be taken yet. `run` 0: on a dispute."""

    number: str = ""
    run: int = 0
    verdict: str = ""
    reason: str = ""
    verdict_fault: str = ""
    reason_fault: str = ""

    @property
    def wrong(self) -> bool:
        """Whether something is missing, or too long."""
        return bool(self.verdict_fault or self.reason_fault)


@pages.get("/kota/keputusan")
@role_required("inspector")
def decisions() -> str:
    """Both lists, the longest waiting first."""
    return _page(Typed())


def _page(typed: Typed) -> str:
    session = db.session()
    disputes = session.scalars(
        select(Complaint).where(Complaint.disputed_at.is_not(None)).order_by(Complaint.disputed_at).limit(MOST_SHOWN)
    ).all()
    objections = session.execute(
        select(Deadline, Complaint)
        .join(Complaint, Complaint.id == Deadline.complaint_id)
        .where(Deadline.objection == OPEN)
        .order_by(Deadline.objected_at)
        .limit(MOST_SHOWN)
    ).all()
    waiting = {(case.number, 0) for case in disputes} | {(case.number, run.run) for run, case in objections}
    if typed.wrong and (typed.number, typed.run) not in waiting:
        raise ActRefusedError("nothing waits to be decided there")
    return render_template(
        "leadership/decisions.html",
        disputes=[_dispute(session, case) for case in disputes],
        objections=[_objection(session, case, deadline) for deadline, case in objections],
        causes=[(cause, EXCUSES[cause]) for cause in CAUSES],
        withdrawn=WITHDRAWN,
        typed=typed,
    )


@pages.post("/kota/keputusan/<number>/sanggahan")
@role_required("inspector")
def decide_dispute(number: str) -> Response | tuple[str, int]:
    """Whether the disputed answer counts, with a reason that all read."""
    typed = _typed(number, 0, ("uphold", "dismiss"))
    if typed.wrong:
        return _page(typed), 422
    act = uphold if typed.verdict == "uphold" else dismiss
    with transaction() as session:
        act(session, directory_of_request(), locked_case(session, number), reason=typed.reason, actor=acting())
    return _back(_("Keputusan atas %(number)s sudah dicatat dan dikirim.", number=number))


@pages.post("/kota/keputusan/<number>/keberatan/<int:run>")
@role_required("inspector")
def decide_objection(number: str, run: int) -> Response | tuple[str, int]:
    """Whether the breach stands, is excused, or was wrong, with a reason."""
    typed = _typed(number, run, ("refuse", WITHDRAWN, *CAUSES))
    if typed.wrong:
        return _page(typed), 422
    with transaction() as session:
        case = locked_case(session, number)
        deadline = run_of(session, case, run)
        if deadline is None:
            abort(404)
        directory = directory_of_request()
        if typed.verdict == "refuse":
            refuse(session, directory, case, deadline, reason=typed.reason, actor=acting())
        else:
            grant(session, directory, case, deadline, cause=typed.verdict, reason=typed.reason, actor=acting())
    return _back(_("Keputusan atas %(number)s sudah dicatat dan dikirim.", number=number))


def _dispute(session: Session, case: Complaint) -> dict[str, Any]:
    dispute, directory = open_dispute(session, case), directory_of_request()
    answer = event_at(session, case, int(dispute.payload["response"]))
    return {
        "case": case,
        "unit": directory.by_code.get(str(answer.payload.get("agency", "")), directory.desk),
        "at": case.disputed_at,
        "answered_at": answer.at,
        "answer": _text(session, case, answer.payload.get("remark", answer.seq)),
        "opening": _text(session, case, 1),
        "text": _text(session, case, dispute.seq),
    }


def _objection(session: Session, case: Complaint, deadline: Deadline) -> dict[str, Any]:
    return {
        "case": case,
        "deadline": deadline,
        "unit": directory_of_request().unit(deadline.accountable_id),
        "text": _text(session, case, open_objection(session, case, deadline).seq),
    }


def _text(session: Session, case: Complaint, seq: int) -> str:
    said = select(Message.text).where(Message.complaint_id == case.id, Message.event_seq == seq)
    return session.scalar(said) or ""


def _typed(number: str, run: int, verdicts: tuple[str, ...]) -> Typed:
    """What the form says, and what is wrong with it."""
    verdict, reason = request.form.get("verdict", ""), tidy(request.form.get("reason", ""))
    return Typed(
        number.upper(),
        run,
        verdict,
        reason,
        verdict_fault="" if verdict in verdicts else _("Pilih keputusan."),
        reason_fault=_reason_fault(reason),
    )


def _reason_fault(reason: str) -> str:
    if not reason:
        return _("Tuliskan alasannya.")
    if len(reason) > MOST_REASON:
        return _("Terlalu panjang: paling banyak %(most)s huruf.", most=MOST_REASON)
    return ""


def acting() -> str:
    """How events name whoever is signed in."""
    return f"account:{current_user.id}"


def locked_case(session: Session, number: str) -> Complaint:
    """The case with this number, its row locked; 404 without one."""
    wanted = select(Complaint.id).where(Complaint.number == number.upper())
    case_id = session.scalar(wanted) if "\0" not in number else None
    case = locked(session, case_id) if case_id else None
    if case is None:
        abort(404)
    return case


def _back(said: str) -> Response:
    flash(said)
    return redirect(url_for("leadership.decisions"), 303)
