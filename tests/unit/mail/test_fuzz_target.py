"""The target of `make fuzz`: it keeps what breaks the reader, and its seeds do not."""

from service.mail import parse as reader
from tests.fuzz import mail


def test_a_mail_that_breaks_the_reader_is_kept(tmp_path, monkeypatch):
    def broken(raw: bytes) -> None:
        raise IndexError(raw)

    monkeypatch.setattr(mail, "FOLDER", tmp_path)
    monkeypatch.setattr(reader, "parse", broken)
    mail.one(b"Subject: Jalan")
    mail.one(b"Subject: Jalan")
    (kept,) = tmp_path.iterdir()
    assert kept.name.startswith("raised-IndexError-")
    assert kept.read_bytes() == b"Subject: Jalan"


def test_the_seeds_and_their_blind_mutations_are_read_without_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(mail, "FOLDER", tmp_path)
    known = mail.seeds()
    for raw in known + [mail.mutated(known) for _ in range(200)]:
        mail.one(raw)
    assert list(tmp_path.iterdir()) == []
