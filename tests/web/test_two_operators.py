"""Dewi and a colleague press at the same moment: each on a connection of their own, one of them decides."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service.database import transaction
from service.intake.records import DISCARDED, DONE, QUARANTINED, STORED
from service.outbox.records import OutboundMail
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, everything, present
from tests.web.held import hold, mail

HOME = "/meja/karantina"
ANSWER = b"From: budi@gmail.example\r\nSubject: Re: jalan\r\n\r\nSudah kami tambal hari ini."
Press = tuple[str, dict[str, object]]


def at_once(browsers: list[Browser], presses: list[Press]) -> list[TestResponse]:
    """What each browser gets when all press at the same moment."""
    tokens, together = [browser.token() for browser in browsers], Barrier(len(browsers))

    def press(number: int) -> TestResponse:
        address, fields = presses[number]
        together.wait()
        data = {"csrf_token": tokens[number]} | fields
        return browsers[number].open(address, method="POST", data=data, content_type="multipart/form-data")

    with ThreadPoolExecutor(len(browsers)) as threads:
        return list(threads.map(press, range(len(browsers))))


@pytest.fixture
def two(browser_of: Callable[[str], Browser]) -> list[Browser]:
    """Two browsers at the desk."""
    return [browser_of("dewi"), browser_of("dewi")]


def test_one_mail_becomes_one_complaint(two: list[Browser], clock: FakeClock) -> None:
    for _ in range(5):
        mail_id = hold(clock)
        before = len(everything())
        answers = at_once(two, [(f"{HOME}/{mail_id}/pengaduan", {})] * 2)
        assert [answer.status_code for answer in answers] == [303, 303]
        assert {answer.location for answer in answers} == {HOME, f"{HOME}/{mail_id}"}
        assert len(everything()) == before + 1
        assert len(mail(mail_id).decisions) == 1


def test_one_discards_and_the_other_opens_and_only_one_of_it_happens(two: list[Browser], clock: FakeClock) -> None:
    for _ in range(5):
        mail_id = hold(clock)
        before = len(everything())
        presses: list[Press] = [
            (f"{HOME}/{mail_id}/pengaduan", {}),
            (f"{HOME}/{mail_id}/sisihkan", {"reason": "Iklan"}),
        ]
        answers = at_once(two, presses)
        assert [answer.status_code for answer in answers] == [303, 303]
        after = mail(mail_id)
        assert len(after.decisions) == 1
        assert (after.status, len(everything()) - before) in ((DONE, 1), (DISCARDED, 0))
        loser = next(n for n, answer in enumerate(answers) if answer.location != HOME)
        assert "surat ini sudah diputuskan" in two[loser].get(answers[loser].location).text


def test_one_answer_is_sent_once(two: list[Browser], clock: FakeClock, opened: OpenCase) -> None:
    case = opened()
    mail_id = hold(clock, case.id, "pupr", raw=ANSWER)
    fields: dict[str, object] = {"number": case.number, "speaker": "answer", "reason": "Benar dari Budi"}
    at_once(two, [(f"{HOME}/{mail_id}/lampirkan", fields)] * 2)
    assert present(case.number).events == case.events + 1
    with transaction() as session:
        sent = session.scalar(select(func.count()).where(OutboundMail.kind == "answer"))
    assert sent == 1


def test_many_at_once_and_one_of_them_alone_end_without_a_deadlock(two: list[Browser], clock: FakeClock) -> None:
    for _ in range(3):
        mails = [hold(clock) for _ in range(20)]
        ticked: list[Press] = [
            (HOME + "/pilihan", {"act": "discard", "reason": "Iklan", "mail": [str(n) for n in mails]}),
            (HOME + "/pilihan", {"act": "retry", "mail": [str(n) for n in reversed(mails)]}),
        ]
        assert [answer.status_code for answer in at_once(two, ticked)] == [303, 303]
        assert {mail(n).status for n in mails} <= {DISCARDED, STORED}
        assert {len(mail(n).decisions) for n in mails} == {1}


def test_two_mails_are_attached_to_one_case_one_after_another(
    two: list[Browser], clock: FakeClock, opened: OpenCase
) -> None:
    case = opened()
    ids = [hold(clock, raw=ANSWER), hold(clock, raw=ANSWER)]
    fields: dict[str, object] = {"number": case.number, "speaker": "citizen", "reason": "Dari pelapor"}
    at_once(two, [(f"{HOME}/{mail_id}/lampirkan", fields) for mail_id in ids])
    assert present(case.number).events == case.events + 2
    assert QUARANTINED not in {mail(mail_id).status for mail_id in ids}
