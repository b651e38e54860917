"""An agency that is named in a complaint is spoken for, but the name of a district only says where."""

from service.routing.rules import Facts, decide, make_table, remit


def test_an_agency_that_is_named_gets_the_complaint() -> None:
    words = remit((), "Dinas Sosial", "Dinsos", None)
    table = make_table([("dinsos", "Dinas Sosial", words, None)], {}, {}, None)
    assert decide(table, Facts(text="Kepada Dinas Sosial, nama saya hilang dari daftar.")).agency == "dinsos"
    assert decide(table, Facts(text="kapan dinsos datang")).agency == "dinsos"


def test_the_name_of_a_district_does_not_send_a_complaint_to_its_office() -> None:
    assert remit(("kantor camat",), "Kecamatan Selebar", None, "17.71.01") == ("kantor camat",)
