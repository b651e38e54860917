"""`python -m bench.browsers PORT POSTS`: eight browsers that file complaints, each over a connection of its own.

Connections are not kept: citizens and reverse proxies open new ones, and kept ones stay with the gunicorn worker that
accepted them, which left one of two workers idle in some runs and not in others.
Each reads the form once for its cookie and token, and then posts it anew each time with other words and another key,
from another address of the network (X-Forwarded-For), so that no limit counts them as one. Prints JSON: `seconds`,
`milliseconds` (a list, one a post) and `statuses`.
"""

import http.client
import json
import re
import sys
import threading
import time
import uuid
from collections import Counter

from bench.corpus import Story, story

BROWSERS = 8
WARM_UP = 25  # posts of each browser before it counts
TEXT_LENGTH = 600
EDGE = "----bench7MA4YWxkTrZu0gW"
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """A browser with its cookie and token."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie, self._token = "", ""

    def read_form(self) -> None:
        """Fetch the form, as a person does before filling it in. An app without one needs no token."""
        answer, page = self._ask("GET", b"", {"X-Forwarded-For": "10.0.0.1"})
        found = _TOKEN.search(page)
        self._cookie = (answer.headers.get("Set-Cookie") or "").partition(";")[0]
        self._token = found[1].decode() if found else ""

    def post(self, told: Story) -> int:
        """File one complaint; returns the status."""
        body = _multipart(_fields(told) | {"csrf_token": self._token})
        headers = {
            "Content-Type": f"multipart/form-data; boundary={EDGE}",
            "Cookie": self._cookie,
            "X-Forwarded-For": f"10.{told.number >> 16 & 255}.{told.number >> 8 & 255}.{told.number & 255}",
        }
        return self._ask("POST", body, headers)[0].status

    def _ask(self, method: str, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, "/", body, headers | {"Connection": "close"})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


def _fields(told: Story) -> dict[str, str]:
    return {
        "submission_key": str(uuid.uuid4()),
        "text": told.text,
        "category": "",
        "area": "",
        "place": "dekat pasar",
        "name": told.name,
        "email": told.address,
        "phone": "",
        "website": "",
    }


def _multipart(fields: dict[str, str]) -> bytes:
    parts = [f'--{EDGE}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    files = f'--{EDGE}\r\nContent-Disposition: form-data; name="files"; filename=""\r\n'
    files += "Content-Type: application/octet-stream\r\n\r\n\r\n"
    return ("".join(parts) + files + f"--{EDGE}--\r\n").encode()


def file_complaints(port: int, posts: int) -> dict[str, object]:
    """Have eight browsers file `posts` complaints in all."""
    took: list[float] = []
    statuses: Counter[int] = Counter()
    start = threading.Barrier(BROWSERS + 1)
    share = posts // BROWSERS

    def browse(number: int) -> None:
        browser = Browser(port)
        browser.read_form()
        first = number * (share + WARM_UP)
        stories = [story(first + step, TEXT_LENGTH) for step in range(share + WARM_UP)]
        for told in stories[:WARM_UP]:
            browser.post(told)
        start.wait()
        for told in stories[WARM_UP:]:
            begin = time.perf_counter()
            statuses[browser.post(told)] += 1
            took.append((time.perf_counter() - begin) * 1000)

    threads = [threading.Thread(target=browse, args=(number,)) for number in range(BROWSERS)]
    for thread in threads:
        thread.start()
    start.wait()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - begin, "milliseconds": took, "statuses": dict(statuses)}


if __name__ == "__main__":
    print(json.dumps(file_complaints(int(sys.argv[1]), int(sys.argv[2]))))
