"""Signatures, checked with a key of our own."""

import subprocess
from dataclasses import replace
from pathlib import Path

import dkim
import pytest

from service.config import settings
from service.outbox import dkim as signing

RAW = b"From: a@bengkulukota.example\r\nTo: sari@warga.example\r\nSubject: Halo\r\n\r\nIsi\r\n"


@pytest.fixture
def public_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key is configured; returns what the DNS would say of it."""
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True, capture_output=True)
    public = subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout"], check=True, capture_output=True, text=True
    ).stdout
    signing._key.cache_clear()
    monkeypatch.setattr(signing, "settings", lambda: replace(settings(), dkim_key_file=str(key)))
    return "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])


def checked(raw: bytes, public_key: str) -> bool:
    return bool(dkim.verify(raw, dnsfunc=lambda *_, **__: public_key.encode()))


def test_a_signed_mail_can_be_verified(public_key: str) -> None:
    signed = signing.sign(RAW)
    assert signed.endswith(RAW)
    assert b"d=bengkulukota.example" in signed
    assert checked(signed, public_key)


def test_a_changed_mail_cannot(public_key: str) -> None:
    assert not checked(signing.sign(RAW).replace(b"Isi", b"Lain"), public_key)


def test_without_a_key_nothing_is_signed() -> None:
    assert signing.sign(RAW) == RAW
