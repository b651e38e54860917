"""A city of four cases whose week was published and whose days were anchored, for all tests of evidence."""

import hashlib
import io
from datetime import UTC, datetime

from PIL import Image
from sqlalchemy import select

from service.agencies.directory import Directory
from service.attachments.files import KeptFile, keep, remove
from service.casework.cases import locked
from service.casework.open import Submission, open_case
from service.casework.redact import redact
from service.casework.respond import respond
from service.complaints.anchors import Anchor
from service.compliance import digest
from service.database import transaction
from service.evidence import anchoring
from service.intake.records import DONE, InboundMail, Mailbox
from service.tables import Session
from tests.casework.test_acts import everything_seen, sweep_all
from tests.fakes.clock import FakeClock

WEEK = "2026-W48"
MAIL = b"From: Sari <sari@warga.example>\r\nSubject: Jalan\r\n\r\nJalan di depan SD 45 berlubang besar.\r\n"
ANSWER = b"From: PUPR <pupr@bengkulukota.example>\r\nSubject: Re: Jalan\r\n\r\nSudah kami tambal.\r\n"


def picture(colour: str) -> KeptFile:
    """A small photo in the blob store."""
    output = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(output, "PNG")
    return keep(output.getvalue(), "foto.png")


def mail(session: Session, raw: bytes, received_at: datetime, case_id: int | None = None) -> int:
    """A mail that was read and judged."""
    box = session.scalar(select(Mailbox.id)) or _box(session)
    row = InboundMail(
        mailbox_id=box, uidvalidity=1, uid=1, received_at=received_at, sha256=hashlib.sha256(raw).hexdigest(),
        message_id="<a@b>", sender="sari@warga.example", subject="Jalan", size=len(raw), raw=raw, status=DONE,
        complaint_id=case_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def _box(session: Session) -> int:
    box = Mailbox(name="lapor@mail/INBOX", uidvalidity=1, last_uid=1, leased_by=None)
    session.add(box)
    session.flush()
    return box.id


def opened(directory: Directory, clock: FakeClock, text: str, files: list[KeptFile], by_mail: bool = False) -> int:
    """A case of PUPR; returns its id."""
    topic = next(topic for topic in directory.topics.values() if topic.code == "jalan")
    with transaction() as session:
        mail_id = mail(session, MAIL, clock()) if by_mail else None
        submission = Submission(
            channel="mail" if by_mail else "form", received_at=clock(), text=text, category_id=topic.id, files=files,
            reporter_name="Sari Wulandari", reporter_email="sari@warga.example", inbound_mail_id=mail_id,
        )  # fmt: skip
        case = open_case(session, directory, submission)
        if mail_id:
            session.flush()
            session.get_one(InboundMail, mail_id).complaint_id = case.id
        return case.id


def tell(directory: Directory, clock: FakeClock) -> list[int]:
    """Monday: three cases come. One is answered by mail in time, one late, one by nobody. On Tuesday a fourth comes,
    is answered, and its words are redacted. Each night has its anchor; the Monday after, the week is published."""
    ids = [opened(directory, clock, "Jalan di depan SD 45 berlubang besar.", [picture("red")], by_mail=True)]
    ids += [opened(directory, clock, f"Jalan rusak di RT {n}.", []) for n in (2, 3)]
    clock.advance(hours=5)
    with transaction() as session:
        mail_id = mail(session, ANSWER, clock(), ids[0])
        case = locked(session, ids[0])
        respond(
            session, directory, case, text="Sudah kami tambal.", arrived_at=clock(), actor="agency:pupr",
            inbound_mail_id=mail_id,
        )  # fmt: skip
    clock.advance(hours=16)
    anchoring.turn(transaction)
    clock.advance(hours=5)
    sweep_all()
    with transaction() as session:
        respond(session, directory, locked(session, ids[1]), text="Maaf.", arrived_at=clock(), actor="account:7")
    ids.append(opened(directory, clock, "Nama saya Sari, NIK 1771010101010001.", [picture("blue")]))
    with transaction() as session:
        respond(session, directory, locked(session, ids[3]), text="Baik.", arrived_at=clock(), actor="agency:pupr")
    with transaction() as session:
        remove(redact(session, locked(session, ids[3]), events=[1], actor="account:1"))
    for _ in range(5):
        clock.advance(hours=24)
        sweep_all()
        anchoring.turn(transaction)
    clock.instant = datetime(2026, 11, 30, 0, 5, tzinfo=UTC)  # Monday 07.05
    sweep_all()
    digest.turn(transaction, everything_seen)
    clock.advance(hours=24)
    anchoring.turn(transaction)
    return ids


def last_anchor() -> str:
    """The hash of the latest anchor."""
    with transaction() as session:
        return session.scalars(select(Anchor.hash).order_by(Anchor.id.desc())).first() or ""
