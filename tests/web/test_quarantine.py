"""Dewi and the mails that the rules could not judge."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.reject import reject
from service.complaints.records import Event
from service.database import transaction
from service.intake import process
from service.intake.records import DISCARDED, DONE, QUARANTINED, STORED
from tests.casework.test_acts import sweep_all
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.web.conftest import Browser, OpenCase, everything, present
from tests.web.held import MAIL, hold, mail, with_attachments

HOME = "/meja/karantina"
ANSWER = b"From: budi@gmail.example\r\nSubject: Re: jalan\r\n\r\nSudah kami tambal hari ini."


def events(number: str) -> list[Event]:
    """Of the case, in order."""
    with transaction() as session:
        found = list(session.scalars(select(Event).where(Event.complaint_id == present(number).id).order_by(Event.seq)))
        session.expunge_all()
        return found


def test_the_list_says_who_wrote_what_when_why_and_how_long_it_waits(dewi: Browser, clock: FakeClock) -> None:
    hold(clock, subject="Lama")
    clock.advance(hours=20)
    hold(clock, subject="Baru", sender="", reason="Surat tanpa alamat pengirim")
    page = dewi.get(HOME).text
    assert page.index("Lama") < page.index("Baru")
    for words in ("orang@contoh.example", "tanpa pengirim", "Pengirim tidak dikenal", "menunggu 20 jam", "Sisa 4 jam"):
        assert words in page
    clock.advance(hours=5)
    assert "Lewat 1 jam" in dewi.get(HOME).text


def test_the_list_has_pages_and_can_be_narrowed(dewi: Browser, clock: FakeClock) -> None:
    for n in range(51):
        hold(clock, subject=f"Iklan ke-{n}", reason="Surat massal: Precedence", sender=f"toko{n % 2}@iklan.example")
    other = hold(clock, subject="100% benar_", reason="Surat tanpa isi")
    first = dewi.get(HOME).text
    assert "halaman=2" in first
    assert f"{HOME}/{other}" not in first
    assert f"{HOME}/{other}" in dewi.get(HOME + "?halaman=2").text
    assert "Surat massal (51)" in first
    assert dewi.get(HOME + "?alasan=Surat+tanpa+isi").text.count('name="mail"') == 1
    assert dewi.get(HOME + "?q=100%25").text.count('name="mail"') == 1
    assert dewi.get(HOME + "?q=TOKO1@").text.count('name="mail"') == 25
    assert "Tidak ada surat yang cocok" in dewi.get(HOME + "?q=%00tidakada").text
    assert first.index('value="discard"') < first.index('value="retry"')  # the Enter key presses the first one


def test_html_of_a_held_mail_is_text_and_nothing_else(dewi: Browser, clock: FakeClock) -> None:
    page = dewi.get(f"{HOME}/{hold(clock)}").text
    assert "Airnya bau." in page
    assert "alert(1)" not in page
    assert "jahat.example" not in page


def test_the_raw_mail_is_a_download(dewi: Browser, clock: FakeClock) -> None:
    answer = dewi.get(f"{HOME}/{hold(clock)}/asli")
    assert answer.data == MAIL
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_attachments_are_listed_with_safe_names_and_downloaded_as_mere_bytes(dewi: Browser, clock: FakeClock) -> None:
    page = b"<script>alert(1)</script>"
    raw = with_attachments(("../../kwitansi\u202efdp.html", "text/html", page), ("foto.jpg", "image/jpeg", b"x" * 5000))
    home = f"{HOME}/{hold(clock, raw=raw)}"
    text = dewi.get(home).text
    assert "\u202e" not in text
    assert "../" not in text.partition("Lampiran</h2>")[2].partition("</ul>")[0]
    assert "foto.jpg" in text
    assert "5 KB" in text
    answer = dewi.get(home + "/lampiran/1")
    assert answer.data == page
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [dewi.get(f"{home}/lampiran/{n}").status_code for n in (0, 3, 10**30)] == [404, 404, 404]


def test_what_mail_servers_say_of_the_sender_is_told_and_only_ours_is_believed(dewi: Browser, clock: FakeClock) -> None:
    raw = b"Authentication-Results: evil.example; dmarc=pass (p=none) header.from=a\r\n" + MAIL
    page = dewi.get(f"{HOME}/{hold(clock, raw=raw)}").text
    assert "Kata server evil.example, tidak dapat dipercaya:" in page
    assert "DMARC pass" in page


def test_faults_are_told_in_indonesian(dewi: Browser, clock: FakeClock) -> None:
    page = dewi.get(f"{HOME}/{hold(clock, raw=b'bukan surat')}").text
    assert "Tidak ada pengirim." in page
    assert "no sender" not in page


def test_a_mail_that_the_server_could_not_deliver_is_shown_as_that(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock, raw=b"", sha256="0", subject="", sender="")
    home = f"{HOME}/{mail_id}"
    page = dewi.get(home).text
    assert "Server surat tidak dapat memberikan isi surat ini." in page
    assert "lapor@mail/INBOX" in page
    for act, fields in (("pengaduan", {}), ("lampirkan", ATTACH | {"number": "1"})):
        assert dewi.post(f"{home}/{act}", **fields).status_code == 422
    dewi.post(home + "/ulang")
    assert (mail(mail_id).status, mail(mail_id).leased_until) == (QUARANTINED, None)  # the server is asked at once
    assert dewi.post(home + "/sisihkan", reason="Sudah dikirim ulang").status_code == 303
    assert dewi.post(home + "/ulang", undo="1").status_code == 303
    assert mail(mail_id).status == QUARANTINED


def test_a_held_mail_becomes_a_complaint_once(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    arrived = clock.instant
    clock.advance(hours=3)
    assert dewi.post(f"{HOME}/{mail_id}/pengaduan").status_code == 303
    again = dewi.post(f"{HOME}/{mail_id}/pengaduan")
    assert (again.status_code, again.location) == (303, f"{HOME}/{mail_id}")
    (case,) = everything()
    assert (case.received_at, mail(mail_id).status) == (arrived, DONE)
    page = dewi.get(again.location).text
    assert "surat ini sudah diputuskan" in page
    assert "Dewi: dijadikan pengaduan" in page
    assert "Hasilnya:" not in page
    assert case.number in page


def test_a_held_mail_becomes_a_complaint_for_the_agency_that_the_desk_chose(
    dewi: Browser, clock: FakeClock, directory: Directory
) -> None:
    home = f"{HOME}/{hold(clock)}/pengaduan"
    assert dewi.post(home, agency="tidak-ada", reason="x").status_code == 422
    assert dewi.post(home, agency="dlh", reason=" ").status_code == 422
    assert dewi.post(home, agency="dlh", reason="Soal limbah").status_code == 303
    (case,) = everything()
    assert case.agency_id == directory.by_code["dlh"].id
    (opened, assigned) = events(case.number)
    assert (opened.kind, assigned.kind) == ("open", "assign")
    assert assigned.actor.startswith("account:")
    assert assigned.payload == {"holder": "dlh", "reason": "Soal limbah"}


def test_a_mail_against_officials_goes_to_no_agency_unless_the_desk_states_otherwise(
    dewi: Browser, clock: FakeClock, directory: Directory
) -> None:
    raw = b"From: orang@contoh.example\r\nSubject: Pungli\r\n\r\nOknum petugas minta uang pelicin."
    home = f"{HOME}/{hold(clock, raw=raw)}"
    assert "Mungkin menyangkut aparatur." in dewi.get(home).text
    refused = dewi.post(home + "/pengaduan", agency="pupr", reason="Soal jalan")
    assert (refused.status_code, 'value="Soal jalan"' in refused.text, everything()) == (422, True, [])
    ticked = dewi.post(home + "/pengaduan", agency="pupr", reason="Soal jalan", not_about_officials="1")
    assert ticked.status_code == 303
    (case,) = everything()
    assert events(case.number)[-1].payload["not_about_officials"] is True
    page = dewi.get(f"/meja/kasus/{case.number}").text
    assert "Meja menyatakan: bukan pengaduan tentang aparatur." in page
    assert "Mungkin menyangkut aparatur." in page  # for the next agency it must be stated anew


ATTACH = {"speaker": "answer", "reason": "Sudah ditelepon: benar dari Budi"}


def test_a_held_reply_counts_as_the_holders_answer_from_its_arrival_and_withdraws_a_breach(
    dewi: Browser, opened: OpenCase, clock: FakeClock, browser_of: Callable[[str], Browser]
) -> None:
    case = opened()
    arrived = clock.advance(hours=23)
    mail_id = hold(clock, raw=ANSWER)
    clock.advance(hours=2)
    sweep_all()  # as if the mail had lain there for longer than a breach waits
    assert present(case.number).breached_at is not None
    sent = dewi.post(f"{HOME}/{mail_id}/lampirkan", number=case.number.lower(), **ATTACH)
    assert sent.status_code == 303
    after = present(case.number)
    assert (after.state, after.responded_at, after.breached_at) == ("responded", arrived, None)
    answer = next(event for event in events(case.number) if event.kind == "respond")
    assert (answer.actor, answer.at) == ("agency:pupr", arrived)
    assert answer.payload["accepted_by"] == mail(mail_id).decided_by
    assert answer.payload["accepted_reason"] == ATTACH["reason"]
    for name, address in (("dewi", f"/meja/kasus/{case.number}"), ("budi", f"/opd/{case.number}")):
        assert "Diterima oleh meja pengaduan dari karantina" in browser_of(name).get(address).text


def test_the_citizen_does_not_read_why_the_desk_accepted_a_mail(
    dewi: Browser, sari: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    dewi.post(f"{HOME}/{hold(clock, raw=ANSWER)}/lampirkan", number=case.number, **ATTACH)
    page = sari.get(f"/lacak/{case.token}").text
    assert "Sudah kami tambal hari ini." in page
    assert "karantina" not in page


def test_a_held_mail_is_attached_as_the_citizens_words(dewi: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    mail_id = hold(clock)
    dewi.post(f"{HOME}/{mail_id}/lampirkan", number="1", speaker="citizen", reason="Alamat kantor pelapor")
    assert present(case.number).state == "assigned"
    last = events(case.number)[-1]
    assert (last.kind, last.payload["accepted_reason"]) == ("follow_up", "Alamat kantor pelapor")
    assert (mail(mail_id).complaint_id, mail(mail_id).party) == (case.id, "citizen")


def test_a_held_mail_is_attached_as_the_holders_refusal(dewi: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    dewi.post(f"{HOME}/{hold(clock, raw=ANSWER)}/lampirkan", **(ATTACH | {"number": "1", "speaker": "send_back"}))
    assert (present(case.number).state, present(case.number).agency_id) == ("received", None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": ""}, "Tuliskan nomor pengaduannya."),
        ({"number": "BKL-26-99999"}, "Tidak ada pengaduan bernomor “BKL-26-99999”."),
        ({"number": "\0"}, "Tuliskan nomor pengaduannya."),
        ({"number": "9" * 30}, "Tidak ada pengaduan bernomor"),
        ({"speaker": "wali kota"}, "Pilih siapa yang berbicara di surat ini."),
        ({"reason": " "}, "Tuliskan alasannya."),
    ],
)
def test_what_cannot_be_attached_is_said_and_what_was_typed_stays(
    dewi: Browser, opened: OpenCase, clock: FakeClock, changes: dict[str, str], words: str
) -> None:
    case = opened()
    mail_id = hold(clock, raw=ANSWER)
    answer = dewi.post(f"{HOME}/{mail_id}/lampirkan", **({"number": case.number} | ATTACH | changes))
    assert answer.status_code == 422
    assert words in answer.text
    if "reason" not in changes:
        assert ATTACH["reason"] in answer.text
    assert (mail(mail_id).status, present(case.number).events) == (QUARANTINED, case.events)


def test_a_case_whose_state_does_not_allow_it_refuses_in_clear_words(
    dewi: Browser, opened: OpenCase, clock: FakeClock, directory: Directory
) -> None:
    case = opened()
    with transaction() as session:
        row = locked(session, case.id)
        assert row
        reject(session, directory, row, reason="Bukan pengaduan", actor="account:1")
    mail_id = hold(clock, raw=ANSWER)
    answer = dewi.post(f"{HOME}/{mail_id}/lampirkan", number=case.number, **ATTACH)
    assert (answer.status_code, f"{case.number} sudah ditolak." in answer.text) == (422, True)
    assert (mail(mail_id).status, mail(mail_id).decisions) == (QUARANTINED, [])


def test_nobody_answers_for_another_agency_or_before_the_case_was_there(
    dewi: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    early = hold(clock, raw=ANSWER)
    clock.advance(hours=1)
    case = opened()
    refused = dewi.post(f"{HOME}/{early}/lampirkan", number=case.number, **ATTACH)
    assert (refused.status_code, "bukan jawabannya" in refused.text) == (422, True)
    foreign = hold(clock, case.id, "dlh", raw=ANSWER)
    refused = dewi.post(f"{HOME}/{foreign}/lampirkan", number=case.number, **ATTACH)
    assert (refused.status_code, "sedangkan" in refused.text) == (422, True)
    assert present(case.number).state == "assigned"


def test_a_mail_that_says_nothing_cannot_be_attached(dewi: Browser, opened: OpenCase, clock: FakeClock) -> None:
    case = opened()
    empty = hold(clock, raw=b"From: budi@gmail.example\r\n\r\n")
    assert dewi.post(f"{HOME}/{empty}/lampirkan", number=case.number, **ATTACH).status_code == 422


def test_the_form_knows_the_case_and_the_party_that_a_mail_claims(
    dewi: Browser, opened: OpenCase, clock: FakeClock
) -> None:
    case = opened()
    page = dewi.get(f"{HOME}/{hold(clock, case.id, 'pupr')}").text
    assert f'value="{case.number}"' in page
    assert page.partition('value="answer" required')[2].startswith(" checked")


def test_a_held_mail_is_judged_again(dewi: Browser, clock: FakeClock, bell: FakeBell) -> None:
    mail_id = hold(clock)
    dewi.post(f"{HOME}/{mail_id}/ulang")
    assert mail(mail_id).status == STORED
    assert bell.rung == ["worker.jobs.process_mail"]


def test_a_held_mail_is_set_aside_only_with_a_reason_and_comes_back(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    home = f"{HOME}/{mail_id}"
    assert dewi.post(home + "/sisihkan", reason=" ").status_code == 422
    assert dewi.post(home + "/sisihkan", reason="Iklan").status_code == 303
    assert mail(mail_id).status == DISCARDED
    page = dewi.get(home).text
    assert "Iklan" in page
    assert "Pengirim tidak dikenal" in page
    assert dewi.get(home + "/asli").data == MAIL
    assert "Iklan" in dewi.get(HOME + "?lihat=diputuskan").text
    dewi.post(home + "/ulang")  # on a page that was opened before: not what its reader meant
    assert mail(mail_id).status == DISCARDED
    assert dewi.post(home + "/ulang", undo="1").status_code == 303
    process.turn(transaction)
    assert mail(mail_id).status == DONE
    assert [line["act"] for line in mail(mail_id).decisions] == ["discard", "retry"]
    assert len(everything()) == 1


def test_a_flood_is_set_aside_with_one_reason_and_brought_back(dewi: Browser, clock: FakeClock) -> None:
    flood = [hold(clock, sender="banjir@iklan.example") for _ in range(60)]
    other, first = hold(clock), {"q": "banjir@", "newest": str(flood[-1]), "all": "1"}
    late = hold(clock, sender="banjir@iklan.example")
    many = HOME + "/pilihan"
    assert dewi.post(many, act="discard", reason=" ", **first).status_code == 303
    assert mail(flood[0]).status == QUARANTINED
    dewi.post(many, act="discard", reason="Banjir iklan", **first)
    assert {mail(mail_id).status for mail_id in flood} == {DISCARDED}
    assert {mail(other).status, mail(late).status} == {QUARANTINED}
    assert "60 surat disisihkan." in dewi.get(HOME).text
    dewi.post(many, act="retry", mail=[str(flood[0]), str(flood[1])], lihat="diputuskan")
    assert [mail(mail_id).status for mail_id in flood[:3]] == [STORED, STORED, DISCARDED]


def test_ticked_mails_that_are_decided_already_are_counted_as_that(dewi: Browser, clock: FakeClock) -> None:
    one, two = hold(clock), hold(clock)
    dewi.post(f"{HOME}/{one}/pengaduan")
    dewi.get(HOME)
    dewi.post(HOME + "/pilihan", act="retry", mail=[str(one), str(two), "x", "9" * 30, str(10**18)])
    assert (mail(one).status, mail(two).status) == (DONE, STORED)
    assert "1 surat diolah ulang. 2 tidak:" in dewi.get(HOME).text
    assert dewi.post(HOME + "/pilihan", act="retry").status_code == 303
    assert "Pilih dulu suratnya." in dewi.get(HOME).text


def test_a_mail_that_never_was_in_quarantine_is_not_shown_there(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    with transaction() as session:
        session.get_one(type(mail(mail_id)), mail_id).status = DONE
    for address in (mail_id, 9999, 10**30):
        assert dewi.get(f"{HOME}/{address}").status_code == 404
        assert dewi.get(f"{HOME}/{address}/asli").status_code == 404
        assert dewi.post(f"{HOME}/{address}/ulang").status_code == 404


def test_a_mail_still_in_quarantine_is_not_moved_by_time(dewi: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    clock.advance(hours=24 * 30)
    assert f"{HOME}/{mail_id}" in dewi.get(HOME).text
    assert mail(mail_id).received_at == clock.instant - timedelta(days=30)


@pytest.mark.parametrize("name", ["budi", "rina", "hendra", "arif", "fajar"])
def test_nobody_else_reads_or_decides(name: str, browser_of: Callable[[str], Browser], clock: FakeClock) -> None:
    mail_id, browser = hold(clock), browser_of(name)
    for address in (
        HOME,
        f"{HOME}/{mail_id}",
        f"{HOME}/{mail_id}/asli",
        f"{HOME}/{mail_id}/lampiran/1",
        "/meja/cari?q=1",
    ):
        assert browser.get(address).status_code == 403
    refuse_all(browser, mail_id)


def test_the_inspector_reads_and_decides_nothing(browser_of: Callable[[str], Browser], clock: FakeClock) -> None:
    mail_id, ina = hold(clock), browser_of("ina")
    for address in (HOME, f"{HOME}/{mail_id}", f"{HOME}/{mail_id}/asli"):
        assert ina.get(address).status_code == 200
    assert 'name="mail"' not in ina.get(HOME).text
    refuse_all(ina, mail_id)


def refuse_all(browser: Browser, mail_id: int) -> None:
    """Every act is refused, and nothing is changed."""
    for act in (f"{mail_id}/ulang", f"{mail_id}/pengaduan", f"{mail_id}/lampirkan", f"{mail_id}/sisihkan", "pilihan"):
        fields = ATTACH | {"number": "1", "act": "discard", "mail": str(mail_id)}
        assert browser.post(f"{HOME}/{act}", **fields).status_code == 403
    assert (mail(mail_id).status, everything()) == (QUARANTINED, [])


def test_a_stranger_is_asked_to_sign_in(sari: Browser, clock: FakeClock) -> None:
    mail_id = hold(clock)
    for address in (HOME, f"{HOME}/{mail_id}", f"{HOME}/{mail_id}/asli", f"{HOME}/{mail_id}/lampiran/1"):
        assert sari.get(address).location.startswith("/masuk")
