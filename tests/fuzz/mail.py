"""Read random mails for a given time; whatever makes the reader raise, or takes it long, is kept in out/fuzz.

    python -m tests.fuzz.mail 60          for that many seconds
    python -m tests.fuzz.mail FILE …      once more what was kept; the name of a file begins with why

atheris (libFuzzer) steers by the branches that are reached. Where there is no atheris for this machine, the same seeds
are mutated blindly, which finds less. A mail is at most MOST_BYTES long and may take MOST_SECONDS of CPU.
"""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

FOLDER = Path("out/fuzz")
MOST_BYTES = 20_000
MOST_SECONDS = 2.0
_WORDS = [
    b"From: ", b"To: ", b"Subject: ", b"Content-Type: ", b"Content-Disposition: ", b"Content-Transfer-Encoding: ",
    b"Return-Path: <>", b"Received: by ", b"References: ", b"Auto-Submitted: ", b"multipart/mixed", b"multipart/report",
    b"multipart/alternative", b"message/rfc822", b"message/delivery-status", b"text/plain", b"text/html", b"boundary=",
    b"charset=", b"format=flowed", b"application/ms-tnef", b"--b\r\n", b"--b--", b"base64", b"quoted-printable",
    b"x-uuencode", b"begin 644 a\n", b"\nend\n", b"=?utf-8?q?", b"=?iso-2022-jp?b?", b"?=", b"filename*0*=utf-8''%",
    b"iso-2022-jp",
    b"utf-7", b"utf-16", b"hz", b"\x1b$B", b"\x1b$(D", b"\x1b(B", b"mailer-daemon@", b"Action: failed\n",
    b"Final-Recipient: rfc822; ", b"Status: 5.1.1\n", b"<blockquote>", b"</", b"<!--", b"&#x", b"<a href=", b"<pre>",
    b"On ", b"wrote:\n> ", b"Pada ", b"menulis:", b"-- \n", b"Dari: ", b"\x78\x9f\x3e\x22", b"\r\n\r\n", b"\r", b"\x00",
]  # fmt: skip


def seeds() -> list[bytes]:
    """The mails that the tests know, as far as they are short: beginnings that reach far into the reader."""
    from bench.hostile import MAILS
    from tests.unit.mail import test_bounce_formats, test_reply_formats
    from tests.unit.mail.letters import letter, parts

    kind, body = parts(
        "\r\nisi", "Content-Type: image/png; name*=utf-8''%41\r\n\r\nx", "Content-Type: text/html\r\n\r\n<p>"
    )
    winmail = MAILS["winmail.dat"](0.001)[:300]
    found = [letter(), letter(kind, body=body), letter(body="begin 644 a\n%2F%L86X \n`\nend\n"), winmail]
    found += [*test_bounce_formats.PERMANENT.values(), *test_bounce_formats.DELAYS.values()]
    found += [letter(body=history) for history in test_reply_formats.HISTORIES.values()]
    found += [letter("Content-Type: text/html", body=html) for html in test_reply_formats.HTML.values()]
    return [each[:MOST_BYTES] for each in found]


def checked(raw: bytes) -> str:
    """Read a mail; the fault of the reader, "" when there is none. Raises what the reader raises."""
    from service.mail.parse import parse

    begin = time.process_time()
    message = parse(raw)
    if time.process_time() - begin > MOST_SECONDS:
        return "slow"
    for fault in message.faults:
        if "cannot be read (" in fault:
            return "guarded-" + fault.replace(" ", "-").strip(")").replace("(", "")
    texts = [message.subject, message.text, message.reply_text, message.from_name, message.from_address]
    texts += [part for pair in message.headers for part in pair] + [each.filename for each in message.attachments]
    if any("\x00" in text for text in texts) or any(0xD800 <= ord(char) < 0xE000 for text in texts for char in text):
        return "unstorable"
    return ""


def one(raw: bytes) -> None:
    """Read one mail and keep it when the reader is at fault; goes on, so that one fault does not hide the next."""
    try:
        fault = checked(raw)
    except Exception as problem:
        fault = f"raised-{type(problem).__name__}"
    if fault:
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{fault[:60]}-{sha256(raw).hexdigest()[:12]}"
        if len(list(FOLDER.glob(f"{fault[:60]}-*"))) < 20:
            path.write_bytes(raw)
            print(f"{fault}: {path}", flush=True)


def steered(seconds: int) -> None:
    """Let atheris choose. It ends the process itself, hence one of its own."""
    import atheris

    with atheris.instrument_imports(include=["service.mail", "flufl.bounce"]):
        import service.mail.parse  # noqa: F401

    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds():
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = FOLDER / "words"
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in _WORDS))
    options = [f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", f"-dict={words}", "-print_final_stats=1"]
    options += [f"-artifact_prefix={FOLDER}/", "-timeout=60", "-rss_limit_mb=2048", str(corpus)]
    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


def blind(seconds: int) -> None:
    """Mutate the seeds without knowing what that reaches."""
    known = seeds()
    rounds = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        one(mutated(known))
        rounds += 1
    print(f"{rounds} mails read")


def mutated(known: list[bytes]) -> bytes:
    """One of the known mails with a few random changes."""
    raw = bytearray(random.choice(known))
    changes: list[Callable[[int], object]] = [
        lambda at: raw.insert(at, random.randrange(256)),
        lambda at: raw.__delitem__(slice(at, at + random.randrange(1, 40))),
        lambda at: raw.__setitem__(slice(at, at), random.choice(_WORDS)),
        lambda at: raw.__setitem__(slice(at, at), raw[at : at + 200] * random.randrange(1, 5)),
        lambda at: raw.__setitem__(slice(at, at + 100), random.choice(known)[at : at + 200]),
    ]
    for _ in range(random.randrange(1, 8)):
        random.choice(changes)(random.randrange(len(raw) + 1))
    return bytes(raw[:MOST_BYTES])


def main(arguments: list[str]) -> int:
    """Returns 1 when something was found."""
    files = [Path(each) for each in arguments if not each.isdigit()]
    for path in files:
        print(f"{path}: {checked(path.read_bytes()) or 'read without fault'}")
    if files:
        return 0
    seconds = int(arguments[0]) if arguments else 60
    before = _kept()
    if importlib.util.find_spec("atheris"):
        command = [sys.executable, "-m", "tests.fuzz.mail", "--steered", str(seconds)]
        broken = subprocess.run(command, check=False).returncode != 0
    else:
        print("There is no atheris for this machine (it needs Linux on x86-64): mutating blindly.", flush=True)
        blind(seconds)
        broken = False
    found = _kept() - before
    print(f"{len(found)} mails kept in {FOLDER}" if found else "Nothing found.")
    return int(broken or bool(found))


def _kept() -> set[Path]:
    return {path for path in FOLDER.glob("*") if path.is_file() and path.name != "words"}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--steered"]:
        steered(int(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
