"""A plain connection to the parts' IMAP server."""

import socket

from imapclient import IMAPClient

from bench.city import Site
from tests.road.parts import HOST


def connect(site: Site, address: str) -> IMAPClient:
    """Signed in as `address`, with nothing selected."""
    client = IMAPClient(HOST, port=site.parts.imap_port, ssl=False, timeout=60)
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.login(address, "any")
    return client
