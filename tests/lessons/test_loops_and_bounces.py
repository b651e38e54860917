"""Loops, automatic answers, bounces, dead addresses (docs/mail.md, items 24 to 36). Loops are played to their end."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.casework import sweep
from service.casework.open import Submission, open_case
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.database import transaction
from service.intake.records import IGNORED, QUARANTINED
from service.mail.message import Message
from service.mail.parse import parse
from service.outbox.records import DEAD, QUEUED
from service.outbox.smtp import Outcome
from tests.casework.test_acts import everything_seen
from tests.lessons.post import LAPOR, SARI, Post, Robot, cases, due_now, inbound, outbound
from tests.lessons.robots import answering, bouncing, delivery_status, shifting
from tests.mails import mail
from tests.web.conftest import Browser

pytestmark = pytest.mark.usefixtures("directory")
HOLE = mail(SARI, LAPOR, "Jalan rusak", "Jalan berlubang di depan pasar. Mohon diperbaiki.")
WARGA = "sari@warga.example"

# How programs mark what they write by themselves, as seen in the wild.
MARKS: dict[str, dict[str, str]] = {
    "RFC 3834": {"Auto_Submitted": "auto-replied"},
    "RFC 3834 with words": {"Auto_Submitted": "auto-generated (vacation)"},
    "Gmail": {"Auto_Submitted": "auto-replied", "Precedence": "bulk", "X_Autoreply": "yes"},
    "Exchange": {"X_Auto_Response_Suppress": "All", "Auto_Submitted": "auto-generated"},
    "cPanel": {"X_Autorespond": "Re: Jalan rusak", "Precedence": "auto_reply"},
    "subject alone": {"subject": "Balasan otomatis: Jalan rusak"},
    "English subject alone": {"subject": "Out of Office: Jalan rusak"},
}


def acts() -> list[str]:
    """What happened to the first case."""
    with transaction() as session:
        case = session.scalars(select(Complaint).order_by(Complaint.id)).first()
        return [event.kind for event in events_of(session, case)]


def held() -> list[str]:
    """Why mails wait for the desk."""
    return [row.reason for row in inbound() if row.status == QUARANTINED]


def to(address: str) -> list[str]:
    """The kinds of letters that were written to an address."""
    return [row.kind for row in outbound() if row.to_address == address]


@pytest.fixture
def pupr(directory: Directory) -> str:
    """The inbox of the agency that holds Sari's case."""
    return directory.by_code["pupr"].inbox


def test_a_citizen_whose_address_is_refused_starts_no_loop(post: Post) -> None:
    post.smtp.refuse[WARGA] = Outcome(False, True, "550 5.1.1 no such user")
    post.exchange(HOLE, robots={})
    assert (len(cases()), to(WARGA)) == (1, ["acknowledgement"])


@pytest.mark.parametrize("status", ["5.1.1", "5.7.1", "4.4.1"])
def test_a_citizen_whose_address_bounces_starts_no_loop(status: str, post: Post) -> None:
    rounds = post.exchange(HOLE, robots={WARGA: bouncing(WARGA, status)})
    assert (rounds <= 1, len(cases()), to(WARGA)) == (True, 1, ["acknowledgement"])
    assert held() == []


OWN = {
    "from us": mail(f"Pengaduan <{LAPOR}>", LAPOR, "Jalan rusak", "Jalan berlubang."),
    "from an address of ours": mail("LAPOR+dlh@bengkulukota.example", LAPOR, "Jalan rusak", "Jalan berlubang."),
}


@pytest.mark.parametrize("name", OWN)
def test_a_mail_in_our_own_name_is_not_answered(name: str, post: Post) -> None:
    assert post.exchange(OWN[name], robots={}) == 0
    assert (cases(), outbound()) == ([], [])


def test_letters_that_come_back_to_us_are_not_taken_for_mail(post: Post, pupr: str) -> None:
    """An agency's inbox, and a citizen's, that redirect everything to the address of the complaints."""
    redirected: list[bytes] = []

    def redirect(letter: Message) -> list[bytes]:
        raw = next(raw for _, raw in post.smtp.sent if parse(raw).message_id == letter.message_id)
        redirected.append(raw)
        return [
            b"Received: by mx\r\nResent-From: petugas@pupr.example\r\nDelivered-To: " + LAPOR.encode() + b"\r\n" + raw
        ]

    rounds = post.exchange(HOLE, robots={pupr: redirect, WARGA: redirect})
    assert (rounds, len(redirected), len(cases())) == (1, 2, 1)
    assert acts() == ["open", "assign"]


def test_our_own_address_in_the_form_does_not_make_us_write_to_ourselves(post: Post, directory: Directory) -> None:
    with transaction() as session:
        form = Submission("form", post.clock(), "Jalan berlubang.", reporter_name="Sari", reporter_email=LAPOR)
        open_case(session, directory, form)
    assert (
        post.exchange(robots={LAPOR: lambda letter: [raw for _, raw in post.smtp.sent if LAPOR.encode() in raw]}) <= 1
    )
    assert len(cases()) == 1


