"""Mail lost, stuck, or standing in the way of other mail (docs/mail.md, items 1 to 18)."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.config import settings
from service.database import transaction
from service.intake import mailbox, poll, process
from service.intake.records import DONE, QUARANTINED, STORED
from service.monitoring import state
from service.monitoring.rules import MAILBOX_UNREAD, QUARANTINE_WAITS, TITLES
from service.notifications.links import agency_token
from service.tables import Session
from service.web import health
from tests.lessons.imap_server import HANG_UP, MIDWAY, SILENCE, ImapServer
from tests.lessons.post import LAPOR, NAME, OWNER, Post, cases, connect, due_now, inbound, judge, outbound
from tests.mails import mail
from tests.monitoring.conftest import pass_time, told
from tests.unit.mail.test_hostile import HOSTILE
from tests.web.conftest import Browser
from worker import poller

pytestmark = pytest.mark.usefixtures("directory")


def letters(count: int) -> list[bytes]:
    """Complaints of as many citizens."""
    return [
        mail(f"warga{n}@warga.example", LAPOR, f"Lampu {n}", f"Lampu jalan {n} padam.") for n in range(1, count + 1)
    ]


def subjects() -> list[str]:
    """Of all cases."""
    return sorted((case.subject for case in cases()), key=lambda words: int(words.split()[-1]))


def numbered(count: int) -> list[str]:
    return [f"Lampu {n}" for n in range(1, count + 1)]


def test_one_message_that_cannot_be_fetched_blocks_no_other(imap: ImapServer) -> None:
    for raw in letters(3):
        imap.deliver(raw)
    imap.trouble = lambda command: "NO [SERVERBUG] cannot read it" if _wants_body(imap, command, 2) else None
    for _ in range(6):
        connect(imap.url)
        due_now()
    judge()
    assert subjects() == ["Lampu 1", "Lampu 3"]
    (held,) = [row for row in inbound() if row.status == QUARANTINED]
    assert (held.uid, held.reason != "") == (2, True)


def _wants_body(imap: ImapServer, command: str, uid: int) -> bool:
    return "FETCH" in command and "[]" in command and uid in [kept.uid for kept in imap._named(command.split(" ")[2])]


@pytest.mark.parametrize("name", ["nested two thousand deep", "mails in mails", "brackets in From", "open comments"])
def test_a_mime_of_death_does_not_stop_the_channel(name: str, post: Post) -> None:
    before, after = letters(2)
    post.receive(before, HOSTILE[name](), after)
    assert {"Lampu 1", "Lampu 2"} <= {case.subject for case in cases()}
    assert STORED not in [row.status for row in inbound()]


STAGES = ("GREETING", "CAPABILITY", "LOGIN", "SELECT", "SEARCH", "SIZE", "BODY", "MOVE")


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_falls_silent_does_not_hang_the_poller(stage: str, imap: ImapServer) -> None:
    imap.deliver(letters(1)[0])
    imap.trouble = lambda command: SILENCE if stage in command else None
    began = time.monotonic()
    ended = connect(imap.url, timeout=0.2)
    assert isinstance(ended, mailbox.BROKEN)
    assert time.monotonic() - began < 3
    assert mailbox.TIMEOUT_SECONDS <= 60
    imap.trouble = lambda command: None
    connect(imap.url)
    judge()
    assert subjects() == ["Lampu 1"]


class CountingStop:
    """Stands in for the poller's stop: ends it after so many faults, and looks around in each pause."""

    def __init__(self, imap: ImapServer, faults: int) -> None:
        self.imap, self.faults = imap, faults
        self.pauses: list[float] = []
        self.left_open: list[int] = []

    def is_set(self) -> bool:
        return len(self.pauses) >= self.faults

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        end = time.monotonic() + 2
        while self.imap.open_now and time.monotonic() < end:
            time.sleep(0.01)
        self.left_open.append(self.imap.open_now)


def test_faults_do_not_pile_up_connections_until_the_server_shuts_us_out(app: Flask, imap: ImapServer) -> None:
    troubles = ["NO [AUTHENTICATIONFAILED]", HANG_UP, MIDWAY]
    imap.trouble = lambda command: troubles[imap.opened % 3] if "LOGIN" in command or "SEARCH" in command else None
    stop = CountingStop(imap, faults=8)
    poller._watch(app, imap.url, stop)  # type: ignore[arg-type]
    assert (imap.opened, imap.open_most, set(stop.left_open)) == (8, 1, {0})
    assert stop.pauses[0] < 3 < 30 < stop.pauses[-1]


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
    pass_time(post.clock, 124)
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


