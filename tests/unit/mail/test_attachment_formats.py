"""Attachments, nested parts and broken MIME, as the mail programs of the world write them."""

import base64
import quopri

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter, parts

PHOTO = b"\xff\xd8\xff\xe0 gambar \xff\xd9"


def mixed(*headers: str, content: bytes = PHOTO) -> bytes:
    """A letter with a text and one file that has these headers."""
    coded = base64.encodebytes(content).decode()
    kind, body = parts("\r\nisi", "\r\n".join([*headers, "Content-Transfer-Encoding: base64", "", coded]))
    return letter(kind, body=body)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (("Content-Type: image/jpeg; name=jalan.jpg",), "jalan.jpg"),
        (("Content-Type: image/jpeg", "Content-Disposition: attachment; filename=jalan.jpg"), "jalan.jpg"),
        (("Content-Type: image/jpeg; name=a.jpg", "Content-Disposition: attachment; filename=b.jpg"), "b.jpg"),
        (("Content-Type: image/jpeg; name=jalan.jpg", "Content-Disposition: attachment"), "jalan.jpg"),
        (("Content-Type: "
        "image/jpeg;\r\n\tname*0*=utf-8''%E9%81%93;\r\n\tname*1*=%E8%B7%AF;\r\n\tname*2=.jpg",), "道路.jpg"),
        (("Content-Type: image/jpeg; name*1=b.jpg; name*0=a",), "ab.jpg"),
        (("Content-Type: image/jpeg; name*=iso-8859-1'de'Stra%DFe.jpg",), "Straße.jpg"),
        (("Content-Type: image/jpeg; name*=''jalan%20rusak.jpg",), "jalan rusak.jpg"),
        (("Content-Type: image/jpeg; name=\"=?utf-8?B?6YGT6Lev?=.jpg\"",), "道路.jpg"),
        (("Content-Type: image/jpeg; name==?utf-8?B?6YGT6Lev?=.jpg",), "道路.jpg"),
        (("Content-Type: image/jpeg; name=\"=?utf-8?Q?jalan?=\r\n =?utf-8?Q?_rusak=2Ejpg?=\"",), "jalan rusak.jpg"),
        (("Content-Type: image/jpeg; name=\"jalan \\\"besar\\\".jpg\"",), 'jalan "besar".jpg'),
        (("Content-Type: image/jpeg; name='jalan.jpg'",), "jalan.jpg"),
        (("Content-Type: image/jpeg; NAME=jalan.jpg",), "jalan.jpg"),
        (("Content-Type: image/jpeg; name = jalan.jpg",), "jalan.jpg"),
        (("Content-Type: image/jpeg; name=\"jalan; rusak.jpg\"",), "jalan; rusak.jpg"),
        (("Content-Type: image/jpeg; name=\"jalan.jpg",), "jalan.jpg"),
        (("Content-Type: image/jpeg; name=jalan.jpg;",), "jalan.jpg"),
        (("Content-Type: image/jpeg; name=\"\"; x=y",), ""),
        (("Content-Type: image/jpeg", "Content-Location: https://kota.test/foto/jalan.jpg"), "jalan.jpg"),
        (("Content-Type: image/jpeg", "Content-Disposition: attachment; filename*=UTF-8''jalan%2Ejpg; "
        "filename=x"), "jalan.jpg"),
        (("Content-Type: image/jpeg", "Content-Disposition: inline; filename=\"道路.jpg\""), "道路.jpg"),
        (("Content-Type: image/jpeg", "Content-Disposition: filename=jalan.jpg"), "jalan.jpg"),
        (("Content-Type: image/jpeg",), ""),
    ],
)  # fmt: skip
def test_the_name_of_a_file_is_read_however_it_is_written(headers, name):
    read = parse(mixed(*headers))
    assert [(each.filename, each.content) for each in read.attachments] == [(name, PHOTO)]
    assert read.text == "isi"


