"""The plan of the simulated city: who writes when, who answers, and that it always tells the same story."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from demo import notices, schedule, stories, tempers, words
from demo.acts import Assign, Close, FillForm, Post
from demo.browser import Page, WrongPageError
from demo.clients import compose
from demo.notices import Notice
from demo.people import THANKS, Office, People, Town
from demo.strays import strays
from demo.tempers import Fate
from service.agencies.preset import read
from service.mail.parse import parse

ZONE = ZoneInfo("Asia/Jakarta")
START = datetime(2026, 11, 20, 7, 0, tzinfo=ZONE)
PRESET = read("kota-bengkulu")
OFFICES = {a.inbox: Office(a.code, a.name, a.acronym or a.name, a.inbox) for a in PRESET.agencies}
INBOX = {office.code: inbox for inbox, office in OFFICES.items()}
TOWN = Town(OFFICES, PRESET.desk.email, "lapor@bengkulukota.example", ZONE)
STORY = {story.id: story for story in stories.stories()}


def people() -> People:
    return People(TOWN, stories.stories(), seed=1)


def told(count: int, start: datetime = START) -> list[schedule.Telling]:
    return list(islice(schedule.tellings(stories.stories(), start, ZONE), count))


def mail(kind: str, to: str, text: str, number: str = "BKL-26-00001", identity: str = "000001") -> Notice:
    return Notice(
        id=identity,
        kind=kind,
        number=number,
        sender=TOWN.mail_address,
        sender_name="Pengaduan Kota Bengkulu",
        to=to,
        reply_to="lapor+r-1-a9-abcdefghijklmnop@bengkulukota.example",
        subject=f"[{number}] …",
        text=text,
        message_id="<1@bengkulukota.example>",
        references=(),
        received=START.astimezone(UTC),
    )


def test_a_hundred_complaints_come_before_monday_morning() -> None:
    first = told(100)
    assert {telling.story.id for telling in first} == set(STORY)
    assert first == sorted(first, key=lambda telling: telling.at)
    assert first[0].at < START + timedelta(minutes=30)
    assert first[-1].at < START + timedelta(days=3)
    assert told(101)[-1].at > START + timedelta(days=3)


def test_the_same_seed_tells_the_same_story() -> None:
    assert told(300) == told(300)


def test_nobody_writes_between_two_and_five_in_the_morning() -> None:
    assert not {telling.at.astimezone(ZONE).hour for telling in told(400)} & {2, 3}


def test_the_very_same_text_never_comes_twice_within_a_day() -> None:
    last: dict[str, datetime] = {}
    for telling in told(600):
        text = telling.story.text
        assert text not in last or telling.at - last[text] > timedelta(days=1)
        last[text] = telling.at


@pytest.mark.parametrize("hours_to_start", [0, 4])
def test_agencies_with_a_character_have_enough_cases_due_in_the_first_week(hours_to_start: int) -> None:
    start = START + timedelta(hours=hours_to_start)
    sunday_midnight = datetime(2026, 11, 23, tzinfo=ZONE)
    due = Counter(t.story.right_agency for t in told(100, start) if t.at + timedelta(hours=24) < sunday_midnight)
    assert all(due[agency] >= 5 for agency in ("pupr", "dishub", "dlh", "pdam", "disdukcapil"))


def test_the_first_cases_of_the_opening_exist() -> None:
    assert set(schedule.OPENING) <= set(STORY)


@pytest.mark.parametrize("fate", tempers.IN_TIME)
@pytest.mark.parametrize("hour", range(24))
def test_who_answers_in_time_does_so_at_any_hour_of_arrival(fate: Fate, hour: int) -> None:
    since = START + timedelta(hours=hour)
    for seed in range(20):
        at = tempers.moment(fate, "pupr", since, ZONE, Random(seed))
        assert since < at <= since + timedelta(hours=21)


def test_who_is_late_is_late_and_sleeps_at_night() -> None:
    for seed in range(50):
        at = tempers.moment(Fate.LATE, "dlh", START, ZONE, Random(seed))
        assert at > START + timedelta(hours=24)
        assert 6 <= at.astimezone(ZONE).hour < 22


def test_each_agency_goes_through_its_pattern_again_and_again() -> None:
    turns = tempers.Tempers()
    pattern = tempers.TEMPERS["pupr"].pattern
    assert [turns.next("pupr") for _ in range(2 * len(pattern))] == [*pattern, *pattern]
    assert turns.next("bpkad") == tempers.USUAL.pattern[0]


def test_the_figures_will_tell_a_story() -> None:
    def in_time(agency: str) -> float:
        pattern = tempers.TEMPERS[agency].pattern
        return sum(fate in tempers.IN_TIME for fate in pattern) / len(pattern)

    assert in_time("disdukcapil") == 1
    assert 0.5 < in_time("pupr") < 0.75
    assert in_time("dlh") < 0.5
    assert schedule.is_silent("kec-selebar")


def test_a_citizen_of_the_form_fills_it_in_and_one_of_the_mail_writes() -> None:
    acts = [people().tell(telling) for telling in told(100)]
    assert sum(isinstance(act, FillForm) for act in acts) == 76
    assert {act.letter.to for act in acts if isinstance(act, Post)} >= {
        "lapor@bengkulukota.example",
        "lapor+pdam@bengkulukota.example",
    }


def test_the_right_agency_answers_by_replying() -> None:
    story = STORY["ktp-lima-bulan"]
    (act,) = people().read(mail(notices.ASSIGNMENT, INBOX["disdukcapil"], f"Ada pengaduan.\n{story.text}"))
    assert isinstance(act, Post)
    assert act.letter.answered is not None
    assert act.letter.to.startswith("lapor+r-")
    assert act.letter.from_address == INBOX["disdukcapil"]
    assert act.first_answer


def test_the_wrong_agency_hands_the_case_back() -> None:
    story = STORY["siring-sumbat-salah-kategori"]
    (act,) = people().read(mail(notices.ASSIGNMENT, INBOX["dlh"], story.text))
    assert isinstance(act, Post)
    assert act.letter.text.startswith("Bukan kewenangan kami.")


def test_the_silent_office_says_nothing() -> None:
    assert people().read(mail(notices.ASSIGNMENT, INBOX["kec-selebar"], STORY["kec-surat-lama"].text)) == []


def test_a_complaint_of_the_visitor_is_answered_late_in_the_day() -> None:
    (act,) = people().read(mail(notices.ASSIGNMENT, INBOX["dlh"], "Saya menulis ini sendiri."))
    assert isinstance(act, Post)
    assert act.at - START > timedelta(hours=12)


def test_somebody_away_sends_a_machines_reply_first() -> None:
    crowd = people()
    story = STORY[next(s.id for s in stories.stories() if s.right_agency == "disdikbud")]
    machine, answer = crowd.read(mail(notices.ASSIGNMENT, INBOX["disdikbud"], story.text))
    assert isinstance(machine, Post)
    assert isinstance(answer, Post)
    assert dict(machine.letter.headers)["Auto-Submitted"] == "auto-replied"
    assert machine.at < answer.at


def test_dewi_assigns_what_lies_at_the_desk_and_leaves_some() -> None:
    crowd = people()
    text = STORY["gaji-toko"].text
    found = [crowd.read(mail(notices.DESK_CASE, TOWN.desk, text, f"BKL-26-0000{n}", f"00000{n}")) for n in range(1, 9)]
    assert [len(acts) for acts in found] == [1, 1, 1, 1, 1, 1, 0, 1]
    assert isinstance(found[0][0], Assign)
    assert found[0][0].agency == "disnaker"


def test_dewi_closes_what_belongs_to_nobody() -> None:
    (act,) = people().read(mail(notices.DESK_CASE, TOWN.desk, STORY["listrik-padam"].text))
    assert isinstance(act, Close)
    assert act.rejected
    assert "PLN" in act.words


def test_dewi_answers_who_only_says_thanks() -> None:
    (act,) = people().read(mail(notices.DESK_CASE, TOWN.desk, STORY["terima-kasih-jalan"].text))
    assert isinstance(act, Close)
    assert not act.rejected


def test_a_citizen_writes_on_after_the_answer_and_thanks_need_no_reply() -> None:
    crowd = people()
    story = STORY["lubang-hibrida"]
    (act,) = crowd.read(mail(notices.ANSWER, story.email or "", f"Dijawab.\n{story.text}"))
    assert isinstance(act, Post)
    assert act.letter.text == story.followup
    assert crowd.read(mail(notices.ANSWER, story.email or "", "lagi")) == []
    assert crowd.read(mail(notices.FOLLOW_UP, INBOX["pupr"], f"Pelapor menambahkan:\n\n{THANKS[0]}")) == []
    assert crowd.read(mail(notices.FOLLOW_UP, INBOX["pupr"], f"Pelapor menambahkan:\n\n{story.followup}"))


def test_an_answer_of_the_visitor_is_noticed() -> None:
    crowd = people()
    reply = replace(mail("", "lapor+r-1-a9-x@bengkulukota.example", "Sudah."), sender=INBOX["pupr"])
    crowd.read(reply)
    assert "lapor+r-1-a9-x@bengkulukota.example" in crowd.answered


def test_every_kind_of_mail_is_known_by_what_it_is_about() -> None:
    from jinja2 import Environment, FileSystemLoader

    folder = Path("service/notifications/templates")
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True)
    facts = {
        "number": "BKL-26-00001", "agency": "Dinas Lingkungan Hidup", "unit": "Dinas Lingkungan Hidup",
        "subject": "Sampah", "due_at": "", "when_short": lambda _: "Sab 21 Nov 07.00", "late_hours": 24, "percent": 80,
        "week": "2026-W47", "figures": {"due": 2, "in_time": 1}, "city": {"percent": None, "in_time": 1, "due": 2},
        "directory": {"short_name": "Kota Bengkulu"}, "case": None, "recipient": "unit", "held": [], "level": 1,
        "acronym": "DLH",
    }  # fmt: skip
    for kind in notices.KINDS:
        point = " ".join(environment.get_template(f"{kind}/subject.txt").render(facts).split())
        assert notices.kind_of(notices.point_of("[BKL-26-00001] Sampah", f"Hal: {point}\n\nYth.")) == kind


def test_strays_are_told_apart_from_complaints() -> None:
    found = [act for act in strays(START, TOWN.mail_address) if isinstance(act, Post)]
    advertisement, empty = (parse(compose(act.client, act.letter, ZONE)) for act in found)
    assert advertisement.bulk
    assert not empty.reply_text.strip()


def test_a_line_begins_after_the_greeting() -> None:
    assert words.first_words("Yth. Sari,\n\nLubang ditambal besok.") == "“Lubang ditambal besok.”"
    assert words.first_words("kata " * 40).endswith(" …”")


def test_the_small_browser_finds_the_fields_of_a_form() -> None:
    page = Page(
        "http://x/",
        200,
        '<form method="post" action="/a"><input name="csrf_token" value="t"><input type="checkbox" name="anonymous" '
        'value="1"><select name="category"><option value="">-</option><option value="pju">x</option></select>'
        '<textarea name="text"></textarea></form>',
    )
    form = page.form_with("text", "category")
    assert form.fields == {"csrf_token": "t", "category": "", "text": ""}
    with pytest.raises(WrongPageError):
        page.form_with("password")
