"""What a mail is."""

from dataclasses import replace

import pytest

from service.intake.rules import Facts, answerable, decide, declines, forged, speaks_for_agency

LETTER = Facts(
    sender="sari@warga.example",
    own=False,
    twin=False,
    bounce=False,
    auto=None,
    bulk=None,
    spam=None,
    case="",
    case_open=True,
    party="",
    trusted=True,
    distrust="",
    holds=False,
    text="Lampu mati.",
    reply_text="Lampu mati.",
    files=0,
)
ANSWER = replace(LETTER, case="address", party="agency", holds=True)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (LETTER, "complaint"),
        (replace(LETTER, own=True), "loop"),
        (replace(LETTER, twin=True), "twin"),
        (replace(LETTER, bounce=True), "bounce"),
        (replace(LETTER, auto="Auto-Submitted"), "hold"),
        (replace(ANSWER, auto="Auto-Submitted"), "auto"),
        (replace(LETTER, bulk="List-Id"), "hold"),
        (replace(ANSWER, bulk="List-Id"), "reply"),
        (replace(LETTER, spam="X-Spam-Flag"), "hold"),
        (replace(ANSWER, spam="X-Spam-Flag"), "reply"),
        (replace(LETTER, sender=""), "hold"),
        (replace(LETTER, from_sender=20), "complaint"),
        (replace(LETTER, from_sender=21), "hold"),
        (replace(LETTER, from_domain=100), "complaint"),
        (replace(LETTER, from_domain=101), "hold"),
        (replace(LETTER, senders_of_words=20), "complaint"),
        (replace(LETTER, senders_of_words=21), "hold"),
        (replace(LETTER, sender="mailer-daemon@mx.example"), "hold"),
        (replace(LETTER, sender="noreply@portal.example"), "complaint"),
        (replace(LETTER, case="again", party="citizen"), "again"),
        (replace(LETTER, case="again", party="citizen", trusted=False, distrust="?"), "hold"),
        (replace(LETTER, case="address", party="citizen", repeated=True), "again"),
        (replace(LETTER, case="address", party="citizen", in_case=11), "hold"),
        (replace(ANSWER, repeated=True), "hold"),
        (replace(ANSWER, in_case=11), "hold"),
        (replace(LETTER, text=" ", reply_text=""), "hold"),
        (replace(LETTER, text="", reply_text="", files=1), "complaint"),
        (ANSWER, "reply"),
        (replace(ANSWER, trusted=False, distrust="?"), "hold"),
        (replace(ANSWER, reply_text=""), "hold"),
        (replace(ANSWER, holds=False), "hold"),
        (replace(ANSWER, case_open=False), "hold"),
        (replace(ANSWER, reply_text="Bukan kewenangan kami."), "decline"),
        (replace(LETTER, case="number", party="citizen", reply_text="Bukan kewenangan siapa?"), "reply"),
    ],
)
def test_the_first_rule_that_applies_decides(facts: Facts, kind: str) -> None:
    verdict = decide(facts)
    assert verdict.kind == kind
    assert verdict.reason


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Bukan kewenangan kami, ini jalan nasional.", True),
        ("Maaf, bukan wewenang Dishub.", True),
        ("ini bukan merupakan kewenangan kami", True),
        ("Kami sudah cek. Bukan kewenangan kami.", False),
        ("Besok dikerjakan.", False),
    ],
)
def test_an_agency_declines_only_with_its_first_words(words: str, expected: bool) -> None:
    assert declines(words) is expected


def test_who_may_answer_for_an_agency() -> None:
    own, others = frozenset(["pupr@kota.example"]), frozenset(["dlh@kota.example"])
    assert speaks_for_agency("pupr@kota.example", own, others, "pupr@kota.example") == ""
    assert speaks_for_agency("budi@kota.example", own, others, "pupr@kota.example") == ""
    assert speaks_for_agency("dlh@kota.example", own, others, "pupr@kota.example")
    assert speaks_for_agency("budi@gmail.com", own, others, "pupr@kota.example")
    assert speaks_for_agency("budi@gmail.com", own, others, "pupr@gmail.com")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("mx.kota.example; spf=pass; dmarc=fail (p=reject) header.from=kota.example", True),
        ("MX.kota.example 1; dmarc = fail", True),
        ("mx.kota.example; dmarc=pass", False),
        ("mx.kota.example; spf=fail", False),
        ("mx.penipu.example; dmarc=fail", False),
        ("", False),
    ],
)
def test_only_our_own_servers_word_on_forgery_counts(header: str, expected: bool) -> None:
    assert forged([header], "mx.kota.example") is expected


def test_without_a_trusted_server_nobodys_word_counts() -> None:
    assert not forged(["mx.kota.example; dmarc=fail", "; dmarc=fail"], "")


@pytest.mark.parametrize(
    ("sender", "return_path", "expected"),
    [
        ("sari@warga.example", None, True),
        ("sari@warga.example", "sari@warga.example", True),
        ("sari@warga.example", "", False),
        ("noreply@portal.example", None, False),
        ("no-reply@portal.example", None, False),
        ("no_reply+17@portal.example", None, False),
        ("layanan.donotreply@portal.example", None, False),
        ("jangan-balas@portal.example", None, False),
        ("bounce-71@list.example", None, False),
        ("mailer-daemon@mx.example", None, False),
        ("norman.reply@warga.example", None, True),
        ("noval@warga.example", None, True),
        ("bouncer@warga.example", None, True),
    ],
)
def test_no_letter_goes_where_nobody_reads_it(sender: str, return_path: str | None, expected: bool) -> None:
    assert answerable(sender, return_path) is expected
