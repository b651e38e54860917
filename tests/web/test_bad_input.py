"""Whatever is sent: a clear page, nothing lost, never a 500."""

import io
from typing import Any

import pytest

from service.agencies.directory import Directory
from service.web.limits import limiter
from service.web.public.parsing import MOST_TEXT
from tests.web.conftest import Browser, OpenCase, everything
from tests.web.test_form import photo

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_a_form_without_text_comes_back_with_everything_else(sari: Browser) -> None:
    answer = sari.post(
        "/", text="  ", category="jalan", area="17.71.01.1001", place="dekat pasar", name="Sari", anonymous="1"
    )
    assert answer.status_code == 422
    assert "Tuliskan apa yang terjadi" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="jalan" selected' in answer.text
    assert 'value="17.71.01.1001" selected' in answer.text
    assert 'value="dekat pasar"' in answer.text
    assert everything() == []


def test_a_text_that_is_too_long_comes_back_whole(sari: Browser) -> None:
    text = "a" * (MOST_TEXT + 1)
    answer = sari.post("/", text=text)
    assert answer.status_code == 422
    assert text in answer.text


def test_ten_megabytes_of_text_get_a_clear_page(sari: Browser) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
    body = head + b"a" * 10_000_000 + b"\r\n--x--\r\n"
    answer = sari.open("/", method="POST", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert "terlalu besar" in answer.text


def test_of_thirty_photos_ten_are_kept_and_the_words_with_them(sari: Browser) -> None:
    photos = [(io.BytesIO(photo(f"#{number:02x}0000")), f"{number}.jpg") for number in range(30)]
    answer = sari.post("/", text="Lihat fotonya.", files=photos)
    assert answer.status_code == 422
    assert "Paling banyak 10 berkas" in answer.text
    assert "Lihat fotonya." in answer.text
    assert answer.text.count('name="kept"') == 10


def test_files_that_were_kept_go_with_the_next_try(sari: Browser) -> None:
    answer = sari.post("/", text="", files=[(io.BytesIO(photo()), "bukti.jpg")])
    kept = answer.text.split('name="kept"')[1].split('value="')[1].split('"')[0]
    page = sari.get(sari.post("/", text="Ini buktinya.", kept=kept).location.replace("terima", "lacak"))
    assert page.text.count("<img") == 1


def test_words_that_we_did_not_sign_are_no_kept_file(sari: Browser) -> None:
    answer = sari.post("/", text="Ini buktinya.", kept='["deadbeef","x.jpg","image/jpeg",1].forged')
    assert answer.status_code == 303
    assert "<img" not in sari.get(answer.location.replace("terima", "lacak")).text


def test_a_pdf_named_jpg_is_kept_as_a_pdf(sari: Browser) -> None:
    answer = sari.post("/", text="Surat edaran.", files=[(io.BytesIO(PDF), "foto.jpg")])
    page = sari.get(answer.location.replace("terima", "lacak")).text
    assert '<span class="document">PDF</span>' in page


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 program", b"\xff\xd8\xff\xe0 broken", b"<svg onload=alert(1)>"])
def test_a_file_that_may_not_be_kept_is_refused_at_its_field(sari: Browser, content: bytes) -> None:
    answer = sari.post("/", text="Tolong.", files=[(io.BytesIO(content), "x.jpg")])
    assert answer.status_code == 422
    assert 'id="files-fault"' in answer.text
    assert "Tolong." in answer.text


@pytest.mark.parametrize("token", ["", "wrong", "IjEi.aaaa.bbbb"])
def test_a_wrong_token_shows_the_form_again_with_everything_typed(sari: Browser, token: str) -> None:
    answer = sari.post(
        "/", csrf_token=token, text="Jalan rusak parah.", name="Sari", files=[(io.BytesIO(photo()), "a.jpg")]
    )
    assert answer.status_code == 400
    assert "Pengaduan belum terkirim" in answer.text
    assert "Jalan rusak parah." in answer.text
    assert 'value="Sari"' in answer.text
    assert 'name="kept"' in answer.text
    assert everything() == []


def test_a_form_without_any_token_is_no_error_of_ours(sari: Browser) -> None:
    assert sari.open("/", method="POST", data={"text": "Halo"}).status_code == 400


def test_too_many_complaints_from_one_address_keep_what_was_typed(sari: Browser) -> None:
    limiter.enabled = True
    token, environ = sari.token(), {"REMOTE_ADDR": "203.0.113.7"}
    answers = [
        sari.open("/", method="POST", data={"csrf_token": token, "text": f"Keluhan {n}"}, environ_base=environ)
        for n in range(61)
    ]
    assert {answer.status_code for answer in answers[:60]} == {303}
    assert answers[60].status_code == 429
    assert "Keluhan 60" in answers[60].text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"category": "tidak-ada"}, "category"),
        ({"area": "99.99"}, "area"),
        ({"email": "bukan alamat"}, "email"),
        ({"email": "a@b.c\r\nBcc: x@y.id"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"name": "a" * 200}, "name"),
        ({"place": "a" * 400}, "place"),
    ],
)
def test_a_wrong_field_is_named_and_the_rest_stays(sari: Browser, fields: dict[str, Any], field: str) -> None:
    answer = sari.post("/", text="Jalan rusak parah.", **fields)
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert "Jalan rusak parah." in answer.text


@pytest.mark.parametrize("text", ["a\0b", "\0", "\x1b[31m", "\u202e\u200b?"])
def test_strange_characters_break_nothing(sari: Browser, text: str) -> None:
    assert sari.post("/", text=text, name=text, place=text).status_code in (303, 422)


def test_bytes_that_are_no_text_break_nothing(sari: Browser) -> None:
    body = b"csrf_token=" + sari.token().encode() + b"&text=%FF%FE%00hai&name=%ED%A0%80"
    answer = sari.open("/", method="POST", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_no_form_gets_the_form(sari: Browser, kind: str) -> None:
    answer = sari.open("/", method="POST", data=b"{\x00", content_type=kind)
    assert answer.status_code == 400
    assert "<form" in answer.text


@pytest.mark.parametrize(
    "address",
    ["/lacak/%00", "/terima/" + "x" * 3000, "/opd/kasus/%00.x", "/opd/kasus/a.b.c", "/lacak/x/berkas/" + "9" * 20,
     "/tidak-ada", "/static/../setup.py"],
)  # fmt: skip
def test_a_strange_address_is_a_clear_404(sari: Browser, address: str, directory: Directory) -> None:
    answer = sari.get(address)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_an_empty_database_says_what_is_missing(sari: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.agencies import directory as directories

    def none(_session: object) -> None:
        raise directories.NoPresetError("no preset")

    monkeypatch.setattr(directories, "current", none)
    answer = sari.get("/")
    assert answer.status_code == 503
    assert "flask preset load" in answer.text


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_a_number_that_no_column_holds_names_nothing(
    sari: Browser, dewi: Browser, opened: OpenCase, number: int
) -> None:
    case = opened()
    assert sari.get(f"/lacak/{case.token}/berkas/{number}").status_code == 404
    assert dewi.get(f"/meja/kasus/{case.number}/berkas/{number}").status_code == 404
    assert dewi.get(f"/meja/karantina/{number}").status_code == 404
    assert dewi.post(f"/meja/surat-gagal/{number}/ulang").status_code == 404