FROM_LINES = {
    "none": b"",
    "empty": b"From: \r\n",
    "spaces within": b"From: sari wulandari@warga.example\r\n",
    "spaces around": b"From:   < sari @ warga.example >  \r\n",
    "name alone": b"From: Sari Wulandari\r\n",
    "a group": b"From: undisclosed-recipients:;\r\n",
    "unclosed": b"From: Sari <sari@warga.example\r\n",
    "two": b"From: sari@warga.example\r\nFrom: budi@warga.example\r\n",
    "no host": b"From: <sari>\r\n",
    "raw bytes": b"From: S\xe1r\xff <sari@warga.example>\r\n",
}


@pytest.mark.parametrize("name", FROM_LINES)
def test_no_mail_is_lost_for_its_from_line(name: str, post: Post, dewi: Browser) -> None:
    post.receive(FROM_LINES[name] + b"To: lapor@bengkulukota.example\r\nSubject: Lampu 1\r\n\r\nLampu padam.\r\n")
    (row,) = inbound()
    assert row.status in (DONE, QUARANTINED)
    page = dewi.get(f"/meja/kasus/{cases()[0].number}" if row.status == DONE else f"/meja/karantina/{row.id}")
    assert (page.status_code, "Lampu padam." in page.text) == (200, True)


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 UIDPLUS MOVE", "IMAP4rev1 UIDPLUS", "IMAP4rev1"])
def test_no_mail_is_marked_read_or_moved_before_it_is_stored(capabilities: str, app: Flask, imap: ImapServer) -> None:
    early: list[str] = []

    def look(command: str) -> None:
        if any(word in command for word in ("UID STORE", "UID MOVE", "UID COPY", "EXPUNGE")) and "FETCH" not in command:
            with app.app_context():
                stored = {row.uid for row in inbound()}
            if not {kept.uid for kept in imap._named(command.split(" ")[2])} <= stored:
                early.append(command)

    imap.capabilities, imap.trouble = capabilities, look
    for raw in letters(60):
        imap.deliver(raw)
    assert connect(imap.url) is None
    judge()
    assert early == []
    assert [command for command in imap.commands("FETCH") if "[]" in command and "PEEK" not in command] == []
    assert subjects() == numbered(60)


def test_mails_that_are_marked_read_are_not_fetched_as_nothing(imap: ImapServer) -> None:
    for raw in letters(5):
        imap.deliver(raw, "\\Seen")
    assert connect(imap.url) is None
    judge()
    assert subjects() == numbered(5)


def test_a_mail_that_another_program_reads_first_is_not_skipped(imap: ImapServer) -> None:
    for raw in letters(3):
        imap.deliver(raw)

    def read_elsewhere(command: str) -> None:
        for kept in imap.mails:
            kept.flags |= {"\\Seen", "\\Answered"}

    imap.trouble = read_elsewhere
    assert connect(imap.url) is None
    judge()
    assert subjects() == numbered(3)
    assert [
        said for said in imap.commands("SEARCH") for word in ("UNSEEN", "NEW", "SINCE", "RECENT") if word in said
    ] == []


@pytest.mark.parametrize("stage", ["SEARCH", "SIZE", "BODY", "MOVE", "STORE"])
def test_a_connection_lost_at_any_point_loses_no_mail_and_doubles_none(stage: str, imap: ImapServer) -> None:
    if stage == "STORE":
        imap.capabilities = "IMAP4rev1"
    for raw in letters(4):
        imap.deliver(raw)
    imap.trouble = lambda command: MIDWAY if stage in command else None
    assert connect(imap.url) is not None
    imap.trouble = lambda command: None
    assert connect(imap.url) is None
    judge()
    assert subjects() == numbered(4)


def test_a_short_batch_does_not_drop_the_newest_mails(imap: ImapServer) -> None:
    for raw in letters(mailbox.BATCH_MAILS + 10):
        imap.deliver(raw)
    imap.left_out = {1, 20, mailbox.BATCH_MAILS + 9, mailbox.BATCH_MAILS + 10}
    connect(imap.url)
    imap.left_out = set()
    connect(imap.url)
    judge()
    assert subjects() == numbered(mailbox.BATCH_MAILS + 10)


def test_mails_that_come_and_go_while_we_read_shift_no_other_out_of_sight(imap: ImapServer) -> None:
    *early, late = letters(mailbox.BATCH_MAILS + 21)
    for raw in early:
        imap.deliver(raw)
    stirred: list[str] = []

    def stir(command: str) -> None:
        if "BODY" in command and not stirred:  # somebody sorts the folder by hand: the first and the last one go
            stirred.append(command)
            del imap.mails[0], imap.mails[-1]
            imap.deliver(late)

    imap.trouble = stir
    assert connect(imap.url, turns=2) is None
    judge()
    assert subjects() == [f"Lampu {n}" for n in range(2, mailbox.BATCH_MAILS + 22) if n != mailbox.BATCH_MAILS + 20]


