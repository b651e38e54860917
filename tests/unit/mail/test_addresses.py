"""Addresses: read from headers, checked, tagged."""

import pytest

from service.mail.addresses import is_address, normalise, read_list, split_tag, with_tag


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Sari <s@surel.test>, "Budi, Pak" <b@pupr.test>', [("Sari", "s@surel.test"), ("Budi, Pak", "b@pupr.test")]),
        ("sari@surel.test (Sari (dari Pagar Dewa))", [("Sari (dari Pagar Dewa)", "sari@surel.test")]),
        ("undisclosed-recipients:;", []),
        ("OPD: a@kota.test, b@kota.test;", [("", "a@kota.test"), ("", "b@kota.test")]),
        ("<@relay.test,@mx.test:sari@surel.test>", [("", "sari@surel.test")]),
        ("Sari sari@surel.test", [("Sari", "sari@surel.test")]),
        ("<mailto:sari@surel.test>", [("", "sari@surel.test")]),
        ("s@surel.test, <b@pupr.test, r@dinkes.test>", [("", f"{x}.test") for x in ("s@surel", "b@pupr", "r@dinkes")]),
        ('"sari@lain.test" <sari@surel.test>', [("sari@lain.test", "sari@surel.test")]),
        ("", []),
    ],
)  # fmt: skip
def test_addresses_are_read_as_people_meant_them(value, expected):
    assert read_list(value) == expected


def test_a_tag_is_split_off_and_put_on_again():
    assert split_tag("lapor+pupr@kota.test") == ("lapor@kota.test", "pupr")
    assert split_tag("lapor@kota.test") == ("lapor@kota.test", "")
    assert split_tag("+pupr@kota.test") == ("+pupr@kota.test", "")
    assert split_tag("bukan alamat") == ("bukan alamat", "")
    assert split_tag("lapor+a+b@kota.test") == ("lapor@kota.test", "a+b")
    assert with_tag("lapor@kota.test", "pupr") == "lapor+pupr@kota.test"
    assert with_tag("lapor@kota.test", "") == "lapor@kota.test"


def test_a_tag_that_would_spoil_the_address_is_refused():
    with pytest.raises(ValueError, match="not an address"):
        with_tag("lapor@kota.test", "a b>\r\nBcc: x")


@pytest.mark.parametrize("text", ["sari@surel.test", "a.b+c@d-e.co.id", "x_1%y@a.b"])
def test_plain_addresses_are_accepted(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "sari", "sari@", "@surel.test", "sari@localhost", "a b@c.test", "a@b..test", "a@b.test\n", "<a@b.test>",
     "a@@b.test", ".a@b.test", "a.@b.test", "a@-b.test", "a" * 65 + "@b.test", "a@" + "b." * 130 + "test", "é@b.test"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(text):
    assert not is_address(text)


def test_addresses_are_compared_in_lower_case_without_brackets():
    assert normalise(" <Sari@Surel.TEST>. ") == "sari@surel.test"
