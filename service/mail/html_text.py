"""HTML → text that reads well, with quoted mail marked by "> " as in plain mail.

One pass over the tags without a tree: nesting, size and broken markup cannot slow it down or make it fail.
(inscriptis needs 2 ms for an 8 KB mail, lays out newsletters in columns that mix their lines, and returns
nothing at 255 nested elements.)
"""

from __future__ import annotations

import html as entities
import re

MAX_HTML = 2_000_000  # characters that are read; what follows is left to the raw mail

_AT_ONCE = 100_000  # characters; replacing holds a piece for each match, and they weigh more than the text

MAX_QUOTE_DEPTH = 8  # thousands of nested quotations would make the text longer than any memory

# An attribute value in quotes may hold ">", but not "<": so no match ever looks beyond the next "<".
_MARKUP = re.compile(
    r"""<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)(?P<attributes>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)>"""
    r"""|(?P<comment><!--)|<[!?/][^<>]*+>"""
)
_HREF = re.compile(r"""\bhref\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s>]++))""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_HUGE_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
_TIGHT = frozenset({
    "address", "article", "aside", "body", "center", "dd", "div", "dt", "fieldset", "figure", "footer", "form",
    "header", "html", "li", "main", "nav", "option", "section", "tr",
})  # fmt: skip
_SPACED = frozenset({
    "blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul", "listing", "xmp",
})  # fmt: skip
_RAW = frozenset({"script", "style", "title", "template", "object"})


def html_to_text(html: str) -> str:
    """The readable text of `html`. Never raises; linear in the length of `html`."""
    html = html[:MAX_HTML]
    lower = html.lower()
    if len(lower) != len(html):  # a few letters grow in lower case; offsets must not
        lower = html
    writer = _Writer()
    position = 0
    for match in _MARKUP.finditer(html):
        if match.start() < position:
            continue  # inside a comment or a style sheet
        writer.text(html[position : match.start()])
        position = match.end()
        if match.group("comment"):
            position = writer.skip_to("-->", html, position)
        elif match.group("name"):
            position = _tag(writer, match, lower, position)
    writer.text(html[position:])
    return writer.result()


def _tag(writer: _Writer, match: re.Match[str], lower: str, position: int) -> int:
    """Write what a tag means; the position from which to go on."""
    end, name, attributes = match.group("end", "name", "attributes")
    name, ends = name.lower(), bool(end)
    if name == "br":
        writer.line_break()
    elif name in _RAW and not ends and not attributes.endswith("/"):
        return writer.skip_to(f"</{name}", lower, position)
    elif name in ("td", "th"):
        writer.cell()
    elif name == "hr":
        writer.block(1)
    elif name == "a":
        writer.link("" if ends else _href(attributes))
    elif name in _SPACED:
        writer.block(2)
        if name == "blockquote":
            writer.quote(ends, attributes.lower())
        elif name in ("pre", "listing", "xmp"):
            writer.preformatted += -1 if ends else 1
    elif name in _TIGHT:
        writer.block(1)
        if name == "li" and not ends:
            writer.text("* ")
    return position


def _href(attributes: str) -> str:
    match = _HREF.search(attributes)
    address = entities.unescape(_HUGE_NUMBER.sub("", next(filter(None, match.groups()), ""))) if match else ""
    return address.strip() if address.strip().lower().startswith(("http://", "https://")) else ""


class _Writer:
    """Collects lines; knows the quote depth and how many line breaks are due before the next word."""

    def __init__(self) -> None:
        self.preformatted = 0
        self._lines: list[str] = []
        self._line: list[str] = []
        self._due = 0
        self._space = False
        self._quotes: list[bool] = []
        self._depth = 0
        self._link = ""
        self._link_text: list[str] = []
        self._unclosed: set[str] = set()

    def text(self, raw: str) -> None:
        if not raw:
            return
        if "&" in raw:
            raw = entities.unescape(_HUGE_NUMBER.sub("\ufffd", raw))
        if self.preformatted > 0:
            for index, line in enumerate(raw.replace("\r\n", "\n").split("\n")):
                if index:
                    self.line_break()
                self._add(line)
            return
        for start in range(0, len(raw), _AT_ONCE):
            self._words(_SPACES.sub(" ", raw[start : start + _AT_ONCE]))

    def _words(self, raw: str) -> None:
        """Text whose runs of white space are one space each; one at its edge waits for the word that follows."""
        if raw.startswith(" "):
            self._space = True
            raw = raw[1:]
        if not raw:
            return
        ends_in_space = raw.endswith(" ")
        self._add(raw[:-1] if ends_in_space else raw)
        self._space = ends_in_space

    def _add(self, words: str) -> None:
        if not words:
            return
        if self._due:
            self._flush()
        if self._space and self._line:
            self._line.append(" ")
        self._space = False
        self._line.append(words)
        if self._link:
            self._link_text.append(words)

    def _flush(self) -> None:
        """End the line at hand and write the blank lines that are due."""
        prefix = "> " * min(self._depth, MAX_QUOTE_DEPTH)
        if self._line or self._lines:
            self._lines.append((prefix + "".join(self._line).replace("\xa0", " ")).rstrip(" "))
            self._lines.extend([prefix.rstrip()] * (self._due - 1))
        self._line = []
        self._due = 0
        self._space = False

    def line_break(self) -> None:
        self._due = min(self._due + 1, 3)

    def block(self, breaks: int) -> None:
        if self._line or self._due:
            self._due = max(self._due, breaks)

    def cell(self) -> None:
        if self._line and not self._due:
            self._line.append("  ")
            self._space = False

    def quote(self, ends: bool, attributes: str) -> None:
        """Gmail indents with a borderless blockquote: that is no quotation."""
        if ends:
            # The empty lines after a quotation are not part of it.
            due = max(self._due, 1)
            self._due = 1
            if self._line:
                self._flush()
            if self._quotes and self._quotes.pop():
                self._depth -= 1
            self._due = due - 1
            return
        if self._line:
            self._due = max(self._due, 1)
            self._flush()
        quoted = "border:none" not in attributes.replace(" ", "")
        self._quotes.append(quoted)
        self._depth += quoted

    def link(self, address: str) -> None:
        """Show where a link leads unless its text says so: evidence is often a link behind a word."""
        if self._link and not address:
            words = "".join(self._link_text)
            if words and self._link.rstrip("/").split("://")[1].removeprefix("www.") not in words:
                self._add(f" ({self._link})")
        self._link = address
        self._link_text = []

    def skip_to(self, closing: str, html: str, position: int) -> int:
        """Past the end of a comment, script or style sheet; one that never ends is not skipped (nor sought again)."""
        if closing in self._unclosed:
            return position
        found = html.find(closing, position)
        if found < 0:
            self._unclosed.add(closing)
            return position
        end = html.find(">", found)
        return end + 1 if end >= 0 else len(html)

    def result(self) -> str:
        self._due = 1
        self._flush()
        return "\n".join(self._lines).strip("\n")
