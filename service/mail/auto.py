"""Is a mail written by a machine, or sent to many? The answer is a reason in words, or None.

RFC 3834 is followed exactly: `Auto-Submitted: no` is a person. `auto-forwarded` is one too: a machine passed the
mail on, a person wrote it. An automatic answer taken for an agency's response would falsify the figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Values = Mapping[str, Sequence[str]]  # header name in lower case → decoded values, top first

_REPLY_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-vacation",
)
_PHRASES = (
    r"auto(?:matic|mated)?[ -]?(?:reply|response|answer)", r"out of (?:the )?office(?: auto[ -]?reply| reply)?",
    "vacation",
    r"(?:balasan|jawaban|pesan|respons?) (?:otomatis|automatis)", "sedang (?:cuti|di luar kantor)", "di luar kantor",
    "balas(?:an)? auto", "jawapan automatik", "balasan automatik",
    "automatische (?:antwort|abwesenheitsnotiz)", "abwesenheits(?:notiz|nachricht|agent)", "automatisch antwoord",
    "afwezigheidsbericht", "niet aanwezig", r"r[ée]ponse automatique", "absence du bureau", r"respuesta autom[áa]tica",
    r"fuera de (?:la )?oficina", "risposta automatica", "fuori sede", r"resposta autom[áa]tica",
    r"automatyczna odpowied[źz]", "autosvar", r"automatick[áa] odpov[ěe][ďd]", "автоответ", "автоматический ответ",
    "otomatik yanıt", "automaattinen vastaus", "automatisk(?:t)? svar", "trả lời tự động", "ตอบกลับอัตโนมัติ",
    "自动答复", "自动回复", "自動回覆", "自動応答", "自動返信", "자동 회신",
    r"(?:auto: )?[^:]{1,80} is out of the office\.?(?: \([^)]{1,80}\))?",  # Lotus Notes
)  # fmt: skip
_SUBJECT = re.compile(r"\s*\[?\s*(?:" + "|".join(_PHRASES) + r")\s*(?:[:\]]|-\s|\Z)", re.IGNORECASE)
_NO = ("", "no", "false", "0", "none")


def automatic(headers: Values, report_type: str, return_path: str | None) -> str | None:
    """Why the mail is automatic (an auto-reply, a notification, a receipt), None when a person seems to have sent it.

    The reason is in Indonesian: the desk reads it.
    `report_type` is that parameter of the top content type, `return_path` as in `Message`.
    """
    for value in headers.get("auto-submitted", ()):
        word = re.split(r"[\s;(]", value.strip().lower(), maxsplit=1)[0]
        if word in ("no", "auto-forwarded"):
            return None
        if word:
            return f"Auto-Submitted: {word}"
    for name in _REPLY_HEADERS:
        if any(value.strip().lower() not in _NO for value in headers.get(name, ())):
            return f"tanda {name}"
    for name in ("precedence", "x-precedence"):
        if any(value.strip().lower().replace("-", "_") == "auto_reply" for value in headers.get(name, ())):
            return f"{name.title()}: auto_reply"
    if "x-ms-exchange-inbox-rules-loop" in headers and "x-auto-response-suppress" in headers:
        return "aturan kotak masuk Exchange"
    if any("rules-loop" in value.lower() for value in headers.get("x-auto-response-suppress", ())):
        return "aturan kotak masuk Exchange"
    if report_type in ("disposition-notification", "feedback-report"):
        return f"laporan {report_type}"
    if any(_SUBJECT.match(value[:200]) for value in headers.get("subject", ())[:1]):
        return "perihalnya menyebut balasan otomatis"
    answers = any(headers.get(name) for name in ("in-reply-to", "references", "precedence"))
    if return_path == "" and answers:  # RFC 3834 3.3; alone it is also the mark of careless spam
        return "tanpa alamat balik"
    return None


def bulk(headers: Values) -> str | None:
    """Why the mail is a list or bulk mail, None when it is not."""
    for name in ("list-id", "list-post", "list-unsubscribe", "x-mailing-list", "mailing-list", "x-campaign-id"):
        if any(value.strip() for value in headers.get(name, ())):
            return f"tanda {name}"
    for value in headers.get("precedence", ()):
        if value.strip().lower() in ("bulk", "list", "junk"):
            return f"Precedence: {value.strip().lower()}"
    return None
