"""What a reply says itself: the text without the mail it answers, without signature and "sent from my phone".

Works line by line; every pattern is tried on short, bounded strings, so the work is linear. The languages are those
of the mail programs people here use: Indonesian and English first, their neighbours where it costs nothing.
"""

from __future__ import annotations

import re

MAX_LINES = 20_000
_LONGEST_ATTRIBUTION = 320
_NAME = r"[^\n]{1,260}?"
_ATTRIBUTION = re.compile(
    r"[-*_\s]*(?:"
    rf"(?:on|at)\b{_NAME}\bwrote\s*(?::|-{{2,}})"
    rf"|pada\b{_NAME}\b(?:menulis|menuliskan|tulis|berkata)\s*:"
    rf"|(?:le|am|op|il|el|em|den|dne|il giorno|w dniu|в|vào)\b{_NAME}"
    r"(?:a [ée]crit|(?:schrieb|schreef|skrev)[^\n]{0,120}|geschreven|ha scritto|escribi[óo]|escreveu"
    r"|napsal(?:\(a\))?|napisał(?:\(a\))?|написал(?:а|\(а\))?|đã viết)\s*:"
    rf"|\d{_NAME}(?:написал(?:а|\(а\))?|пишет|menulis|wrote)\s*:"
    r"|[^\n]{1,120}<[^<>\s]{1,120}@[^<>\s]{1,120}>\s+(?:wrote|menulis|writes|schrieb|a [ée]crit|escribi[óo])\s*:"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}\s[^\n]{0,40}(?:GMT|UTC)[+-]\d[^\n]{1,200}"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}\s[^\n]{1,200}<[^<>\s]{1,120}@[^<>\s]{1,120}>:?"
    r")[-*_\s]*\Z",
    re.IGNORECASE,
)
# Any language: a date or time, an address, a colon at the end. Believed only when a quotation follows.
_LIKELY_ATTRIBUTION = re.compile(r"(?=[^\n]*\d{1,4}[-./:\s,])[^\n]{1,250}[@>\"\d\w)][^\n]{0,60}:\s*\Z")
_ATTRIBUTION_START = re.compile(
    r"[-*_\s]*(?:on|at|pada|le|am|op|il|el|em|den|dne|w dniu|в|vào)\s|[-*_\s]*\d|[^<\n]{0,80}<", re.IGNORECASE
)
_SEPARATOR = re.compile(
    r"[\s*_]*(?:-{2,}|_{2,}|={2,})[\s*]*"
    r"(?:original (?:message|appointment|email)|(?:reply|forwarded) message|forwarded by"
    r"|pesan (?:asli|terusan|yang diteruskan|diteruskan)|surel asli|email asli|pesan asal|mesej asal"
    r"|ursprüngliche nachricht|urspr\. nachricht|weitergeleitete nachricht|message (?:d.origine|original|transféré)"
    r"|mensaje original|mensaje reenviado|messaggio originale|oorspronkelijk bericht|mensagem original"
    r"|исходное сообщение|пересылаемое сообщение|原始邮件|轉寄郵件|original-nachricht)[^\n]{0,60}\Z"
    r"|\s*(?:begin forwarded message|mulai pesan terusan|awal pesan yang diteruskan|pesan terusan dimulai)\s*:\s*\Z",
    re.IGNORECASE,
)
_REPLY_ABOVE = re.compile(
    r"[^\w\n]*(?:(?:mohon |silakan |harap )?(?:balas|tulis|ketik|jawab)[^\n]{0,40} di ?atas (?:garis|baris|tanda)"
    r"|(?:please )?(?:reply|type your (?:reply|response)|write)[^\n]{0,30} above (?:this|the) line)",
    re.IGNORECASE,
)
_FROM_LABEL = r"(?:from|dari|daripada|pengirim|von|de|da|van|od|от|发件人|寄件者|差出人)"
_DATE_LABEL = (
    r"(?:sent|date|dikirim|terkirim|tanggal|dihantar|tarikh|gesendet|datum|envoy[ée]|fecha|enviado|data|inviato"
    r"|verzonden|отправлено|дата|发送时间|日期)"
)
_OTHER_LABEL = (
    r"(?:to|cc|bcc|subject|reply-to|kepada|untuk|tembusan|subjek|subyek|perihal|hal|topik|importance|an|betreff|à|objet"
    r"|para|asunto|assunto|a|oggetto|aan|onderwerp|кому|тема|收件人|主题)"
)
_HEADER_LINE = re.compile(
    rf"[\s*_>]*(?:(?P<sender>{_FROM_LABEL})|(?P<date>{_DATE_LABEL})|(?P<other>{_OTHER_LABEL}))\s*[*_]*\s*[:：]",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\s*]*(?:[-_=]{5,}|[-_=*#~+.]{3,}|-{2,3})[\s*]*\Z")
_PHONE = re.compile(
    r"[\s*_\[(]*(?:sent (?:from|via|using|with|by)|dikirim (?:dari|dengan|lewat|melalui|menggunakan|via)|terkirim dari"
    r"|dapatkan (?:outlook|gmail)|get (?:outlook|gmail|bluemail)|unduh outlook|download outlook|dihantar dari"
    r"|enviado (?:desde|do|de)|envoy[ée] (?:de|depuis)|von meinem .{1,40} gesendet|gesendet (?:von|mit)"
    r"|verzonden (?:met|vanaf|vanuit)"
    r"|verstuurd vanaf|inviato da|wysłane z|отправлено (?:из|с)|skickat från|diterbitkan dari|powered by blackberry"
    r"|从我的|發自我的|发自我的|iphone から送信)[^\n]{0,100}\Z",
    re.IGNORECASE,
)
_MARKS = frozenset("\u1427\u200b\u200e\u200f\ufeff\xa0")  # left by mail trackers and HTML editors


def trim(text: str) -> str:
    """The reply itself. Text that is nothing but quotation gives an empty string."""
    lines = [_unmarked(line) for line in text.replace("\r\n", "\n").split("\n")[:MAX_LINES]]
    lines = _without_history(lines)
    lines = _without_signature(lines)
    lines = _without_trailing_quotes(lines)
    if all(not line.strip() or _quoted(line) for line in lines):
        return ""
    return "\n".join(lines).strip("\n")


def _unmarked(line: str) -> str:
    line = line.rstrip()
    return "" if line and all(char in _MARKS or char == " " for char in line) else line


def _quoted(line: str) -> bool:
    return line.lstrip()[:1] == ">" or line[:2] in ("| ", "|")


def _without_history(lines: list[str]) -> list[str]:
    """Everything before the first sign of an older mail, and what stands below or between quoted lines."""
    kept: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if not line or _quoted(line):
            kept.append(line)
            index += 1
            continue
        if _SEPARATOR.match(line[:400]) or _REPLY_ABOVE.match(line[:400]) or _header_block(lines, index):
            return kept
        end = _attribution(lines, index)
        if not end:
            kept.append(line)
            index += 1
            continue
        following = _next_filled(lines, end)
        if following < len(lines) and _quoted(lines[following]):
            index = _past_quote(lines, following)
        elif any(map(str.strip, kept)) or not any(map(_quoted, lines[end:])):
            return kept
        else:
            index = end
    return kept


def _attribution(lines: list[str], index: int) -> int:
    """The index after "On … wrote:" that begins at `index` and may run over four lines; 0 when none begins there."""
    if not _ATTRIBUTION_START.match(lines[index][:200]):
        return 0
    joined = ""
    for end in range(index, min(index + 4, len(lines))):
        if not lines[end].strip() or _quoted(lines[end]):
            break
        joined = f"{joined} {lines[end].strip()}".strip()
        if len(joined) > _LONGEST_ATTRIBUTION:
            break
        if _ATTRIBUTION.match(joined):
            return end + 1
        following = _next_filled(lines, end + 1)
        quote_follows = following < len(lines) and _quoted(lines[following])
        if quote_follows and "@" in joined and _LIKELY_ATTRIBUTION.match(joined):
            return end + 1
    return 0


def _header_block(lines: list[str], index: int) -> bool:
    """Outlook's "From: Sent: To: Subject:". A date with digits is asked for: formal letters, too, begin with
    "Dari:", "Kepada:" and "Perihal:"."""
    first = _HEADER_LINE.match(lines[index][:120])
    if not first or not first.group("sender"):
        return False
    dated = other = False
    for line in lines[index + 1 : index + 9]:
        match = _HEADER_LINE.match(line[:120])
        if match and match.group("date"):
            dated = dated or any(map(str.isdigit, line[match.end() :]))
        elif match and match.group("other"):
            other = True
        if dated and other:
            return True
    return False


def _next_filled(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _past_quote(lines: list[str], index: int) -> int:
    """Past a run of quoted lines, empty lines within it included."""
    end = index
    while index < len(lines) and (_quoted(lines[index]) or not lines[index].strip()):
        index += 1
        if _quoted(lines[index - 1]):
            end = index
    return end


def _without_signature(lines: list[str]) -> list[str]:
    """Cut at "-- " (RFC 3676 4.3, also without its space) and drop what phones and rulers leave at the end."""
    for index, line in enumerate(lines):
        if line.rstrip() == "--" and any(map(str.strip, lines[:index])):
            lines = lines[:index]
            break
    lines = list(lines)
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1][:200]) or _PHONE.match(lines[-1][:200])):
        lines.pop()
    return lines


def _without_trailing_quotes(lines: list[str]) -> list[str]:
    lines = list(lines)
    while lines and (not lines[-1].strip() or _quoted(lines[-1])):
        lines.pop()
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1][:200]) or _PHONE.match(lines[-1][:200])):
        lines.pop()
    return lines
