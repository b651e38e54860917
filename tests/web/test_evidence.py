"""Taking the evidence of a case away."""

import io
import json
import zipfile
from collections.abc import Callable

from service.agencies.directory import Directory
from service.evidence import verifier
from tests.web.conftest import Browser, OpenCase
from tests.web.test_agency import move

BrowserOf = Callable[[str], Browser]
NIK = "Nama saya Sari, NIK 1771010101010001."


def test_the_inspector_takes_the_evidence_of_any_case(browser_of: BrowserOf, opened: OpenCase, tmp_path) -> None:
    case, ina = opened(NIK), browser_of("ina")
    assert f"/meja/kasus/{case.number}/bukti" in ina.get(f"/meja/kasus/{case.number}").text
    answer = ina.get(f"/meja/kasus/{case.number}/bukti")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=bukti-{case.number}.zip"
    (tmp_path / "x.zip").write_bytes(answer.data)
    assert verifier.faults(str(tmp_path / "x.zip")) == []
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert NIK in archive.read("messages.jsonl").decode()
        assert not any(name.startswith("mails/") for name in archive.namelist())


def test_a_head_takes_that_of_an_own_case_without_what_the_agency_does_not_see(
    browser_of: BrowserOf, opened: OpenCase, tmp_path
) -> None:
    case, hendra = opened(NIK), browser_of("hendra")
    assert f"/opd/{case.number}/bukti" in hendra.get(f"/opd/{case.number}").text
    answer = hendra.get(f"/opd/{case.number}/bukti")
    (tmp_path / "x.zip").write_bytes(answer.data)
    assert verifier.faults(str(tmp_path / "x.zip")) == []
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert json.loads(archive.read("messages.jsonl"))["text"] is None
        assert all(b"1771010101010001" not in archive.read(name) for name in archive.namelist())


def test_no_head_takes_that_of_another_agencys_case(
    browser_of: BrowserOf, opened: OpenCase, directory: Directory
) -> None:
    case, hendra = opened(), browser_of("hendra")
    assert hendra.get(f"/opd/{opened('Sampah menumpuk.', 'sampah').number}/bukti").status_code == 404
    move(directory, case, "dlh")
    assert hendra.get(f"/opd/{case.number}/bukti").status_code == 404
    assert "/bukti" not in hendra.get(f"/opd/{case.number}").text
    assert hendra.get("/opd/BKL-26-09999/bukti").status_code == 404
    assert hendra.get("/opd/a%00b/bukti").status_code == 404


def test_officers_and_the_desk_see_no_way_to_it(browser_of: BrowserOf, opened: OpenCase) -> None:
    case = opened()
    assert "/bukti" not in browser_of("budi").get(f"/opd/{case.number}").text
    assert "/bukti" not in browser_of("dewi").get(f"/meja/kasus/{case.number}").text
