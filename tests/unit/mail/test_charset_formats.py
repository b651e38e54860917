"""Text in the charsets found in the wild, rightly named, wrongly named and not named."""

import base64
import quopri

import pytest

from service.mail.parse import parse
from tests.unit.mail.letters import letter, parts

JAPANESE = "東京都の道路が壊れています。よろしくお願いします。"
CHINESE = "市民投诉：道路损坏，请尽快修理。谢谢。"
TAIWANESE = "市民投訴：道路損壞，請儘快修理。謝謝。"
KOREAN = "도로가 파손되었습니다. 빨리 수리해 주세요."
RUSSIAN = "Дорога разбита, прошу отремонтировать."
GERMAN = "Die Straße ist beschädigt – bitte „schnell“ reparieren. Grüße"


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("GB18030", "gb18030", CHINESE + "㐀𠀀"),
        ("gb2312", "gb18030", CHINESE + "镕"),
        ("x-gbk", "gbk", CHINESE),
        ("hz-gb-2312", "hz", CHINESE),
        ("big5", "cp950", TAIWANESE),
        ("Big5-HKSCS", "big5hkscs", TAIWANESE),
        ("iso-2022-jp", "iso2022_jp", JAPANESE),
        ("ISO-2022-JP-MS", "iso2022_jp", JAPANESE),
        ("cp932", "cp932", JAPANESE + "①㈱髙"),
        ("shift_jis", "cp932", JAPANESE + "①㈱髙"),
        ("x-sjis", "cp932", JAPANESE),
        ("euc-jp", "euc_jp", JAPANESE),
        ("euc-kr", "cp949", KOREAN + "똠"),
        ("ks_c_5601-1987", "cp949", KOREAN),
        ("koi8-r", "koi8_r", RUSSIAN),
        ("KOI8-U", "koi8_u", RUSSIAN),
        ("windows-1251", "cp1251", RUSSIAN),
        ("cp-1251", "cp1251", RUSSIAN),
        ("iso-8859-5", "iso8859_5", RUSSIAN),
        ("latin-1", "cp1252", GERMAN),
        ("ISO-8859-1", "cp1252", GERMAN),
        ("windows1252", "cp1252", GERMAN),
        ("x-ansi", "cp1252", GERMAN),
        ("macintosh", "mac_roman", GERMAN),
        ("utf-7", "utf-7", GERMAN),
        ("unicode-1-1-utf-7", "utf-7", GERMAN),
        ("UTF8", "utf-8", GERMAN),
        ("utf-8; format=flowed", "utf-8", GERMAN),
        ("utf-16", "utf-16", GERMAN),
        ("utf-16le", "utf-16-le", GERMAN),
        ("iso-8859-15", "iso8859_15", "5 € — bukan 5".replace("—", "-")),
        ("windows-874", "cp874", "ถนนชำรุด"),
        ("tis-620", "cp874", "ถนนชำรุด"),
        ("windows-1256", "cp1256", "الطريق مكسور"),
        ("iso-8859-6", "iso8859_6", "الطريق مكسور"),
        ("iso-8859-8-i", "iso8859_8", "הכביש שבור"),
        ("windows-1258", "cp1258", "Đường hỏng".replace("ườ", "uo").replace("ỏ", "o")),
    ],
)
def test_a_named_charset_is_read(declared, codec, text):
    body = quopri.encodestring(text.encode(codec))
    read = parse(
        letter(
            f"Content-Type: text/plain; charset={declared}", "Content-Transfer-Encoding: quoted-printable", body=body
        )
    )
    assert read.text.strip() == text
    assert read.faults == ()


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", GERMAN),
        ("gb18030", CHINESE * 3),
        ("cp950", TAIWANESE * 3),
        ("cp932", JAPANESE * 3),
        ("euc_jp", JAPANESE * 3),
        ("cp949", KOREAN * 3),
        ("koi8_r", RUSSIAN * 3),
        ("cp1251", RUSSIAN * 3),
        ("iso2022_jp", JAPANESE),
        ("cp1252", GERMAN),
        ("utf-8-sig", GERMAN),
        ("utf-16", GERMAN),
    ],
)
@pytest.mark.parametrize("declared", ["", "us-ascii", "unknown-8bit", "x-tidak-ada"])
def test_a_charset_that_is_not_named_is_guessed(declared, codec, text):
    kind = f"Content-Type: text/plain; charset={declared}" if declared else "X-Tanpa: charset"
    read = parse(letter(kind, "Content-Transfer-Encoding: base64", body=base64.encodebytes(text.encode(codec))))
    assert read.text == text


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [("utf-8", "cp1252", GERMAN), ("utf-8", "gb18030", CHINESE * 3), ("iso-2022-jp", "utf-8", JAPANESE),
     ("us-ascii", "iso2022_jp", JAPANESE), ("gb2312", "utf-8", CHINESE), ("shift_jis", "utf-8", JAPANESE)],
)  # fmt: skip
def test_a_charset_that_is_wrongly_named_is_seen_through(declared, codec, text):
    assert parse(letter(f"Content-Type: text/plain; charset={declared}", body=text.encode(codec))).text == text


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "utf-8"), ("gb18030", "GB2312"), ("iso2022_jp", "iso-2022-jp"), ("cp932", "shift_jis"),
     ("koi8_r", "koi8-r")],
)  # fmt: skip
@pytest.mark.parametrize("kind", "BbQ")
def test_a_character_may_be_split_between_two_encoded_words(kind, codec, name):
    text = RUSSIAN if codec == "koi8_r" else JAPANESE if "jp" in codec or codec == "cp932" else CHINESE
    data = text.encode(codec)
    pieces = [data[start : start + 13] for start in range(0, len(data), 13)]
    words = [
        f"=?{name}?{kind}?{base64.b64encode(piece).decode()}?=" if kind in "Bb"
        else f"=?{name}?{kind}?" + "".join(f"={byte:02X}" for byte in piece) + "?="
        for piece in pieces
    ]  # fmt: skip
    assert parse(letter("Subject: " + "\r\n ".join(words))).subject == text


