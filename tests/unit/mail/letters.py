"""Letters for the tests, built by hand so that every byte is ours."""


def letter(*headers: str, body: str | bytes = "Jalan di depan rumah rusak.\n", charset: str = "utf-8") -> bytes:
    """A letter from Sari with further headers; a header given here takes the place of the usual one."""
    usual = {
        "From": "Sari <sari@surel.test>",
        "To": "lapor@kota.test",
        "Subject": "Jalan rusak",
        "Date": "Mon, 23 Nov 2026 12:00:00 +0700",
        "Message-ID": "<sari-1@surel.test>",
    }
    for line in headers:
        usual.pop(line.partition(":")[0], None)
    lines = [f"{name}: {value}" for name, value in usual.items()] + list(headers)
    content = body.encode(charset) if isinstance(body, str) else body
    return "\r\n".join(lines).encode(charset) + b"\r\n\r\n" + content


def parts(*inner: str | bytes, kind: str = "mixed", boundary: str = "batas") -> tuple[str, bytes]:
    """The Content-Type header line and the body of a multipart; each inner part with its headers."""
    body = b""
    for each in inner:
        body += f"--{boundary}\r\n".encode() + (each.encode() if isinstance(each, str) else each) + b"\r\n"
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"', body + f"--{boundary}--\r\n".encode()
