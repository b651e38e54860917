"""Bytes → text, whatever charset they claim, wrongly claim or do not claim at all."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

MAX_GUESSES = 12  # a guess costs tens of milliseconds; a mail may bring thousands of parts
_GUESS_BYTES = 8192

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
_JIS_SHIFT = re.compile(rb"\x1b(\$[@B]|\$\([@BD]|\([BJIH])")
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(")


def known(declared: str) -> str:
    """The Python codec meant by a charset name, "" when none is named or the name means nothing to us."""
    name = declared.strip().strip("\"'").lower().replace(" ", "")
    if "*" in name:  # RFC 2231 language suffix
        name = name.partition("*")[0]
    if name in _UNSAID:
        return ""
    name = _MEANT.get(name, name)
    for candidate in (name, re.sub(r"^(?:x-|cs)", "", name), re.sub(r"^(?:windows|win|cp)[-_]?", "cp", name)):
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
        if data.isascii() and b"\x1b" not in data and b"\x00" not in data:
            # Nearly all mail. UTF-7, HZ and UTF-16 are the charsets in which ASCII bytes mean something else.
            codec = known(declared) if declared else ""
            if not codec or codec.startswith(("utf-8", "cp1252", "ascii", "iso8859")) or codec in _GUESSABLE:
                return data.decode("ascii")
        return clean(self._decode(data, declared))

    def _decode(self, data: bytes, declared: str) -> str:
        codec = known(declared)
        if declared and not codec and declared.strip().lower() not in _UNSAID:
            self._fault(f"unknown charset {declared[:40]!r}")
        for mark, name in (
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
        ):
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
        if self.hint and self.hint != wrong:
            text = _strict(data, self.hint)
            if text is not None:
                return text
        mostly = data.decode("utf-8", "replace")
        if mostly.count("\ufffd") * 20 < sum(char > "\x7f" for char in mostly[:20000]):
            return mostly
        return _strict(data, self._guess(data)) or data.decode("cp1252", "replace")

    def _guess(self, data: bytes) -> str:
        if self._guesses >= MAX_GUESSES:
            return "cp1252"
        self._guesses += 1
        self._fault("8-bit text without a charset")
        return guess(data)

    def _fault(self, text: str) -> None:
        if text not in self._faults:
            self._faults.append(text)


def guess(data: bytes) -> str:
    """The likeliest charset of undeclared bytes that are not UTF-8; "cp1252" when nothing is likelier."""
    lines = [line for line in data.splitlines(keepends=True) if not line.isascii()]
    sample = b"".join(lines)[:_GUESS_BYTES]
    high = sum(byte > 0x7F for byte in sample)
    if high * 8 < len(sample):
        return "cp1252"  # a few accents in Latin text: detectors see Greek there
    try:
        best = charset_normalizer.from_bytes(sample, cp_isolation=_GUESSABLE, explain=False).best()
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
    mode = b"(B"
    position = 0
    for match in [*_JIS_SHIFT.finditer(data), None]:
        end = match.start() if match else len(data)
        out.append(_jis_segment(data[position:end], mode))
        if match:
            mode, position = match.group(1), match.end()
    return "".join(out)


def _jis_segment(segment: bytes, mode: bytes) -> str:
    if mode == b"$(D":
        return (b"\x1b$(D" + segment).decode("iso2022_jp_2", "replace")
    if mode == b"(I":
        return bytes(byte | 0x80 for byte in segment).decode("cp932", "replace")
    if not mode.startswith(b"$"):
        return segment.decode("cp932", "replace")
    # JIS X 0208 row and cell → Shift_JIS, the usual arithmetic; line ends return to ASCII by themselves.
    out = bytearray()
    index = 0
    while index < len(segment):
        first = segment[index]
        second = segment[index + 1] if index + 1 < len(segment) else 0
        if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
            out.append(first)
            index += 1
            continue
        lead = (first - 0x21) // 2 + (0x81 if first < 0x5F else 0xC1)
        trail = second + (0x1F if second < 0x60 else 0x20) if first % 2 else second + 0x7E
        out += bytes((lead, trail))
        index += 2
    return out.decode("cp932", "replace")