def absent(sender: str) -> Robot:
    """Answers each letter as all programs do that mark their answers, to Reply-To and to From."""
    robots = [
        answering(sender, f"Saya sedang cuti ({name}).", to_from=to_from, **mark)
        for name, mark in MARKS.items()
        for to_from in (False, True)
    ]
    return lambda letter: [raw for robot in robots for raw in robot(letter)]


def test_an_out_of_office_reply_changes_nothing_in_a_case(post: Post, pupr: str) -> None:
    assert post.exchange(HOLE, robots={WARGA: absent(SARI)}) == 1
    assert acts() == ["open", "assign"]
    budi = mail(pupr, post.smtp.to(pupr)[0].reply_to[0], "Re: Jalan rusak", "Besok kami tambal.")
    assert post.exchange(budi, robots={WARGA: absent(SARI)}) == 1
    assert (acts(), cases()[0].state) == (["open", "assign", "respond"], "responded")
    assert to(pupr) == ["assignment"]


def test_an_out_of_office_reply_opens_no_complaint_and_is_no_answer(post: Post, pupr: str) -> None:
    """Both sides are away; each letter is answered, and none of the answers causes a letter."""
    assert post.exchange(HOLE, robots={WARGA: absent(SARI), pupr: absent(pupr)}) == 1
    assert (len(cases()), acts(), len(outbound())) == (1, ["open", "assign"], 2)


@pytest.mark.parametrize(
    ("when", "pace"), [("", 1), ("", 20), (" {when}", 1)], ids=["the same words", "slowly", "new words each time"]
)
def test_autoresponders_without_any_mark_do_not_keep_each_other_talking(
    when: str, pace: int, post: Post, pupr: str
) -> None:
    """The worst of all: both sides answer everything to the right address, and look like people."""
    robots = {
        WARGA: answering(SARI, f"Terima kasih, surel Anda sudah kami terima dan segera kami baca.{when}"),
        pupr: answering(pupr, f"Terima kasih telah menghubungi kami. Laporan Anda penting bagi kami.{when}"),
    }
    rounds = post.exchange(HOLE, robots=robots, pace=pace)
    assert (rounds <= (25 if when else 3), len(cases())) == (True, 1)
    assert held() != []


def test_an_autoresponder_whose_address_changes_each_time_does_not_flood_us(post: Post) -> None:
    robot = shifting("Terima kasih telah menghubungi kami. Pesan Anda akan dijawab dalam tiga hari kerja.")
    theirs = (WARGA, "robot.example")
    post.exchange(HOLE, robots={"*": lambda letter: robot(letter) if letter.to[0].endswith(theirs) else []})
    assert len(cases()) <= 25
    assert held() != []


