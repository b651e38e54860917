"""Loading a preset's pact: a version that exists is never changed, another text is another version."""

from sqlalchemy import select

from service.agencies.preset_model import Pact as PactSheet
from service.pacts.records import Pact
from service.pacts.registry import WEEKDAYS
from service.tables import Session


class PactConflictError(Exception):
    """The preset gives other words to a pact version that is loaded; cases rest on it, so it cannot change."""


def load(session: Session, sheet: PactSheet) -> bool:
    """Add the version unless it is there; returns whether it was added. Raises PactConflictError."""
    wanted = _values(sheet)
    present = session.scalars(select(Pact).where(Pact.version == sheet.version)).first()
    if present is None:
        session.add(Pact(**wanted))
        return True
    changed = [name for name, value in wanted.items() if getattr(present, name) != value]
    if changed:
        raise PactConflictError(
            f"pact version {sheet.version} is loaded with other {', '.join(changed)}; give the new text a new version"
        )
    return False


def _values(sheet: PactSheet) -> dict[str, object]:
    return {
        "version": sheet.version,
        "title": sheet.title,
        "signed_before": sheet.signed_before,
        "valid_from": sheet.valid_from,
        "response_hours": sheet.response_hours,
        "hours": sheet.hours,
        "accountable": sheet.accountable,
        "question_counts": sheet.question_counts,
        "reminders": list(sheet.reminders),
        "escalations": [{"after_hours": step.after_hours, "to": list(step.to)} for step in sheet.escalations],
        "digest": {"weekday": WEEKDAYS[sheet.digest.weekday], "time": sheet.digest.time.strftime("%H:%M")},
        "points": [
            {"number": p.number, "text": p.text, "status": p.status, "measured_by": p.measured_by} for p in sheet.points
        ],
    }
