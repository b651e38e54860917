"""Reading: headers, bodies, attachments, and what the wild makes of them."""

import base64
import struct
from datetime import UTC, datetime

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter, parts


def test_a_plain_letter_is_read_whole():
    read = parse(
        letter(
            "Cc: Budi <Budi@PUPR.test>",
            "Reply-To: sari.lain@surel.test",
            "Delivered-To: lapor+pupr@kota.test",
            "Return-Path: <sari@surel.test>",
            "In-Reply-To: <x@kota.test>",
            "References: <w@kota.test>\r\n <x@kota.test>",
            "Authentication-Results: mx.kota.test; dmarc=pass",
            "Content-Type: text/plain; charset=utf-8",
        )
    )
    assert (read.from_address, read.from_name, read.subject) == ("sari@surel.test", "Sari", "Jalan rusak")
    assert read.to == ("lapor@kota.test",)
    assert read.cc == ("budi@pupr.test",)
    assert read.reply_to == ("sari.lain@surel.test",)
    assert read.delivered_to == ("lapor+pupr@kota.test", "lapor@kota.test", "budi@pupr.test")
    assert read.return_path == "sari@surel.test"
    assert (read.message_id, read.in_reply_to) == ("<sari-1@surel.test>", "<x@kota.test>")
    assert read.references == ("<w@kota.test>", "<x@kota.test>")
    assert read.date == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert read.text.strip() == read.reply_text == "Jalan di depan rumah rusak."
    assert read.authentication_results == ("mx.kota.test; dmarc=pass",)
    assert (read.html, read.attachments, read.auto, read.bulk, read.bounce, read.faults) == (
        None,
        (),
        None,
        None,
        None,
        (),
    )


def test_a_mail_of_nothing_is_kept_with_its_faults():
    read = parse(b"")
    assert read.faults == ("the mail is empty", "no sender")
    assert (read.from_address, read.text, read.date, read.return_path) == ("", "", None, None)


def test_a_mail_without_from_is_kept():
    read = parse(b"Subject: Jalan\r\n\r\nrusak")
    assert (read.from_address, read.text, read.faults) == ("", "rusak", ("no sender",))


def test_an_empty_from_falls_back_to_whoever_can_be_answered():
    read = parse(letter("From: Sari <>", "Reply-To: sari@surel.test"))
    assert (read.from_name, read.from_address) == ("Sari", "sari@surel.test")
    assert "From has no address; Reply-To was taken" in read.faults


def test_a_null_return_path_is_empty_and_not_missing():
    assert parse(letter("Return-Path: <>")).return_path == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?Q?Jalan_rusak_=E2=80=94_parah?=", "Jalan rusak — parah"),
        ("=?utf-8?B?SmFsYW4=?= =?utf-8?B?IHJ1c2Fr?=", "Jalan rusak"),
        ("=?utf-8?Q?=E2=80?=\r\n =?utf-8?Q?=94?=", "—"),  # a character split between two words
        ("=?utf-8*id?Q?Jalan?= rusak", "Jalan rusak"),
        ("=?utf-8?Q?Jalan rusak?=", "Jalan rusak"),
        ("=?iso-8859-1?Q?=93Jalan=94?=", "“Jalan”"),
        ("=?x-unknown-7?Q?Jalan?=", "Jalan"),
        ("=?utf-8?B?SmFsYW4?=", "Jalan"),
        ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        ("Re: =?utf-8?Q?x?=y", "Re: xy"),
        ("Jalan\r\n rusak\r\n\tparah", "Jalan rusak parah"),
        ("=?utf-8?Q?Jalan=0D=0ABcc:_x?=", "Jalan Bcc: x"),
    ],
)
def test_subjects_are_decoded(written, read):
    assert parse(letter(f"Subject: {written}")).subject == read


@pytest.mark.parametrize(
    ("charset", "text"),
    [("utf-8", "Jalan rusak — parah"), ("gb18030", "整体提升企业服务水平"), ("koi8-r", "тест тест"),
     ("cp1251", "привет мир"), ("shift_jis", "こんにちはテスト"), ("cp1252", "“Jalan” – 5 €, 30°C")],
)  # fmt: skip
def test_raw_eight_bit_headers_are_guessed(charset, text):
    assert parse(letter(f"Subject: {text}", charset=charset)).subject == text


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("iso-8859-1", "cp1252", "“Jalan” – 5 €"),
        ("gb2312", "gb18030", "镕基"),
        ("us-ascii", "utf-8", "Jalan — rusak"),
        ("utf-8", "cp1252", "Fröhliche Grüße aus Köln"),
        ("tidak-ada", "utf-8", "Jalan — rusak"),
        ("unicode-1-1-utf-7", "utf-7", "Jalan — rusak"),
        ("ks_c_5601-1987", "cp949", "안녕하세요"),
        ("", "utf-8", "Jalan — rusak"),
        ("base64", "ascii", "Jalan rusak"),
    ],
)
def test_bodies_are_decoded_whatever_charset_they_claim(declared, codec, text):
    content_type = f"Content-Type: text/plain; charset={declared}" if declared else "Content-Type: text/plain"
    assert parse(letter(content_type, body=text.encode(codec))).text == text


