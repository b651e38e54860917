"""The mail reader in the browser: pages, JSON, and writing a mail."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deploy.local import viewer
from deploy.local.mail_index import MailIndex
from deploy.local.store import Store, mailbox_of
from tests.local.conftest import MailServer

OWN = "lapor@kota.example"
START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
PIXEL = bytes.fromhex("89504e470d0a1a0a")  # enough of a PNG for our purpose


class Post:
    """Puts mails into the store, as the mail server would."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home)
        self.count = 0

    def __call__(self, sender: str, recipient: str, subject: str = "Lampu mati", answers: str = "", **more: str) -> str:
        """Deliver one mail; returns its Message-ID."""
        self.count += 1
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
        mail["Message-ID"] = f"<{self.count}@test.example>"
        if answers:
            mail["In-Reply-To"] = mail["References"] = answers
        if "reply_to" in more:
            mail["Reply-To"] = more["reply_to"]
        mail.set_content(more.get("text", "Sudah tiga malam gelap.\n"))
        if "html" in more:
            mail.add_alternative(more["html"], subtype="html")
            mail.get_payload()[1].add_related(PIXEL, "image", "png", cid="<chart@x>")
        if "file" in more:
            mail.add_attachment(b"isi", maintype="application", subtype="pdf", filename=more["file"])
        address = recipient.rpartition("<")[2].strip(">")
        raw = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
        moment = START + timedelta(minutes=self.count)
        self.store.keep(raw, mailbox_of(address, OWN), address, "sari@warga.example", moment)
        return mail["Message-ID"]


@pytest.fixture
def post(home: Path) -> Post:
    return Post(home)


@pytest.fixture
def client(home: Path) -> FlaskClient:
    return reader(home, smtp_port=1)


def reader(home: Path, smtp_port: int) -> FlaskClient:
    app = Flask("product")
    app.after_request(strict)
    viewer.register(app, home, OWN, smtp_port)
    return app.test_client()


def strict(response):
    """As the product does: headers that would forbid the frame."""
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return response


def test_the_json_says_what_the_contract_names(post: Post, client: FlaskClient) -> None:
    first = post("Sari Wulandari <sari@warga.example>", "lapor+pupr@kota.example", file="surat pengantar.pdf")
    post(
        "Tuntas <lapor@kota.example>", "Sari <sari@warga.example>", "Diterima", first, reply_to="lapor+r-1@kota.example"
    )
    newest, oldest = client.get("/mailbox/api/messages").json
    contract = {"id", "from", "to", "subject", "date", "message_id", "in_reply_to", "reply_to", "text", "html"}
    assert contract | {"attachments"} <= set(newest)
    assert (newest["from"], newest["to"], newest["subject"]) == (OWN, "sari@warga.example", "Diterima")
    assert (newest["message_id"], newest["in_reply_to"]) == ("<2@test.example>", first)
    assert (newest["reply_to"], oldest["reply_to"]) == ("lapor+r-1@kota.example", None)
    assert oldest["text"].strip() == "Sudah tiga malam gelap."
    assert [file["filename"] for file in oldest["attachments"]] == ["surat pengantar.pdf"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("to=sari@warga.example", ["000003"]),
        ("to=lapor@kota.example", ["000002", "000001"]),
        ("to=lapor%2Bpupr@kota.example", ["000001"]),
        ("to=lapor+pupr@kota.example", ["000001"]),  # a plus that nobody escaped
        ("to=siapa@warga.example", []),
        ("limit=1", ["000003"]),
        ("after=000001", ["000003", "000002"]),
    ],
)
def test_the_json_is_narrowed_by_address(post: Post, client: FlaskClient, query: str, ids: list[str]) -> None:
    post("sari@warga.example", "lapor+pupr@kota.example")
    post("sari@warga.example", OWN)
    post(OWN, "sari@warga.example")
    assert [mail["id"] for mail in client.get(f"/mailbox/api/messages?{query}").json] == ids


def test_raw_bytes_are_the_ones_that_are_kept(post: Post, client: FlaskClient) -> None:
    post("sari@warga.example", OWN)
    answer = client.get("/mailbox/api/messages/000001/raw")
    assert answer.data == post.store.raw("000001")
    assert answer.mimetype == "message/rfc822"


@pytest.mark.parametrize("path", ["mail/000009", "mail/..%2f..%2fsecret-key", "mail/000009/html", "api/messages/1/raw"])
def test_an_unknown_mail_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/mailbox/{path}").status_code == 404


def test_html_can_neither_run_nor_fetch_anything(post: Post, client: FlaskClient) -> None:
    post(
        OWN,
        "sari@warga.example",
        html='<script>alert(1)</script><img src="cid:chart@x"><img src="http://jahat.example/">',
    )
    page = client.get("/mailbox/mail/000001").text
    assert re.search(r'<iframe[^>]* sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"', page)
    assert "alert(1)" not in page
    frame = client.get("/mailbox/mail/000001/html")
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert 'src="data:image/png;base64,' in frame.text