def test_a_picture_in_the_html_is_inline_and_known_by_its_id():
    html = "Content-Type: text/html\r\n\r\n<p>Jalan <img src=cid:foto@1></p>"
    picture = "Content-Type: image/png; name=foto.png\r\nContent-ID: <foto@1>\r\nContent-Disposition: inline\r\n\r\nx"
    kind, body = parts(html, picture, kind="related")
    read = parse(letter(kind, body=body))
    assert [(each.filename, each.content_id, each.inline) for each in read.attachments] == [
        ("foto.png", "foto@1", True)
    ]
    assert read.text == "Jalan"


def test_files_are_found_at_every_depth():
    inner_kind, inner = parts(
        "\r\npolos", "Content-Type: text/html\r\n\r\n<p>hias</p>", kind="alternative", boundary="c"
    )
    picture = "Content-Type: image/png; name=foto.png\r\n\r\nx"
    related_kind, related = parts(inner_kind.encode() + b"\r\n\r\n" + inner, picture, kind="related", boundary="b")
    file = "Content-Type: application/pdf; name=surat.pdf\r\nContent-Disposition: attachment\r\n\r\ny"
    kind, body = parts(related_kind.encode() + b"\r\n\r\n" + related, file, "\r\nkaki surat dari milis", boundary="a")
    read = parse(letter(kind, body=body))
    assert [each.filename for each in read.attachments] == ["foto.png", "surat.pdf"]
    assert read.text == "polos\n\nkaki surat dari milis"


def test_a_text_that_is_attached_is_a_file_and_no_words():
    file = "Content-Type: text/plain; name=catatan.txt\r\nContent-Disposition: attachment\r\n\r\nrahasia"
    kind, body = parts("\r\nisi", file)
    read = parse(letter(kind, body=body))
    assert (read.text, [each.filename for each in read.attachments]) == ("isi", ["catatan.txt"])


