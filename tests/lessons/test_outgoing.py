"""Outgoing mail that fails unseen, or goes out again and again (docs/mail.md, items 37 to 42)."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from service.agencies.directory import Directory
from service.database import transaction
from service.mail.parse import parse
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import DEAD, QUEUED, SENT
from service.outbox.smtp import Outcome, SmtpRoute
from tests.casework.test_acts import opened
from tests.lessons.post import Post, due_now, outbound
from tests.lessons.robots import delivery_status
from tests.lessons.smtp_server import HANG_UP, SmtpServer
from tests.web.conftest import Browser

DOWN = Outcome(False, False, "ConnectionRefusedError: [Errno 111]", reachable=False)
NO_SUCH_USER = Outcome(False, True, "550 5.1.1 no such user")


@pytest.fixture
def case(directory: Directory) -> int:
    """Sari's complaint about a road, opened: two letters wait, to her and to PUPR."""
    return opened(directory)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A server that can be told to misbehave."""
    with SmtpServer() as made:
        yield made


def send(smtp: delivery.Sender) -> int:
    """Have one batch delivered."""
    return delivery.turn(transaction, smtp, render, tell_desk, bounce_address)


def send_in_the_long_run(post: Post, most: int = 200) -> int:
    """Let every pause pass, until nothing waits; returns how many looks it took."""
    for looks in range(most):
        if not any(row.status == QUEUED for row in outbound()):
            return looks
        due_now()
        post.send()
    raise AssertionError("still trying")


def states() -> dict[str, str]:
    """What became of each letter, by its address."""
    return {row.to_address: row.status for row in outbound()}


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("how", ["refused at once", "reported afterwards"])
def test_a_letter_that_does_not_arrive_does_not_count_as_sent(
    how: str, post: Post, directory: Directory, dewi: Browser
) -> None:
    inbox = directory.by_code["pupr"].inbox
    if how == "refused at once":
        post.smtp.refuse[inbox] = NO_SUCH_USER
    post.send()
    if how == "reported afterwards":
        post.receive(delivery_status(inbox, post.smtp.to(inbox)[0]))
        post.send()
    assert states()[inbox] == DEAD
    notice = post.smtp.to(directory.desk.inbox)[-1]
    assert inbox in notice.text
    assert "5.1.1" in notice.text
    assert inbox in dewi.get("/meja/surat-gagal").text


@pytest.mark.usefixtures("case")
def test_an_outage_of_days_loses_no_letter_and_needs_no_hand(post: Post) -> None:
    post.smtp.refuse = dict.fromkeys(states(), DOWN)
    for _ in range(3 * delivery.MOST_ATTEMPTS):  # no look at a server that is away may use up a letter's attempts
        due_now()
        post.send()
    assert set(states().values()) == {QUEUED}
    assert all("ConnectionRefusedError" in row.log[-1]["words"] for row in outbound())
    assert all(len(row.log) <= 2 for row in outbound())
    post.smtp.refuse = {}
    due_now()
    post.send()
    assert set(states().values()) == {SENT}


@pytest.mark.usefixtures("case")
def test_a_refusal_for_good_is_not_repeated_for_days(post: Post) -> None:
    post.smtp.refuse["sari@warga.example"] = NO_SUCH_USER
    send_in_the_long_run(post)
    (row,) = [row for row in outbound() if row.to_address == "sari@warga.example"]
    assert (row.status, row.attempts) == (DEAD, 1)


@pytest.mark.usefixtures("case")
def test_a_refusal_for_now_does_not_go_on_for_ever_unseen(post: Post, directory: Directory) -> None:
    inbox = directory.by_code["pupr"].inbox
    post.smtp.refuse[inbox] = Outcome(False, False, "451 4.3.0 try later")
    assert send_in_the_long_run(post) <= delivery.MOST_ATTEMPTS + 2
    assert states()[inbox] == DEAD
    assert "451 4.3.0 try later" in post.smtp.to(directory.desk.inbox)[-1].text


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("trouble", ["421 go away", "535 5.7.8 wrong password", HANG_UP])
def test_one_server_that_fails_does_not_stop_the_mail(trouble: str, server: SmtpServer) -> None:
    with SmtpServer() as second, SmtpRoute(f"{server.url},{second.url}") as route:
        server.trouble = lambda command: trouble if command == "GREETING" else None
        while send(route):
            pass
        assert (len(server.got), len(second.got)) == (0, 2)
    assert set(states().values()) == {SENT}


@pytest.mark.usefixtures("case")
def test_dead_letters_need_not_be_sent_again_one_by_one(post: Post, app: Flask, dewi: Browser) -> None:
    theirs = list(states())
    post.smtp.refuse = dict.fromkeys(theirs, NO_SUCH_USER)
    send_in_the_long_run(post)
    post.smtp.refuse = {}
    assert {states()[address] for address in theirs} == {DEAD}
    assert dewi.post("/meja/surat-gagal/ulang").status_code == 303
    post.send()
    assert {states()[address] for address in theirs} == {SENT}


@pytest.mark.usefixtures("case")
def test_two_workers_do_not_send_the_same_letter(app: Flask, server: SmtpServer) -> None:
    gate = threading.Barrier(4)

    def work() -> None:
        with app.app_context(), SmtpRoute(server.url) as route:
            gate.wait()
            while send(route):
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(parse(raw).to for raw in server.got) == sorted((address,) for address in states())


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("stage", ["RSET", "QUIT", "after the verdict"])
def test_a_fault_after_the_server_took_a_letter_sends_it_no_second_time(
    stage: str, app: Flask, server: SmtpServer
) -> None:
    taken: list[str] = []

    def trouble(command: str) -> str | None:
        if command == "VERDICT":
            taken.append(command)
        wanted = taken and command != "VERDICT" if stage == "after the verdict" else command.upper() == stage
        return HANG_UP if wanted else None

    server.trouble = trouble
    for _ in range(6):
        with SmtpRoute(server.url) as route:
            send(route)
        taken.clear()
        due_now()
    assert sorted(parse(raw).to for raw in server.got) == sorted((address,) for address in states())


@pytest.mark.usefixtures("case")
def test_a_death_before_the_record_repeats_the_same_letter_once(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with SmtpRoute(server.url) as route:
        monkeypatch.setattr(delivery, "_record", die)
        with pytest.raises(KeyboardInterrupt):
            send(route)
        monkeypatch.undo()
        assert send(route) == 0  # its lease holds
        due_now()
        while send(route):
            pass
    first, *others = server.got
    assert others.count(first) == 1
    assert len(server.got) == 3


@pytest.mark.usefixtures("case")
def test_a_server_that_takes_letters_and_never_says_so_does_not_deliver_dozens(
    server: SmtpServer, directory: Directory
) -> None:
    server.trouble = lambda command: HANG_UP if command == "VERDICT" else None
    pauses = []
    with SmtpRoute(server.url) as route:
        for _ in range(50):
            send(route)
            pauses.append(max(row.next_attempt_at for row in outbound()))
            due_now()
    copies = [parse(raw) for raw in server.got if parse(raw).to == ("sari@warga.example",)]
    assert len(copies) == delivery.MOST_UNSURE
    assert len({letter.message_id for letter in copies}) == 1
    assert max(pauses) - min(pauses) > timedelta(hours=8)
    assert states()["sari@warga.example"] == DEAD