DAEMON = "MAILER-DAEMON@mx.warga.example"
FOREIGN: dict[str, bytes] = {
    "Exchange's report": mail(
        "postmaster@kota.example", LAPOR, "Undeliverable: Pengaduan", "Your message couldn't be delivered.\n550 5.1.10",
        X_MS_Exchange_Message_Is_Ndr="", Auto_Submitted="auto-replied",
    ),
    "Exim's report": mail(
        f"Mail Delivery System <{DAEMON}>", LAPOR, "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered.\n  sari@warga.example\n    550 No such user",
        X_Failed_Recipients=WARGA, Auto_Submitted="auto-replied",
    ),
    "qmail's report": b"Return-Path: <>\r\n" + mail(
        DAEMON, LAPOR, "failure notice", "Hi. This is the qmail-send program at mx.warga.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n<sari@warga.example>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)",
    ),
    "Gmail's report": b"Return-Path: <>\r\n" + mail(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", LAPOR, "Delivery Status Notification (Failure)",
        "Address not found\nYour message wasn't delivered to sari@warga.example", Auto_Submitted="auto-replied",
    ),
    "a delay": b"Return-Path: <>\r\n" + mail(
        DAEMON, LAPOR, "Warning: message delayed 4 hours", "THIS IS A WARNING MESSAGE ONLY.\n4.4.1",
        Auto_Submitted="auto-replied",
    ),
    "a receipt": mail(SARI, LAPOR, "Dibaca: Pengaduan", "Pesan Anda telah dibaca.", Auto_Submitted="auto-replied"),
    "out of office": mail(SARI, LAPOR, "Automatic reply: Pengaduan", "I am on leave.", X_Auto_Response_Suppress="All"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_strangers_bounce_or_absence_becomes_no_complaint(name: str, post: Post) -> None:
    assert post.exchange(FOREIGN[name], robots={}) == 0
    assert (cases(), outbound()) == ([], [])


def test_no_letter_of_ours_asks_for_an_automatic_answer(post: Post, directory: Directory) -> None:
    post.receive(HOLE)
    for _ in range(60):
        post.clock.advance(hours=2)
        post.receive()
        while sweep.turn(transaction, everything_seen):
            pass
    post.send()
    assert len({row.kind for row in outbound()}) >= 5
    for _, raw in post.smtp.sent:
        headers = {name.lower(): value for name, value in parse(raw).headers}
        assert headers["auto-submitted"].startswith("auto-generated")
        assert headers["x-auto-response-suppress"] == "All"


UNANSWERABLE = {
    "null return path": b"Return-Path: <>\r\n" + HOLE,
    "list": b"List-Id: <warga.milis.example>\r\n" + HOLE,
    "bulk": b"Precedence: bulk\r\n" + HOLE,
    "machine": b"Auto-Submitted: auto-generated\r\n" + HOLE,
    **{
        local: mail(f"{local}@toko.example", LAPOR, "Promo", "Diskon besar untuk jalan-jalan ke pasar.")
        for local in ("no-reply", "noreply", "donotreply", "do-not-reply+7", "mailer-daemon", "postmaster")
    },
}


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_nothing_is_written_to_those_who_must_not_be_answered(name: str, post: Post) -> None:
    assert post.exchange(UNANSWERABLE[name], robots={}) == 0
    written_by = parse(UNANSWERABLE[name]).from_address
    assert to(written_by) == []
    (row,) = inbound()  # nothing is lost for that
    assert (row.status == QUARANTINED) != bool(cases())


def test_a_bounce_is_not_shown_to_the_citizen_as_an_answer(post: Post, sari: Browser, pupr: str) -> None:
    post.exchange(HOLE, robots={pupr: bouncing(pupr)})
    post.receive(delivery_status(pupr, post.smtp.to(pupr)[0], "4.4.1", "delayed"))
    (case,) = cases()
    assert (case.responded_at, acts(), to(WARGA)) == (None, ["open", "assign"], ["acknowledgement"])
    page = sari.get(f"/lacak/{case.token}").text
    assert "tidak diterima" not in page
    assert "MAILER-DAEMON" not in page


def test_an_agency_that_does_not_accept_our_mail_does_not_stay_unnoticed(
    post: Post, directory: Directory, dewi: Browser, pupr: str
) -> None:
    post.exchange(HOLE, robots={pupr: bouncing(pupr)})
    assert [row.status for row in outbound() if row.to_address == pupr] == [DEAD]
    head = directory.by_code["pupr"].head
    assert head is not None
    for address in (directory.desk.inbox, head.email):
        assert to(address) == ["inbox_problem"]
        (letter,) = post.smtp.to(address)
        assert pupr in letter.text
        assert cases()[0].number in letter.text
    assert pupr in dewi.get("/meja/surat-gagal").text
    with transaction() as session:
        assert "5.1.1" in directories.current(session).by_code["pupr"].inbox_problem


def test_a_mailbox_that_was_full_for_a_while_does_not_cost_the_letter(post: Post, pupr: str) -> None:
    post.exchange(HOLE, robots={pupr: bouncing(pupr, "5.2.2")})
    (assignment,) = [row for row in outbound() if row.to_address == pupr]
    assert assignment.status == QUEUED
    due_now()
    post.exchange(robots={})
    first, second = (raw for recipient, raw in post.smtp.sent if recipient == pupr)
    assert first == second
    assert to(pupr) == ["assignment"]


def test_a_mailbox_that_stays_full_does_not_go_unnoticed(post: Post, directory: Directory, pupr: str) -> None:
    for _ in range(20):
        post.exchange(*[HOLE][: not cases()], robots={pupr: bouncing(pupr, "4.2.2")})
        due_now()
    assert [row.status for row in outbound() if row.to_address == pupr] == [DEAD]
    assert len(post.smtp.to(pupr)) <= 6
    assert any(pupr in letter.text for letter in post.smtp.to(directory.desk.inbox))


def test_an_inbox_that_nobody_opens_does_not_hide_its_complaints(
    post: Post, directory: Directory, browser_of: Callable[[str], Browser], pupr: str
) -> None:
    post.receive(HOLE)
    post.send()
    post.clock.advance(hours=25)
    post.receive()
    while sweep.turn(transaction, everything_seen):
        pass
    post.send()
    head = directory.by_code["pupr"].head
    assert head is not None
    assert head.email != pupr
    assert [parse(raw).subject for recipient, raw in post.smtp.sent if recipient == head.email] != []
    assert cases()[0].number in browser_of("dewi").get("/meja").text
    post.clock.advance(days=3)
    post.receive()
    while sweep.turn(transaction, everything_seen):
        pass
    assert "escalation" in {row.kind for row in outbound()}


@pytest.mark.parametrize("sender", ["the inbox", "an officer whom the inbox forwards to"])
def test_automatic_replies_of_agencies_do_not_pile_up_at_the_desk(
    sender: str, post: Post, directory: Directory, pupr: str
) -> None:
    address = pupr if sender == "the inbox" else "budi.pribadi@surel.example"
    marked = answering(address, "Terima kasih, surat Anda kami terima.", Auto_Submitted="auto-replied")
    complaints = [mail(f"w{n}@warga.example", LAPOR, f"Jalan {n}", f"Jalan berlubang di RT {n}.") for n in range(20)]
    assert post.exchange(*complaints, robots={pupr: marked}) == 1
    assert (held(), to(directory.desk.inbox)) == ([], [])
    kept = [row for row in inbound() if row.status == IGNORED]
    assert len(kept) == 20
    assert {row.complaint_id for row in kept} == {case.id for case in cases()}
