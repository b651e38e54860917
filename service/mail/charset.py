"""Bytes → text, whatever charset they claim, wrongly claim or do not claim at all."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import charset_normalizer

MAX_GUESSES = 12  # a guess costs tens of milliseconds; a mail may bring thousands of parts
_GUESS_BYTES = 8192
_SEARCHED = 200_000
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")

# Names in use that Python does not know, and names that stand for a smaller set than what is really sent under them.
_MEANT = {
    "latin-1": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "l1": "cp1252",
    "us-ascii-8bit": "cp1252", "ansi": "cp1252", "x-ansi": "cp1252", "windows-1252http-equivcontent-type": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb-2312": "gb18030", "gb2312_charset": "gb18030",
    "euc-cn": "gb18030", "hz-gb-2312": "hz", "big5": "cp950", "big-5": "cp950", "x-big5": "cp950",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "ks-c-5601-1987": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "x-shift-jis": "cp932",
    "windows-31j": "cp932", "x-ms-cp932": "cp932", "x-euc-jp": "euc-jp", "cp50220": "iso-2022-jp",
    "x-unicode-2-0-utf-7": "utf-7", "unicode-1-1-utf-7": "utf-7", "unicode-2-0-utf-7": "utf-7", "x-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8", "utf-8mb4": "utf-8", "utf8mb4": "utf-8", "x-utf-8": "utf-8",
    "macintosh": "mac-roman", "x-mac-roman": "mac-roman", "x-macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic",
    "iso-8859-8-e": "iso-8859-8", "win-1251": "cp1251", "x-cp1251": "cp1251", "x-cp1252": "cp1252",
}  # fmt: skip
_UNSAID = frozenset(
    {"", "us-ascii", "ascii", "7bit", "8bit", "unknown-8bit", "x-unknown", "unknown", "default", "binary", "utf-16?",
     "default_charset", "charset", "iso-646-us", "ansi_x3.4-1968", "ansi_x3.110-1983", "none", "x-user-defined"}
)  # fmt: skip
_GUESSABLE = [
    "cp1252", "cp1251", "koi8_r", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1250", "cp1253", "cp1254",
    "cp1255", "cp1256", "cp874", "iso8859_2",
]  # fmt: skip
# In UTF-7, HZ and UTF-16 bytes below 0x80 can mean something else than ASCII; in these they cannot.
_LIKE_ASCII = frozenset({"", *(codecs.lookup(name).name for name in ["utf-8", "ascii", "iso8859-15", *_GUESSABLE])})
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_JIS_SHIFT = re.compile(rb"\x1b(\$[@B]|\$\([@BD]|\([BJIH])")
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(")


@lru_cache(maxsize=256)
def known(declared: str) -> str:
    """The Python codec meant by a charset name, "" when none is named or the name means nothing to us."""
    name = declared.strip().strip("\"'").lower().replace(" ", "")
    if "*" in name:  # RFC 2231 language suffix
        name = name.partition("*")[0]
    if name in _UNSAID:
        return ""
    name = _MEANT.get(name, name)
    for candidate in (name, re.sub(r"^(?:x-|cs|iso-)", "", name), re.sub(r"^(?:windows|win|cp)[-_]?", "cp", name)):
        try:
            info = codecs.lookup(_MEANT.get(candidate, candidate))
        except (LookupError, ValueError):
            continue
        # "base64" or "rot13" are codecs too, but not from bytes to text.
        if getattr(info, "_is_text_encoding", True) and info.name not in ("idna", "punycode", "undefined", "mbcs"):
            return _MEANT.get(info.name, info.name)
    return ""


class TextDecoder:
    """Decodes the texts of one mail. `hint` is the charset the mail named elsewhere: a good first guess.

    Every wrong claim is appended to `faults` (once each).
    """

    def __init__(self, faults: list[str]) -> None:
        self.hint = ""
        self._faults = faults
        self._guesses = 0

    def decode(self, data: bytes, declared: str = "") -> str:
        """The text, without NUL, byte-order mark and lone surrogates. Never raises."""
        if data.isascii() and b"\x1b" not in data and b"\x00" not in data and known(declared) in _LIKE_ASCII:
            return data.decode("ascii")  # nearly all mail
        return clean(self._decode(data, declared))

    def _decode(self, data: bytes, declared: str) -> str:
        codec = known(declared)
        if declared and not codec and declared.strip().lower() not in _UNSAID:
            self._fault(f"unknown charset {declared[:40]!r}")
        for mark, name in _MARKS:
            if data.startswith(mark):
                return data.decode(name, "replace")
        if codec == "iso2022_jp" or (not codec and data[:65536].count(b"\x1b") and any(e in data for e in _ESCAPES)):
            return _iso_2022_jp(data)
        if codec:
            text = _strict(data, codec)
            if text is not None:
                return text
            self._fault(f"text is not in the charset it names ({declared[:40]})")
        return self._undeclared(data, codec)

    def _undeclared(self, data: bytes, wrong: str) -> str:
        text = _strict(data, "utf-8")
        if text is not None:
            return text
        if wrong:
            text = data.decode(wrong, "replace")
            if text.count("\ufffd") <= max(2, len(text) // 100):
                return text
        if self.hint not in ("", "cp1252", wrong):
            text = data.decode(self.hint, "replace")
            if text.count("\ufffd") * 20 <= len(text):
                return text
        mostly = data.decode("utf-8", "replace")
        if mostly.count("\ufffd") * 20 < sum(char > "\x7f" for char in mostly[:20000]):
            return mostly
        return _strict(data, self._guess(data)) or data.decode("cp1252", "replace")

    def _guess(self, data: bytes) -> str:
        self._guesses += 1
        self._fault("8-bit text without a charset")
        return guess(data, self._guesses <= MAX_GUESSES)

    def _fault(self, text: str) -> None:
        if text not in self._faults:
            self._faults.append(text)


def guess(data: bytes, ask_detector: bool = True) -> str:
    """The likeliest charset of undeclared bytes that are not UTF-8; "cp1252" when nothing is likelier.

    Headers are too short for a statistical detector (it sees Greek in German names), so the charsets that really
    come undeclared are told by the ranges in which their commonest letters lie. `ask_detector` allows the slow way.
    """
    sample = b"".join(line for line in data[:_SEARCHED].splitlines(keepends=True) if not line.isascii())[:_GUESS_BYTES]
    runs = _HIGH_RUN.findall(sample)
    high = b"".join(runs)
    if not high:
        return "cp1252"
    if _share(high, 0x82, 0x83) > 0.25 and _strict(sample, "cp932") is not None:
        return "cp932"  # the lead bytes of hiragana and katakana
    if len(high) < 1.8 * len(runs) and not _trails_in_ascii(sample):
        return "cp1252"  # lone accents in Latin text
    if len(high) >= 6 and _share(high, 0xC0, 0xDF) > 0.85:
        return "koi8_r"
    if len(high) >= 6 and _share(high, 0xE0, 0xFF) > 0.85:
        return "cp1251"
    return _east_asian(sample, runs) or (_detected(sample) if ask_detector and len(high) >= 24 else "cp1252")


def _share(high: bytes, first: int, last: int) -> float:
    return sum(first <= byte <= last for byte in high) / len(high)


def _trails_in_ascii(sample: bytes) -> bool:
    """Whether many high bytes are followed by an ASCII letter or sign and no Latin word: Big5 looks so."""
    return len(re.findall(rb"[\xa4-\xc6][\x40-\x7e](?=[\xa1-\xc6])", sample)) > 2


def _east_asian(sample: bytes, runs: list[bytes]) -> str:
    """Which of the two-byte charsets, judged by their lead bytes; "" when none fits."""
    leads = b"".join(run[::2] for run in runs if len(run) % 2 == 0)
    even = len(leads) * 2 >= 0.9 * sum(map(len, runs))
    if even and _share(leads, 0xA4, 0xA5) > 0.3 and _strict(sample, "euc_jp") is not None:
        return "euc_jp"
    if even and len(leads) >= 8 and _share(leads, 0xA1, 0xC8) == 1 and _strict(sample, "cp949") is not None:
        return "cp949"
    if even and _share(leads, 0xA1, 0xD7) > 0.8 and _strict(sample, "gb18030") is not None:
        return "gb18030"
    if _trails_in_ascii(sample) and _strict(sample, "cp950") is not None:
        return "cp950"
    return ""


def _detected(sample: bytes) -> str:
    try:
        best = charset_normalizer.from_bytes(sample, cp_isolation=_GUESSABLE).best()
    except Exception:  # a detector must not decide whether a mail is read
        return "cp1252"
    return best.encoding if best is not None else "cp1252"


def clean(text: str) -> str:
    """The text without what PostgreSQL or UTF-8 cannot hold: NUL and lone surrogates; and without a leading BOM."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = text.encode("utf-8", "replace").decode("utf-8")
        text = text.removeprefix("\ufeff")
    return text


