"""`/admin`: how the set-up stands."""

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import func, select

from service.agencies.records import Account
from service.database import db
from service.intake.records import InboundMail, Mailbox
from service.outbox.records import OutboundMail
from service.web.admin.pages import pages
from service.web.filters import directory_of_request
from service.web.locks import role_required


@pages.get("")
@role_required("administrator")
def overview() -> str:
    """Agencies with inbox and head, accounts, mailboxes, and what waits in and out."""
    session = db.session()
    sent = select(OutboundMail.status, func.count()).group_by(OutboundMail.status)
    read = select(InboundMail.status, func.count()).group_by(InboundMail.status)
    return render_template(
        "admin/overview.html",
        units=directory_of_request().agencies(),
        directory=directory_of_request(),
        accounts=list(session.scalars(select(Account).order_by(Account.role, Account.email))),
        roles=_role_names(),
        mailboxes=list(session.scalars(select(Mailbox).order_by(Mailbox.name))),
        outgoing=dict(session.execute(sent).all()),
        incoming=dict(session.execute(read).all()),
    )


def _role_names() -> dict[str, str]:
    return {
        "desk": _("Meja pengaduan"),
        "officer": _("Petugas"),
        "head": _("Kepala"),
        "inspector": _("Inspektur"),
        "leader": _("Pimpinan"),
        "administrator": _("Administrator"),
    }