@pytest.mark.parametrize("where", ["before the commit", "after the commit", "after archiving"])
def test_a_poller_killed_in_mid_loop_imports_no_mail_twice(
    where: str, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for raw in letters(5):
        post.folder.deliver(raw, post.clock())
    poll.take_lease(transaction, NAME, OWNER)
    archive = post.folder.archive

    def archive_and_die(uids: list[int]) -> None:
        if where == "after archiving" and uids:
            archive(uids)
        if where != "before the commit" and uids:
            raise KeyboardInterrupt

    def store_and_die(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(post.folder, "archive", archive_and_die)
    if where == "before the commit":
        monkeypatch.setattr(poll, "_store", store_and_die)
    with pytest.raises(KeyboardInterrupt):
        poll.turn(transaction, post.folder, NAME, OWNER, first=True)
    judge()
    monkeypatch.undo()
    post.receive(first=True)
    assert subjects() == numbered(5)
    assert sorted(post.folder.archived) == [1, 2, 3, 4, 5]


ODD_HEADERS = {
    "keywords": b"Keywords: =?utf-8?B?////?=, ,;\x00\r\n =?x-none?Q?=ZZ?=\r\nKeywords:\r\n",
    "date": b"Date: Thu, 99 Foo 99999 99:99:99 +9999999999\r\n",
    "date of the year nought": b"Date: Mon, 1 Jan 0001 00:00:00 +1400\r\n",
    "subject of surrogates": b"Subject: =?utf-16?B?2AA=?= =?utf-7?Q?+2AA-?= \xed\xa0\x80\r\n",
    "subject of controls": b"Subject: \x1b[31m\x00\x07\xe2\x80\xae moc.tahaj\r\n",
    "subject of markup": b"Subject: </title><script>alert(1)</script>{{ 7*7 }}%s%(x)s\r\n",
    "message id": b"Message-ID: <a@[b\r\nReferences: <<>> <" + b"x" * 5000 + b"> [\r\nIn-Reply-To: @\r\n",
    "addresses": b"To: " + b"a@b, " * 3000 + b'"\\", <\r\nCc: (((((\r\nReply-To: <script>@x\r\n',
    "content type": b"Content-Type: text/\x00html; charset=\"\xff\xfe; boundary*0*=utf-8''%ZZ\r\n",
    "unknown charset": b"Content-Type: text/plain; charset=x-mac-klingon\r\nContent-Transfer-Encoding: x-uue\r\n",
    "file name": b"Content-Type: image/png; name*=utf-99'x'%FF%00..%2F..%2Fetc\r\nContent-Disposition: attachment\r\n",
    "checked by": b"Authentication-Results: \xff\x00; dmarc=<b>\r\nAuthentication-Results:\r\n",
    "no colon": b"Bukan tajuk\r\n: kosong\r\n\xff\xff: x\r\n",
}


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_no_header_however_odd_crashes_a_page_that_shows_the_mail(
    name: str, post: Post, dewi: Browser, browser_of: Callable[[str], Browser], sari: Browser
) -> None:
    """First in quarantine, then as a complaint: every page is asked for that shows anything of it."""
    usual = b"From: Sari <sari@warga.example>\r\nDelivered-To: lapor+pupr@bengkulukota.example\r\n"
    post.receive(usual + ODD_HEADERS[name] + b"\r\nJalan <b>berlubang</b> \xff\x00\r\n")
    (row,) = inbound()
    with transaction() as session:
        session.execute(text("UPDATE inbound_mail SET status = 'quarantined', reason = 'dicoba'"))
    home = f"/meja/karantina/{row.id}"
    seen = [dewi.get(address) for address in ("/meja", "/meja/karantina", home, home + "/asli")]
    assert dewi.post(home + "/pengaduan").status_code == 303
    post.send()
    case = cases()[-1]
    with transaction() as session:
        held = session.get_one(Complaint, case.id)
        link = agency_token(case.id, held.agency_id)
    seen += [dewi.get(address) for address in ("/meja", "/meja/surat-gagal", f"/meja/kasus/{case.number}")]
    seen += [sari.get(f"/lacak/{case.token}"), sari.get(f"/opd/kasus/{link}"), browser_of("fajar").get("/admin")]
    assert [page.status_code for page in seen] == [200] * len(seen)
    assert not any("<script>alert" in page.text for page in seen if page.mimetype == "text/html")
    assert [row.kind for row in outbound() if row.status != "sent"] == []