def _strict(data: bytes, codec: str) -> str | None:
    try:
        text = data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        # Five bytes have no meaning in cp1252, and still people send them.
        return data.decode("cp1252", "replace") if codec == "cp1252" else None
    return text if isinstance(text, str) else None


def _iso_2022_jp(data: bytes) -> str:
    """ISO-2022-JP with the characters of CP932 that Windows and iPhones put in (RFC 1468 has no ① or 髙)."""
    out: list[str] = []
    shift_jis = bytearray()
    mode = b"(B"
    position = 0
    for match in _JIS_SHIFT.finditer(data):
        _jis_segment(data[position : match.start()], mode, shift_jis, out)
        mode, position = match.group(1), match.end()
    _jis_segment(data[position:], mode, shift_jis, out)
    return "".join(out) + shift_jis.decode("cp932", "replace")


def _jis_segment(segment: bytes, mode: bytes, shift_jis: bytearray, out: list[str]) -> None:
    """Write what lies between two escape sequences onto `shift_jis`; only JIS X 0212 has no place there."""
    if mode == b"$(D":
        out.append(shift_jis.decode("cp932", "replace"))
        shift_jis.clear()
        out.append((b"\x1b$(D" + segment).decode("iso2022_jp_2", "replace"))
    elif mode == b"(I":
        shift_jis += bytes(byte | 0x80 for byte in segment)
    elif not mode.startswith(b"$"):
        shift_jis += segment
    else:
        _two_bytes(segment, shift_jis)


def _two_bytes(segment: bytes, out: bytearray) -> None:
    """JIS X 0208 row and cell → Shift_JIS, the usual arithmetic; line ends return to ASCII by themselves."""
    index = 0
    while index < len(segment):
        first = segment[index]
        second = segment[index + 1] if index + 1 < len(segment) else 0
        if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
            out.append(first)
            index += 1
            continue
        out.append((first - 0x21) // 2 + (0x81 if first < 0x5F else 0xC1))
        out.append(second + (0x1F if second < 0x60 else 0x20) if first % 2 else second + 0x7E)
        index += 2
