"""What a reply says itself: the text without the mail it answers, without signature and "sent from my phone".

Works line by line; every pattern is tried on short, bounded strings, so the work is linear. The languages are those
of the mail programs people here use: Indonesian and English first, their neighbours where it costs nothing.
"""

from __future__ import annotations

import re

MAX_LINES = 5000  # nobody answers longer; the whole text is kept beside it
_LONGEST_ATTRIBUTION = 320
_ATTRIBUTION_LINES = 4
_NAME = r"[^\n]{1,260}?"
_VERB = (
    r"(?:wrote|writes|menulis(?:kan)?|a [ée]crit|ha scritto|escribi[óo]|escreveu|geschreven|kirjoitti|пишет|yazdı|írta"
    r"|napsala?(?:\(a\))?|napisała?(?:\(a\))?|написала?(?:\(а\))?|a scris|έγραψε|đã viết|写道|寫道"
    r"|(?:schrieb|schreef|skrev)(?:\b[^\n]{1,120})?)"
)
_ANY_VERB = re.compile(_VERB, re.IGNORECASE)
_ISO_START = re.compile(r"[-*_\s]*\d{4}[-/]")
_ATTRIBUTION = re.compile(
    r"[-*_\s]*(?:"
    rf"(?:on|at|pada|le|am|op|il|el|em|den|dne|w dniu|в|vào|于|在)\b{_NAME}\b{_VERB}\s*(?:[:：]|-{{2,}})"
    rf"|[^\d\n]{{0,40}}\d{_NAME}{_VERB}\s*[:：]"
    rf"|[^<\n]{{1,120}}<[^<>\s]{{1,120}}@[^<>\s]{{1,120}}>\s*{_VERB}\s*[:：]"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}\s[^\n]{0,40}(?:GMT|UTC)[+-]\d[^\n]{1,200}"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}\s[^\n]{1,200}<[^<>\s]{1,120}@[^<>\s]{1,120}>:?"
    r")[-*_\s]*\Z",
    re.IGNORECASE,
)
# "Pada rapat kemarin Pak RT menulis:" is a sentence; a mail program gives an address, a time of day or a year.
_BY_MACHINE = re.compile(r"@|\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b")
# Any language: a date or time, an address, a colon at the end. Believed only when a quotation follows.
_LIKELY_ATTRIBUTION = re.compile(r"(?=[^\n]*\d{1,4}[-./:\s,])[^\n]{1,250}[@>\"\d\w)][^\n]{0,60}:\s*\Z")
_ATTRIBUTION_START = re.compile(
    r"[-*_\s]*(?:on|at|pada|le|am|op|il|el|em|den|dne|w dniu|в|vào)\s|[-*_\s]*[于在\d]|[^<\n]{0,80}<"
    r"|[^\n]{0,25}\d[^\n]{0,40}(?:\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|@)",
    re.IGNORECASE,
)
# Yahoo's app writes the old mail into the same line.
_RUN_ON = re.compile(
    r"\s*(?:on|pada)\s[^\n]{1,200}<[^<>\s]{1,120}@[^<>\s]{1,120}>\s*(?:wrote|menulis)\s*:\s{2,}\S", re.IGNORECASE
)
_SEPARATOR = re.compile(
    r"[\s*_]*(?:-{2,}|_{2,}|={2,})[\s*]*"
    r"(?:original (?:message|appointment|email)|(?:reply|forwarded) message|forwarded by"
    r"|pesan (?:asli|terusan|yang diteruskan|diteruskan)|surel asli|email asli|pesan asal|mesej asal"
    r"|ursprüngliche nachricht|urspr\. nachricht|weitergeleitete nachricht|message (?:d.origine|original|transféré)"
    r"|mensaje original|mensaje reenviado|messaggio originale|oorspronkelijk bericht|mensagem original"
    r"|исходное сообщение|пересылаемое сообщение|原始邮件|轉寄郵件|original-nachricht|oprindelig meddelelse"
    r"|ursprungligt meddelande|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|původní zpráva)"
    r"[^\n]{0,60}\Z"
    r"|\s*(?:begin forwarded message|mulai pesan terusan|awal pesan yang diteruskan|pesan terusan dimulai)\s*:\s*\Z",
    re.IGNORECASE,
)
_REPLY_ABOVE = re.compile(
    r"[^\w\n]*(?:(?:mohon |silakan |harap )?(?:balas|tulis|ketik|jawab)[^\n]{0,40} di ?atas (?:garis|baris|tanda)"
    r"|(?:please )?(?:reply|type your (?:reply|response)|write)[^\n]{0,30} above (?:this|the) line)",
    re.IGNORECASE,
)
_FROM_LABEL = (
    r"(?:from|dari|daripada|pengirim|von|de|da|van|od|fra|från|lähettäjä|kimden|от|发件人|寄件者|差出人|보낸 사람)"
)
_DATE_LABEL = (
    r"(?:sent|date|dikirim|terkirim|tanggal|dihantar|tarikh|gesendet|datum|envoy[ée]|fecha|enviad[oa](?: el| em)?|data"
    r"|inviato|verzonden|sendt|skickat|lähetetty|wysłano|odesláno|tarih|отправлено|дата|发送时间|日期|寄件日期|送信日時"
    r"|보낸 날짜)"
)
_OTHER_LABEL = (
    r"(?:to|cc|bcc|subject|reply-to|kepada|ke|untuk|tembusan|subjek|subyek|perihal|hal|topik|importance|an|betreff|à"
    r"|objet|til|till|emne|ämne|vastaanottaja|aihe|do|temat|komu|předmět|kime|konu|para|asunto|assunto|a|oggetto|aan"
    r"|onderwerp|кому|тема|收件人|主题|收件者|主旨|宛先|件名|받는 사람|제목)"
)
_HEADER_LINE = re.compile(
    rf"[\s*_>]*(?:(?P<sender>{_FROM_LABEL})|(?P<date>{_DATE_LABEL})|(?P<other>{_OTHER_LABEL}))\s*[*_]*\s*[:：]",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_RULE = re.compile(r"[\s*]*(?:[-_=]{5,}|[-_=*#~+.]{3,}|-{2,3})[\s*]*\Z")
_DEVICE = (
    r"\b(?:iphone|ipad|ipod|android|samsung|galaxy|xiaomi|redmi|poco|oppo|vivo|realme|infinix|huawei|nokia|sony|xperia|lg"
    r"|asus|lenovo|motorola|pixel|blackberry|smartphone|ponsel|handphone|hp|gawai|perangkat|telepon|telefon|phone|handy"
    r"|mobile|mobil|tablet|windows|outlook|gmail|yahoo|ymail|mail|aol|proton ?mail|protonmail|zoho|zimbra|roundcube"
    r"|thunderbird|spark|sparrow|mailbird|bluemail|samsung mobile|webmail)\b"
)
# A device must be named: "Dikirim melalui pos kemarin." is part of an answer.
_PHONE = re.compile(
    r"[\s*_\[(]*(?:sent from my\b"
    r"|(?:(?:sent|dikirim|terkirim|dihantar|dapatkan|get|unduh|download|enviado|enviada|envoy[ée]|gesendet"
    r"|verzonden|verstuurd|inviato|wysłane|отправлено|skickat|powered|diterbitkan)\s"
    rf"|von meinem )[^\n]{{0,60}}?{_DEVICE}|从我的|發自我的|发自我的|iphone から送信)[^\n]{{0,100}}\Z",
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
    if line.isascii():
        return line
    return "" if line and all(char in _MARKS or char == " " for char in line) else line


def _quoted(line: str) -> bool:
    return line.lstrip()[:1] == ">" or line[:2] in ("| ", "|")


def _without_history(lines: list[str]) -> list[str]:
    """Everything before the first sign of an older mail, and what stands below or between quoted lines."""
    notable = _notable(lines)
    if not notable:
        return lines
    kept: list[str] = []
    last_quoted = max((index for index, line in enumerate(lines) if _quoted(line)), default=-1)
    index = 0
    while index < len(lines):
        line = lines[index]
        if index not in notable or _quoted(line):
            kept.append(line)
            index += 1
            continue
        start = line[:400]
        if _SEPARATOR.match(start) or _REPLY_ABOVE.match(start) or _RUN_ON.match(start) or _header_block(lines, index):
            return kept
        end = _attribution(lines, index)
        if not end:
            kept.append(line)
            index += 1
            continue
        following = _next_filled(lines, end)
        if following < len(lines) and _quoted(lines[following]):
            index = _past_quote(lines, following)
        elif any(map(str.strip, kept)) or end > last_quoted:
            return kept
        else:
            index = end
    return kept


def _notable(lines: list[str]) -> set[int]:
    """The lines at which an older mail may begin: most lines need no further question.

    Every sign of one holds a colon, a rule, the word "above", or begins with a year; an attribution may end in its
    colon (or "--") as many as three lines further down.
    """
    found: set[int] = set()
    for index, line in enumerate(lines):
        if line.rstrip("-*_ ")[-1:] in (":", "：") or line[-2:] == "--":
            found.update(range(index - _ATTRIBUTION_LINES + 1, index + 1))
        elif _has_sign(line):
            found.add(index)
    return found


def _has_sign(line: str) -> bool:
    # Written out, as it is asked of every line of every mail.
    if ":" in line or "--" in line or "__" in line or "==" in line or "：" in line:
        return True
    if line.lstrip("-*_ \t")[:1].isdigit():
        return True
    upper = line.upper()
    return "ATAS" in upper or "ABOVE" in upper


def _attribution(lines: list[str], index: int) -> int:
    """The index after "On … wrote:" that begins at `index` and may run over four lines; 0 when none begins there."""
    if not _ATTRIBUTION_START.match(lines[index][:200]):
        return 0
    joined = ""
    for end in range(index, min(index + _ATTRIBUTION_LINES, len(lines))):
        if not lines[end].strip() or _quoted(lines[end]):
            break
        joined = f"{joined} {lines[end].strip()}".strip()
        if len(joined) > _LONGEST_ATTRIBUTION:
            break
        following = _next_filled(lines, end + 1)
        quote_follows = following < len(lines) and _quoted(lines[following])
        if (quote_follows or _BY_MACHINE.search(joined)) and _is_attribution(joined):
            return end + 1
        if quote_follows and "@" in joined and _LIKELY_ATTRIBUTION.match(joined):
            return end + 1
    return 0


def _is_attribution(joined: str) -> bool:
    """The quick questions first: the whole pattern is dear, and a long mail has thousands of lines."""
    ends_so = joined.rstrip("-*_ ")[-1:] in (":", "：") or joined.endswith("--")
    likely = _ISO_START.match(joined) or (ends_so and _ANY_VERB.search(joined))
    return bool(likely and _ATTRIBUTION.match(joined))


def _header_block(lines: list[str], index: int) -> bool:
    """Outlook's "From: Sent: To: Subject:". Formal letters, too, begin with "Dari:", "Tanggal:" and "Perihal:", but
    only a mail gives the time of day or an address with them."""
    first = _HEADER_LINE.match(lines[index][:120])
    if not first or not first.group("sender"):
        return False
    dated = other = False
    by_mail = "@" in lines[index]
    for line in lines[index + 1 : index + 9]:
        match = _HEADER_LINE.match(line[:120])
        if match and match.group("date"):
            dated = dated or any(map(str.isdigit, line[match.end() :]))
            by_mail = by_mail or bool(_TIME.search(line[match.end() :]))
        elif match and match.group("other"):
            other = True
            by_mail = by_mail or "@" in line
        if dated and other and by_mail:
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
        if line == "--" and any(map(str.strip, lines[:index])):
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