def test_words_of_a_mail_are_never_markup(post: Post, client: FlaskClient) -> None:
    post('"<b>Sari" <sari@warga.example>', OWN, "<script>x</script>", text='<img src=x> http://a.example/?"x\n')
    for path in ("", "mail/000001", "mail/000001?view=headers", "write?reply=000001"):
        page = client.get(f"/mailbox/{path}").text
        assert "<script>x" not in page
        assert "<img src=x" not in page
    assert '<a href="http://a.example/">' in client.get("/mailbox/mail/000001").text


def test_pages_fetch_nothing_from_elsewhere_and_hold_no_inline_code(post: Post, client: FlaskClient) -> None:
    post("sari@warga.example", OWN)
    for path in ("", "mail/000001", "write"):
        answer = client.get(f"/mailbox/{path}")
        assert answer.headers["Content-Security-Policy"] == viewer.PAGE_POLICY
        assert not re.search(r'(src|href)="(https?:)?//', answer.text)
        assert not re.search(r"<style| style=| on[a-z]+=|<script>", answer.text)


def test_attachments_are_downloads(post: Post, client: FlaskClient) -> None:
    post("sari@warga.example", OWN, file="foto.html")
    answer = client.get("/mailbox/mail/000001/file/0")
    assert answer.data == b"isi"
    assert answer.headers["Content-Disposition"] == "attachment; filename=foto.html"
    assert answer.mimetype == "application/octet-stream"
    assert client.get("/mailbox/mail/000001/file/1").status_code == 404


def test_mails_that_answer_each_other_are_one_conversation(post: Post) -> None:
    first = post("sari@warga.example", OWN)
    stray = post("hendra@dinas.example", OWN, "Lain")
    second = post(OWN, "budi@dinas.example", answers=first)
    post("budi@dinas.example", OWN, answers=second)
    index = MailIndex(post.store, OWN)
    index.refresh()
    assert [mail.id for mail in index.conversation(index.mail("000004"))] == ["000001", "000003", "000004"]
    assert [mail.id for mail in index.conversation(index.mail("000002"))] == ["000002"]
    post("budi@dinas.example", OWN, answers=f"{second} {stray}")  # joins the two
    index.refresh()
    assert len(index.conversation(index.mail("000002"))) == 5


def test_the_column_of_addresses_knows_names_and_counts(post: Post) -> None:
    post("Sari Wulandari <sari@warga.example>", "lapor+pupr@kota.example")
    post("Tuntas <lapor@kota.example>", "sari@warga.example")
    post("x@y.example", '"Dinas PUPR" <pupr@kota.example>')
    index = MailIndex(post.store, OWN)
    index.refresh()
    assert [(entry.address, entry.name, entry.count) for entry in index.addresses()] == [
        (OWN, "Tuntas", 1),
        ("pupr@kota.example", "Dinas PUPR", 1),
        ("sari@warga.example", "Sari Wulandari", 1),
    ]


def test_new_mails_are_seen_and_an_emptied_folder_too(post: Post, client: FlaskClient) -> None:
    assert client.get("/mailbox/api/latest").json == {"latest": ""}
    assert "Belum ada surat" in client.get("/mailbox/").text
    post("sari@warga.example", OWN)
    assert client.get("/mailbox/api/latest").json == {"latest": "000001"}
    for path in post.store.folder.iterdir():
        path.unlink()
    assert client.get("/mailbox/api/messages").json == []


def test_an_answer_can_be_written_and_keeps_the_thread(mail_server: MailServer, post: Post) -> None:
    first = post("Tuntas <lapor@kota.example>", "budi@dinas.example", "Aduan baru", reply_to="lapor+r-1@kota.example")
    mail_server.stop()
    mail_server.start()  # it numbers on from what is there
    client = reader(mail_server.home, mail_server.smtp)
    page = client.get("/mailbox/write?reply=000001").text
    assert 'value="budi@dinas.example"' in page
    assert 'value="lapor+r-1@kota.example"' in page
    assert "Tuntas menulis:" in page
    form = {"from": "budi@dinas.example", "to": "lapor+r-1@kota.example", "subject": "Re: Aduan baru", "body": "Siap"}
    assert client.post("/mailbox/write", data={**form, "reply": "000001"}).status_code == 302
    (answer,) = client.get("/mailbox/api/messages?to=lapor@kota.example").json
    assert (answer["in_reply_to"], answer["references"], answer["text"].strip()) == (first, [first], "Siap")
    refused = client.post("/mailbox/write", data={**form, "to": "bounce550@x.example"})
    assert "Surat tidak terkirim" in refused.text
    forged = client.post("/mailbox/write", data={**form, "subject": "a\r\nBcc: semua@x.example"})
    assert "Surat tidak terkirim" in forged.text