def test_iso_2022_jp_with_windows_characters_is_read():
    body = b"\x1b$B-!\x1b(B \x1b$B3t<02q<R\x1b(B"
    assert parse(letter("Content-Type: text/plain; charset=iso-2022-jp", body=body)).text == "① 株式会社"


def test_html_alone_becomes_readable_text():
    html = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>Jalan <b>rusak</b> &amp; gelap</p>"
        "<ul><li>satu<li>dua</ul><a href='https://foto.test/1'>foto</a><table><tr><td>a<td>b</tr></table>"
        "<!-- tidak --><script>alert(1)</script><blockquote>lama</blockquote></body></html>"
    )
    read = parse(letter("Content-Type: text/html; charset=utf-8", body=html))
    assert read.text.split("\n") == [
        "Jalan rusak & gelap", "", "* satu", "* dua", "", "foto (https://foto.test/1)", "", "a  b", "", "> lama",
    ]  # fmt: skip
    assert read.html == html


def test_the_plain_side_of_an_alternative_is_the_text():
    kind, body = parts(
        "Content-Type: text/plain\r\n\r\npolos", "Content-Type: text/html\r\n\r\n<p>hias</p>", kind="alternative"
    )
    read = parse(letter(kind, body=body))
    assert (read.text, read.html, read.attachments) == ("polos", "<p>hias</p>", ())


def test_an_empty_plain_side_gives_way_to_the_html():
    kind, body = parts(
        "Content-Type: text/plain\r\n\r\n \r\n", "Content-Type: text/html\r\n\r\n<p>hias</p>", kind="alternative"
    )
    assert parse(letter(kind, body=body)).text == "hias"


def test_format_flowed_is_joined():
    body = "Jalan di depan \r\nrumah rusak.\r\n> lama \r\n> sekali\r\n-- \r\nSari"
    read = parse(letter("Content-Type: text/plain; format=flowed", body=body))
    assert read.text == "Jalan di depan rumah rusak.\n> lama sekali\n-- \nSari"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="foto jalan.jpg"', "foto jalan.jpg"),
        ("attachment; filename=foto jalan.jpg", "foto jalan.jpg"),
        ("attachment; filename*=utf-8''foto%20%E2%80%94.jpg", "foto —.jpg"),
        ('attachment; filename*0="foto-"; filename*1="jalan.jpg"', "foto-jalan.jpg"),
        ("attachment; filename*0*=utf-8''foto%20; filename*1*=%E2%80%94; filename*2=.jpg", "foto —.jpg"),
        ('attachment; filename="=?utf-8?Q?foto_=E2=80=94.jpg?="', "foto —.jpg"),
        ('attachment; filename="C:\\\\Foto\\\\jalan.jpg"', "jalan.jpg"),
        ('attachment; filename="/etc/passwd"', "passwd"),
        ('attachment; filename="../../x.jpg"', ".._.._x.jpg"),
        ('attachment; filename=".."', "_"),
        ('attachment; filename="foto\u202egpj.exe"', "fotogpj.exe"),
        ("attachment; filename=", ""),
    ],
)
def test_file_names_are_read_and_made_harmless(disposition, name):
    kind, body = parts("\r\nisi", f"Content-Type: image/jpeg\r\nContent-Disposition: {disposition}\r\n\r\nx")
    read = parse(letter(kind, body=body))
    assert [each.filename for each in read.attachments] == [name]
    assert read.text == "isi"


def test_broken_base64_gives_what_can_be_saved():
    coded = base64.b64encode(b"Jalan rusak parah").decode()
    kind, body = parts(
        "\r\nisi",
        f"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded[:8]}*!\r\n{coded[8:].rstrip('=')}",
    )
    read = parse(letter(kind, body=body))
    assert read.attachments[0].content == b"Jalan rusak parah"
    assert "broken base64" in read.faults


def test_a_uuencoded_file_in_the_text_is_an_attachment():
    body = "Terlampir.\r\nbegin 644 catatan.txt\r\n%2F%L86X \r\n`\r\nend\r\nSalam\r\n"
    read = parse(letter(body=body))
    assert [(each.filename, each.content) for each in read.attachments] == [("catatan.txt", b"Jalan")]
    assert read.text.split() == ["Terlampir.", "Salam"]


def test_an_enclosed_mail_is_an_attachment_and_readable_when_nothing_else_is():
    inner = letter("Subject: Aslinya")
    kind, body = parts(b"Content-Type: message/rfc822\r\n\r\n" + inner)
    read = parse(letter(kind, body=body))
    assert read.attachments[0].content_type == "message/rfc822"
    assert read.attachments[0].content == inner.removesuffix(b"\r\n")
    assert "Subject: Aslinya" in read.text
    assert "Jalan di depan rumah rusak." in read.text
    assert read.reply_text == ""


