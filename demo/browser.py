"""A small browser: pages by HTTP with cookies, and forms filled in as they are found on the page."""

import http.cookiejar
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

SECONDS = 20
File = tuple[str, str, bytes]  # name, content type, content


@dataclass
class PageForm:
    """A form of a page: where it goes, what stands in its fields, and the options of its lists."""

    action: str
    method: str
    files: bool
    fields: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """An answer of the server."""

    url: str
    status: int
    text: str

    def forms(self) -> list[PageForm]:
        """All forms of the page."""
        reader = _FormReader()
        reader.feed(self.text)
        return reader.forms

    def form_with(self, *names: str) -> PageForm:
        """The first form that has all these fields; raises WrongPageError."""
        for form in self.forms():
            if all(name in form.fields for name in names):
                return form
        raise WrongPageError(f"no form with {', '.join(names)} on {self.url} (status {self.status})")


class WrongPageError(Exception):
    """The page is not the one that was expected."""


class Browser:
    """One person's browser. Every method may raise OSError (the web is away) or WrongPageError."""

    def __init__(self, home: str) -> None:
        self.home = home
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )

    def get(self, address: str) -> Page:
        """Open a page."""
        return self._ask(urllib.request.Request(urljoin(self.home, address)))  # noqa: S310 - our own address

    def json(self, address: str) -> Any:
        """What an API says; raises WrongPageError when it is no JSON."""
        page = self.get(address)
        if page.status != 200:
            raise WrongPageError(f"status {page.status} from {address}")
        return json.loads(page.text)

    def submit(self, page: Page, form: PageForm, values: dict[str, str], files: list[File] | None = None) -> Page:
        """Send a form with `values` over what stands in its fields, and follow to the next page."""
        fields = {name: value for name, value in {**form.fields, **values}.items() if name}
        url = urljoin(page.url, form.action)
        if form.files:
            body, kind = _multipart(fields, files or [])
        else:
            body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "Referer": page.url}
        return self._ask(urllib.request.Request(url, data=body, headers=headers))  # noqa: S310 - our own address

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._open.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise OSError(f"status {error.code}") from error
            answer = error
        with answer:
            return Page(answer.url, answer.status, answer.read().decode("utf-8", "replace"))


class _FormReader(HTMLParser):
    """Collects forms with the values that a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            files = found.get("enctype", "") == "multipart/form-data"
            self._form = PageForm(found.get("action", ""), found.get("method", "get").lower(), files)
            self.forms.append(self._form)
        if self._form is None:
            return
        name = found.get("name", "")
        if tag == "input" and name and found.get("type") not in ("checkbox", "radio", "file", "submit"):
            self._form.fields[name] = found.get("value", "")
        elif tag == "textarea" and name:
            self._form.fields[name] = ""
        elif tag == "select" and name:
            self._select = name
            self._form.fields[name] = ""
            self._form.options[name] = []
        elif tag == "option" and self._select:
            self._form.options[self._select].append(found.get("value", ""))
            if "selected" in found:
                self._form.fields[self._select] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Called by HTMLParser."""
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""


def _multipart(fields: dict[str, str], files: list[File]) -> tuple[bytes, str]:
    border = secrets.token_hex(16)
    parts = []
    for name, value in fields.items():
        parts.append(f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, kind, content in files:
        head = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join([*parts, f"--{border}--\r\n".encode()]), f"multipart/form-data; boundary={border}"