def test_a_mail_that_is_a_file_and_nothing_else_is_kept():
    read = parse(
        letter('Content-Type: application/pdf; name="surat.pdf"', "Content-Transfer-Encoding: base64",
               body=base64.encodebytes(PHOTO))
    )  # fmt: skip
    assert (read.text, [(each.filename, each.content) for each in read.attachments]) == ("", [("surat.pdf", PHOTO)])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "smime.p7m"),
        ("application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m", "smime.p7m"),
    ],
)
def test_an_encrypted_mail_is_kept_as_a_file(kind, name):
    read = parse(letter(f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", body=base64.encodebytes(PHOTO)))
    assert [(each.filename, each.content) for each in read.attachments] == [(name, PHOTO)]


def test_the_parts_of_a_pgp_mail_are_kept():
    kind, body = parts(
        "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
        "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n",
        kind="encrypted; protocol=application/pgp-encrypted",
    )
    read = parse(letter(kind, body=body))
    assert [each.content_type for each in read.attachments] == ["application/pgp-encrypted", "application/octet-stream"]


def test_an_invitation_is_a_file_also_as_one_side_of_an_alternative():
    kind, body = parts(
        "\r\nUndangan rapat",
        "Content-Type: text/calendar; method=REQUEST; name=undangan.ics\r\n\r\nBEGIN:VCALENDAR",
        kind="alternative",
    )
    read = parse(letter(kind, body=body))
    assert (read.text, [each.filename for each in read.attachments]) == ("Undangan rapat", ["undangan.ics"])


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_an_enclosed_mail_keeps_its_bytes(encoding):
    inner = letter("Subject: Aslinya")
    coded = {"7bit": inner, "base64": base64.encodebytes(inner), "quoted-printable": quopri.encodestring(inner)}[
        encoding
    ]
    head = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    kind, body = parts("\r\nLihat terlampir.", head + coded)
    read = parse(letter(kind, body=body))
    assert read.text == "Lihat terlampir."
    assert [each.content_type for each in read.attachments] == ["message/rfc822"]
    assert b"Subject: Aslinya" in read.attachments[0].content


def test_a_digest_is_read_as_mails():
    kind, body = parts(b"\r\n" + letter("Subject: Satu"), b"\r\n" + letter("Subject: Dua"), kind="digest")
    assert [each.content_type for each in parse(letter(kind, body=body)).attachments] == ["message/rfc822"] * 2


@pytest.mark.parametrize("encoding", ["x-uuencode", "uuencode", "X-UUE"])
def test_a_uuencoded_part_is_decoded(encoding):
    coded = "begin 644 x.txt\r\n%2F%L86X \r\n`\r\nend\r\n"
    head = f"Content-Type: application/octet-stream; name=x.txt\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    kind, body = parts("\r\nisi", head + coded)
    assert [each.content for each in parse(letter(kind, body=body)).attachments] == [b"Jalan"]


@pytest.mark.parametrize(
    "line", ["begin 644 x", "Begin 644 jalan.txt", "begin dari sini", "begin 644", "> begin 644 x.txt", "end"]
)
def test_words_about_a_beginning_are_no_file(line):
    body = f"Kami minta\r\n{line}\r\ndan seterusnya.\r\nend of letter\r\n"
    read = parse(letter(body=body))
    assert read.attachments == ()
    assert line in read.text


ENTITY = "Content-Type: image/png; name=foto.png\r\n\r\nx"
BROKEN = {
    "no closing boundary": f"--b\r\n\r\nisi\r\n--b\r\n{ENTITY}\r\n",
    "an end in the middle of a part": f"--b\r\n\r\nisi\r\n--b\r\n{ENTITY}",
    "an empty part": f"--b\r\n\r\nisi\r\n--b\r\n\r\n--b\r\n{ENTITY}\r\n--b--\r\n",
    "text before and after": f"pembuka\r\n--b\r\n\r\nisi\r\n--b\r\n{ENTITY}\r\n--b--\r\npenutup\r\n",
    "white space after boundaries": f"--b  \r\n\r\nisi\r\n--b\t\r\n{ENTITY}\r\n--b-- \r\n",
    "a boundary that only begins alike": f"--b\r\n\r\nisi\r\n--b\r\n{ENTITY}\r\n--b-lain\r\n--b--\r\n",
    "bare LF": f"--b\r\n\r\nisi\r\n--b\r\n{ENTITY}\r\n--b--\r\n".replace("\r\n", "\n"),
    "LF and CRLF mixed": f"--b\n\r\nisi\r\n--b\n{ENTITY}\r\n--b--\n",
    "an end, and parts behind it": f"--b\r\n\r\nisi\r\n--b\r\n{ENTITY}\r\n--b--\r\n--b\r\n\r\nlagi\r\n--b--\r\n",
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize(
    "declared", ["boundary=b", 'boundary="b"', "boundary=b; x=y", "charset=utf-8;\r\n boundary=b", ""]
)
def test_parts_are_found_in_spite_of(fault, declared):
    read = parse(letter(f"Content-Type: multipart/mixed; {declared}", body=BROKEN[fault]))
    assert read.text.strip() == "isi"
    assert [each.filename for each in read.attachments] == ["foto.png"]


@pytest.mark.parametrize(
    "header",
    [
        "Subject : Jalan rusak",
        "SUBJECT: Jalan rusak",
        "Subject:Jalan rusak",
        "Subject:\tJalan rusak ",
        "Subject:\r\n Jalan rusak",
        "Subject: Jalan\r\n\trusak",
        "Subject: Jalan rusak\r\nSubject: lain",
    ],
)
def test_a_header_is_read_however_it_is_spaced(header):
    raw = letter("Subject: @", body="isi").replace(b"Subject: @", header.encode())
    assert parse(raw).subject == "Jalan rusak"


def test_a_mail_with_bare_cr_in_its_text_keeps_its_headers():
    read = parse(letter(body="satu\rdua\rtiga"))
    assert (read.subject, read.text) == ("Jalan rusak", "satu\ndua\ntiga")
