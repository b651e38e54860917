"""`/mailbox/`: every mail of the local mail server in the browser, as pages and as JSON, and a page to write one.

Registered by `deploy/local/wsgi.py` only. Pages need no JavaScript; a mail's HTML is shown in a frame that can neither
run anything nor fetch anything.
"""

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from deploy.local import mail_view
from deploy.local.mail_index import MailIndex
from deploy.local.mail_view import Letters
from deploy.local.plan import HOST
from deploy.local.store import Kept, Store
from service import clock

PAGE = 50
SECONDS = 20
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Without allow-scripts nothing runs; allow-same-origin only lets our own script measure the height of the mail.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)


def register(app: Flask, home: Path, mail_address: str, smtp_port: int) -> None:
    """Add the reader to an application."""
    reader = Reader(home, mail_address, smtp_port)
    app.register_blueprint(reader.blueprint())
    # First in the list runs last: the product's own headers would forbid the frame.
    app.after_request_funcs.setdefault(None, []).insert(0, _guard)


class Reader:
    """The pages, and what they read from."""

    def __init__(self, home: Path, mail_address: str, smtp_port: int) -> None:
        self.index = MailIndex(Store(home), mail_address)
        self.letters = Letters(self.index)
        self.smtp_port = smtp_port

    def blueprint(self) -> Blueprint:
        """All routes under `/mailbox`."""
        pages = Blueprint(
            "mailbox", __name__, url_prefix="/mailbox", template_folder="templates", static_folder="static"
        )
        pages.before_request(self.index.refresh)
        pages.context_processor(self._context)
        for rule, view in (
            ("/", self.list_page),
            ("/mail/<name>", self.mail_page),
            ("/mail/<name>/html", self.mail_html),
            ("/mail/<name>/file/<int:number>", self.mail_file),
            ("/api/latest", self.api_latest),
            ("/api/messages", self.api_messages),
            ("/api/messages/<name>", self.api_message),
            ("/api/messages/<name>/raw", self.api_raw),
        ):
            pages.add_url_rule(rule, view_func=view, endpoint=view.__name__)
        pages.add_url_rule("/write", view_func=self.write_page, endpoint="write_page")
        pages.add_url_rule("/write", view_func=self.send, endpoint="send", methods=["POST"])
        return pages

    def list_page(self) -> str:
        """Mails newest first, of one address or of all."""
        address, words = _address(), request.args.get("q", "").strip()
        mails = self.index.mails(address, words)
        last_page = max(1, -(-len(mails) // PAGE))
        page = min(max(1, request.args.get("page", 1, type=int)), last_page)
        return render_template(
            "mailbox/list.html",
            mails=mails[(page - 1) * PAGE : page * PAGE],
            total=len(mails),
            address=address,
            words=words,
            page=page,
            last_page=last_page,
            seconds=request.args.get("refresh", 0, type=int),
        )

    def mail_page(self, name: str) -> str:
        """One mail, in the form that is asked for: its HTML, its text or its headers."""
        mail = self._mail(name)
        message = self.letters.message(name)
        views = [view for view in ("html", "text", "headers") if view != "html" or message.html]
        view = request.args.get("view", views[0])
        return render_template(
            "mailbox/mail.html",
            mail=mail,
            message=message,
            address=_address(),
            views=views,
            view=view if view in views else views[0],
            files=mail_view.files(message),
            conversation=self.index.conversation(mail),
            sandbox=SANDBOX,
        )

    def mail_html(self, name: str) -> Response:
        """The HTML of a mail, for the frame."""
        self._mail(name)
        return Response(mail_view.harmless_html(self.letters.message(name)), mimetype="text/html")

    def mail_file(self, name: str, number: int) -> Response:
        """One attachment, always as a download; pictures keep their type so that the page can show them small."""
        self._mail(name)
        parts = self.letters.message(name).attachments
        if number >= len(parts):
            abort(404)
        part = parts[number]
        kind = part.content_type if part.content_type in mail_view.SHOWN_IMAGES else "application/octet-stream"
        response = Response(part.content, mimetype=kind)
        response.headers.set("Content-Disposition", "attachment", filename=part.filename or f"lampiran-{number + 1}")
        return response

    def write_page(self) -> str:
        """An empty mail, or the answer to one (`?reply=ID`)."""
        form = {"from": _address("from"), "to": _address(), "subject": "", "body": "", "reply": ""}
        name = request.args.get("reply", "")
        if name:
            form = self._answer(self._mail(name))
        return render_template("mailbox/write.html", form=form, fault="", address="")

    def send(self) -> str | AnyResponse:
        """Hand the written mail to the local mail server, as any mail program would."""
        form = {field: request.form.get(field, "") for field in ("from", "to", "subject", "body", "reply")}
        try:
            mail = self._compose(form)
            with smtplib.SMTP(HOST, self.smtp_port, timeout=SECONDS) as server:
                server.send_message(mail)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            fault = f"Surat tidak terkirim: {error}"
            return render_template("mailbox/write.html", form=form, fault=fault, address="")
        return redirect(url_for("mailbox.list_page", sent=1))

    def api_latest(self) -> Response:
        """The newest id, so that an open page knows when to load again."""
        return jsonify(latest=self.index.latest())

    def api_messages(self) -> Response:
        """Mails as JSON, newest first: `to` one address, at most `limit`, only those with an id above `after`."""
        mails = self.index.mails(_address(), request.args.get("q", ""))
        after = request.args.get("after", "")
        if after:
            mails = [mail for mail in mails if mail.id > after]
        limit = request.args.get("limit", len(mails), type=int)
        return jsonify([self.letters.as_json(mail) for mail in mails[: max(0, limit)]])

    def api_message(self, name: str) -> Response:
        """One mail as JSON."""
        return jsonify(self.letters.as_json(self._mail(name)))

    def api_raw(self, name: str) -> Response:
        """The bytes of a mail."""
        self._mail(name)
        response = Response(self.index.store.raw(name), mimetype="message/rfc822")
        response.headers.set("Content-Disposition", "attachment", filename=f"{name}.eml")
        return response

    def _mail(self, name: str) -> Kept:
        mail = self.index.mail(name)
        if mail is None:
            abort(404)
        return mail

    def _answer(self, mail: Kept) -> dict[str, str]:
        message = self.letters.message(mail.id)
        quoted = "\n".join(f"> {line}" for line in message.text.splitlines())
        who = mail.from_name or mail.from_address
        subject = message.subject if message.subject.lower().startswith("re:") else f"Re: {message.subject}"
        return {
            "from": mail.recipient,
            "to": mail.reply_to or mail.from_address,
            "subject": subject,
            "body": f"\n\n\nPada {mail_view.long_time(mail.received)}, {who} menulis:\n{quoted}\n",
            "reply": mail.id,
        }

    def _compose(self, form: dict[str, str]) -> EmailMessage:
        """The mail of a filled-in form; raises ValueError when a field cannot stand in a header."""
        mail = EmailMessage()
        sender, recipient = form["from"].strip(), form["to"].strip()
        if "@" not in sender or "@" not in recipient:
            raise ValueError("alamat pengirim dan penerima harus diisi.")
        name = self.index.name_of(sender)
        mail["From"] = f'"{name}" <{sender}>' if name and '"' not in name and "<" not in sender else sender
        mail["To"] = recipient
        mail["Subject"] = form["subject"].strip()
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("<> ") or "localhost")
        answered = self.index.mail(form["reply"])
        if answered is not None and answered.message_id:
            mail["In-Reply-To"] = answered.message_id
            mail["References"] = " ".join([*answered.references, answered.message_id])
        mail.set_content(form["body"])
        for file in request.files.getlist("files"):
            if file.filename:
                main, _, sub = (file.mimetype or "application/octet-stream").partition("/")
                mail.add_attachment(file.read(), maintype=main, subtype=sub, filename=file.filename)
        return mail

    def _context(self) -> dict:
        return {
            "addresses": self.index.addresses(),
            "count_all": len(self.index.mails()),
            "latest": self.index.latest(),
            "name_of": self.index.name_of,
            "own": self.index.mail_address,
            "preview": self.letters.preview,
            "conversation_size": lambda mail: len(self.index.conversation(mail)),
            "view_of": mail_view,
            "now": clock.now(),
            "speed": clock.speed(),
        }


def _address(field: str = "to") -> str:
    """An address from the query; a plus that was not escaped arrives as a space."""
    return request.args.get(field, "").strip().lower().replace(" ", "+")


def _guard(response: Response) -> Response:
    """Headers of the reader's own pages; the product's pages keep theirs."""
    if request.blueprint != "mailbox":
        return response
    framed = request.endpoint == "mailbox.mail_html"
    response.headers["Content-Security-Policy"] = MAIL_POLICY if framed else PAGE_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache" if request.endpoint == "mailbox.static" else "no-store"
    return response