@pytest.mark.parametrize(
    ("codec", "text"),
    [("koi8_r", RUSSIAN), ("cp1251", RUSSIAN), ("gb18030", CHINESE), ("cp932", JAPANESE), ("cp949", KOREAN),
     ("utf-8", GERMAN), ("iso2022_jp", JAPANESE), ("euc_jp", JAPANESE)],
)  # fmt: skip
def test_a_header_in_raw_bytes_is_guessed(codec, text):
    raw = letter(body="isi").replace(b"Subject: Jalan rusak", b"Subject: " + text.encode(codec))
    assert parse(raw).subject == text


def test_a_letter_of_no_charset_at_all_is_not_made_up_in_a_header():
    raw = letter("From: M@ller <m@surel.test>", body="isi").replace(b"M@", b"M\xfc").replace(b"rusak", b"r\xfcsak")
    read = parse(raw)
    assert (read.subject, read.from_name) == ("Jalan r\ufffdsak", "M\ufffdller")
    assert "8-bit text without a charset" in read.faults


def test_a_header_in_raw_bytes_is_in_the_charset_that_the_mail_names_elsewhere():
    for name, codec, subject in (("iso-8859-2", "iso8859_2", "Łódź"), ("iso-8859-1", "latin-1", "Grüße")):
        raw = letter(f"Content-Type: text/plain; charset={name}", body="isi")
        assert parse(raw.replace(b"Jalan rusak", subject.encode(codec))).subject == subject


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?UTF-8?Q?Jalan?= =?UTF-8?Q?_rusak?=", "Jalan rusak"),
        ("=?UTF-8?Q?Jalan?=  rusak", "Jalan  rusak"),
        ("=?UTF-8?B?SmFsYW4=?==?UTF-8?B?IHJ1c2Fr?=", "Jalan rusak"),
        ("=?UTF-8?Q?Jalan?=\r\n\t=?UTF-8?B?IHJ1c2Fr?=", "Jalan rusak"),
        ("=?utf-8?Q?Jalan_=E2=80=94?= =?iso-8859-1?Q?_rusak?=", "Jalan — rusak"),
        ("=?UTF-8?B?SmFsYW4g4oCU?", "=?UTF-8?B?SmFsYW4g4oCU?"),
        ("=?UTF-8?X?SmFsYW4?=", "=?UTF-8?X?SmFsYW4?="),
        ("=?UTF-8?Q??=", ""),
        ("=?UTF-8?B?SmFs YW4=?=", "Jalan"),
        ('"=?UTF-8?Q?Jalan?="', '"Jalan"'),
        ("=?tidak-ada?B?SmFsYW4=?=", "Jalan"),
        ("=?utf-8?B?!!!!?=", ""),
        ("=?utf-8?Q?Jalan=ZZ?=", "Jalan=ZZ"),
    ],
)
def test_encoded_words_are_read_as_they_are_meant(written, subject):
    assert parse(letter(f"Subject: {written}")).subject == subject


def test_an_encoded_name_keeps_its_comma():
    read = parse(letter("From: =?utf-8?Q?Santoso=2C_Budi?= <budi@pupr.test>"))
    assert (read.from_name, read.from_address) == ("Santoso, Budi", "budi@pupr.test")


def test_html_says_its_charset_itself():
    html = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head>' + RUSSIAN
    assert parse(letter("Content-Type: text/html", body=html.encode("koi8_r"))).text == RUSSIAN


def test_each_part_is_in_its_own_charset():
    kind, body = parts(
        b"Content-Type: text/plain; charset=koi8-r\r\n\r\n" + RUSSIAN.encode("koi8_r"),
        b"Content-Type: text/plain; charset=shift_jis\r\n\r\n" + JAPANESE.encode("cp932"),
    )
    assert parse(letter(kind, body=body)).text == f"{RUSSIAN}\n\n{JAPANESE}"
