"""Mail that fails or waits, and nobody is told (docs/mail.md, items 5, 10, 11 and 15)."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text, update

from service.agencies.directory import Directory
from service.config import settings
from service.database import transaction
from service.intake import poll, process, reconcile
from service.intake.mailbox import ImapMailbox, name_of
from service.intake.records import QUARANTINED, Mailbox
from service.monitoring import state, watch
from service.monitoring.rules import MAIL_MISSING, MAILBOX_UNREAD, QUARANTINE_WAITS, TITLES
from service.tables import Session
from service.web import health
from tests.fakes.clock import FakeClock
from tests.lessons.imap_server import ImapServer
from tests.lessons.post import OWNER, Post, connect, due_now, inbound, judge, outbound
from tests.lessons.test_lost_or_stuck import letters, numbered, subjects
from tests.monitoring.conftest import pass_time, told
from tests.web.conftest import Browser

pytestmark = pytest.mark.usefixtures("directory")


def problem() -> str:
    """What is noted of the mailbox."""
    with transaction() as session:
        return session.scalars(select(Mailbox)).one().problem


def test_no_mail_that_fails_is_forgotten_in_a_log_file(
    post: Post, dewi: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = process.parse
    monkeypatch.setattr(process, "parse", lambda raw: real(raw) if b"Lampu 2" not in raw else 1 / 0)
    post.receive(*letters(3))
    for _ in range(process.MOST_ATTEMPTS):
        due_now()
        judge()
    assert subjects() == ["Lampu 1", "Lampu 3"]
    (held,) = [row for row in inbound() if row.status == QUARANTINED]
    assert "ZeroDivisionError" in held.reason
    assert held.reason in dewi.get("/meja/karantina").text
    monkeypatch.undo()
    dewi.post(f"/meja/karantina/{held.id}/ulang")
    judge()
    assert subjects() == numbered(3)


@pytest.mark.usefixtures("well")
def test_mail_in_quarantine_does_not_wait_untold(post: Post, session: Session, directory: Directory) -> None:
    post.receive(b"Subject: Lampu 1\r\n\r\nLampu padam, tanpa nama pengirim.\r\n")
    pass_time(post.clock, 2)
    (letter,) = [row for row in outbound() if row.kind == "quarantine"]
    assert letter.to_address == directory.desk.inbox
    assert told(session) == []
    with transaction() as other:
        other.execute(text("UPDATE inbound_mail SET received_at = received_at - interval '2 hours'"))
    pass_time(post.clock, 2)
    assert told(session) == [f"raised {TITLES[QUARANTINE_WAITS]}"]


@pytest.mark.usefixtures("well")
def test_one_mailbox_of_two_that_is_not_read_does_not_go_unnoticed(
    post: Post, session: Session, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = ("imap://lapor@imap/INBOX", "imap://kedua@imap/INBOX")
    for module in (state, health):
        monkeypatch.setattr(module, "settings", lambda: replace(settings(), imap_urls=urls))
    post.receive()
    poll.take_lease(transaction, "kedua@imap/INBOX", OWNER)
    with transaction() as other:
        other.execute(
            text("UPDATE mailbox SET reconciled_at = now(), read_until = (SELECT min(read_until) FROM mailbox)")
        )
    for _ in range(10):  # no error anywhere, and the other one is read all the time
        post.receive(letters(1)[0])
        pass_time(post.clock, 1)
    assert told(session) == [f"raised {TITLES[MAILBOX_UNREAD]}"]
    assert [row.context["words"] for row in outbound() if row.kind == "alarm"] == ["kedua@imap/INBOX tidak terbaca."]
    assert "last read" in sari.get("/readyz").json["checks"]["mailbox"]


def test_mail_that_cannot_be_archived_does_not_lie_there_for_months_unnoticed(imap: ImapServer) -> None:
    imap.trouble = lambda command: "NO [OVERQUOTA] full" if "UID MOVE" in command else None
    imap.deliver(letters(1)[0])
    connect(imap.url, turns=2)
    assert "tidak dapat dipindahkan ke arsip" in problem()
    imap.trouble = lambda command: None
    connect(imap.url)
    judge()
    assert (imap.mails, len(imap.archived), problem(), subjects()) == ([], 1, "", ["Lampu 1"])


@pytest.mark.usefixtures("well")
def test_mail_that_was_passed_over_does_not_stay_untold(
    imap: ImapServer, clock: FakeClock, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lies below the watermark and was never fetched; of one, somebody has deleted the row."""
    for raw in letters(4):
        imap.deliver(raw)
    imap.left_out = {2}
    connect(imap.url)
    with transaction() as other:
        other.execute(text("DELETE FROM inbound_mail WHERE uid = 3"))
    imap.left_out = set()
    monkeypatch.setattr(state, "settings", lambda: replace(settings(), imap_urls=(imap.url,)))
    with transaction() as other:
        other.execute(update(Mailbox).values(name=name_of(imap.url)))
    folder = ImapMailbox(imap.url, timeout=1)
    reconcile.nightly(transaction, folder, name_of(imap.url), between=lambda: None, stopping=lambda: False)
    folder.close()
    judge()
    assert subjects() == numbered(4)
    watch.turn(transaction)
    assert told(session) == [f"raised {TITLES[MAIL_MISSING]}"]
    assert any("2 belum tersimpan" in row.context["words"] for row in outbound() if row.kind == "alarm")
