"""A browser without JavaScript: cookies, forms, nothing else."""

import http.client
import re
import urllib.error
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode

SECONDS = 30
GONE = (urllib.error.URLError, ConnectionError, http.client.HTTPException, TimeoutError)


def answers(url: str) -> bool:
    """Whether that address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as response:  # noqa: S310 - loopback
            return response.status == 200
    except GONE:
        return False


class Browser:
    """Somebody's browser at one web process."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        """The page at `path`; raises urllib.error.HTTPError for refusals."""
        with self._opener.open(self.base + path, timeout=SECONDS) as response:
            return response.read().decode()

    def open_form(self) -> dict[str, str]:
        """The hidden fields of an empty complaint form."""
        return _hidden_fields(self.get("/"))

    def post(self, path: str, fields: dict[str, str]) -> tuple[str, str]:
        """Send a form; returns the address where it ended and the page there."""
        body = urlencode(fields).encode()
        with self._opener.open(self.base + path, data=body, timeout=SECONDS) as response:
            return response.url, response.read().decode()

    def complain(self, **fields: str) -> str:
        """Fill in the form and send it; returns the token of the tracking page."""
        return self.send_form(self.open_form() | fields)

    def send_form(self, fields: dict[str, str]) -> str:
        """Send a filled-in form; sent again it gives the same token. Raises one of GONE when the web dies over it."""
        address, page = self.post("/", fields)
        found = re.fullmatch(r".*/terima/([^/?]+)", address)
        assert found, f"no receipt at {address}: {page[:3000]}"
        return found[1]


class _Hidden(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given.get("name") or ""] = given.get("value") or ""


def _hidden_fields(page: str) -> dict[str, str]:
    parser = _Hidden()
    parser.feed(page)
    assert {"csrf_token", "submission_key"} <= parser.fields.keys(), page[:2000]
    return parser.fields
