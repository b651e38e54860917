"""What delivery calls for a mail that will not be tried again."""

from service.agencies import directory as directories
from service.notifications import letters
from service.outbox.records import OutboundMail
from service.tables import Session


def tell_desk(session: Session, row: OutboundMail, refused: bool) -> None:
    """Write the desk's notice, in the transaction that shelves the mail."""
    letters.undelivered(session, directories.current(session), row)