def test_winmail_dat_is_opened():
    def attribute(level, number, kind, value):
        return struct.pack("<BHHI", level, number, kind, len(value)) + value + b"\0\0"

    stream = b"\x78\x9f\x3e\x22\x01\x00"
    stream += attribute(1, 0x800C, 2, b"Isi dari Outlook\0")
    stream += attribute(2, 0x9002, 6, b"\0" * 14)
    stream += attribute(2, 0x8010, 1, b"foto.jpg\0") + attribute(2, 0x800F, 6, b"\xff\xd8data")
    coded = base64.encodebytes(stream).decode()
    read = parse(letter("Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64", body=coded))
    assert [(each.filename, each.content) for each in read.attachments] == [("foto.jpg", b"\xff\xd8data")]
    assert read.text == "Isi dari Outlook"


def test_a_winmail_dat_that_is_none_stays_an_attachment():
    read = parse(letter('Content-Type: application/ms-tnef; name="winmail.dat"', body="rusak"))
    assert [each.filename for each in read.attachments] == ["winmail.dat"]
    assert "winmail.dat cannot be read" in read.faults


def test_calendar_encrypted_and_signed_parts_are_attachments():
    kind, body = parts(
        "\r\nisi",
        "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR",
        "Content-Type: application/pgp-signature; name=signature.asc\r\n\r\nx",
        kind="signed",
    )
    read = parse(letter(kind, body=body))
    assert [each.content_type for each in read.attachments] == ["text/calendar", "application/pgp-signature"]
    assert read.text == "isi"


@pytest.mark.parametrize(
    "raw",
    [
        letter("Content-Type: multipart/mixed", body="--x\r\nContent-Type: text/plain\r\n\r\nisi\r\n--x--\r\n"),
        letter(
            "Content-Type: multipart/mixed; boundary=salah", body="--x\r\nContent-Type: text/plain\r\n\r\nisi\r\n--x--"
        ),
        letter("Content-Type: multipart/mixed; boundary=x", body="--x\r\n\r\nisi"),
        letter("Content-Type: multipart/mixed; boundary=x", body="isi"),
        letter('Content-Type: multipart/mixed; boundary="x "', body="--x \r\n\r\nisi\r\n--x --"),
        letter("Content-Type: multipart/mixed; boundary=x", body="--x\r\n\r\nisi\r\n--x  \r\n\r\n\r\n--x--"),
        letter("Content-Type: text", body="isi"),
        letter("Content-Type: ;;;", body="isi"),
        letter("Content-Transfer-Encoding: aneh", body="isi"),
        b"From nobody Mon Nov 23 12:00:00 2026\r\n" + letter(body="isi"),
        b"\r\n\r\n" + letter(body="isi"),
        b"---- Original email message ----\r\n" + b"Received: x\r\n" + letter(body="isi"),
        letter(body="isi").replace(b"\r\n", b"\r"),
        letter(body="isi").replace(b"\r\n", b"\n"),
        letter(body="isi").replace(b"\r\n", b"\r\r\n"),
        letter(body="isi").replace(b"Subject:", b"Subject :"),
        letter("X-Rusak: ya\r\nbaris tanpa titik dua\r\nX-Lagi: ya", body="isi"),
    ],
)
def test_malformed_letters_are_still_understood(raw):
    read = parse(raw)
    assert (read.text.strip(), read.subject, read.from_address) == ("isi", "Jalan rusak", "sari@surel.test")


@pytest.mark.parametrize(
    "date", ["", "kemarin", "Mon, 99 Nov 2026 99:99:99 +9999", "Fri, 31 Dec 9999 23:59:59 -1200", "1" * 5000]
)
def test_a_date_that_is_none_is_no_date(date):
    assert parse(letter(f"Date: {date}")).date is None


def test_nul_and_surrogates_never_reach_the_database():
    read = parse(
        letter(
            "Subject: a\x00b",
            "Content-Type: text/plain; charset=utf-16",
            body="a\x00b\ud800".encode("utf-16", "surrogatepass"),
        )
    )
    for text in (read.subject, read.text, read.reply_text, *(value for _, value in read.headers)):
        assert "\x00" not in text
        text.encode("utf-8")


def test_message_ids_in_odd_shapes_are_kept():
    assert parse(letter("Message-ID: tanpa-kurung@surel.test")).message_id == "<tanpa-kurung@surel.test>"
    assert parse(letter("Message-ID: <ada spasi@surel.test>")).message_id == "<adaspasi@surel.test>"
    assert parse(letter("Message-ID: ")).message_id == ""
    assert parse(letter("In-Reply-To: pesan Anda <a@kota.test> kemarin")).in_reply_to == "<a@kota.test>"


def test_a_name_with_an_unquoted_comma_stays_whole():
    read = parse(letter("From: Santoso, Budi <budi@pupr.test>"))
    assert (read.from_name, read.from_address) == ("Santoso, Budi", "budi@pupr.test")


def test_several_senders_are_told():
    assert "several senders; the first was taken" in parse(letter("From: a@x.test, b@x.test")).faults


def test_sides_for_other_programs_are_no_attachments():
    kind, body = parts("\r\npolos", "Content-Type: text/x-amp-html\r\n\r\n<html amp4email>", kind="alternative")
    assert parse(letter(kind, body=body)).attachments == ()
