"""The post, and the cast in front of their browsers."""

from collections.abc import Callable, Iterator

import pytest

from service.agencies.directory import Directory
from tests.fakes.clock import FakeClock
from tests.lessons.imap_server import ImapServer
from tests.lessons.post import Post
from tests.monitoring.conftest import fajar, well  # noqa: F401 - fixtures
from tests.web.conftest import (  # noqa: F401 - fixtures
    Browser,
    _no_counts_from_other_tests,
    browser_of,
    cast,
    sari,
)


@pytest.fixture
def post(directory: Directory, clock: FakeClock) -> Post:
    """A folder and a server of Kota Bengkulu, both well."""
    return Post(clock)


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    """A server that can be told to misbehave."""
    with ImapServer() as server:
        yield server


@pytest.fixture
def dewi(browser_of: Callable[[str], Browser]) -> Browser:  # noqa: F811
    """The desk's browser."""
    return browser_of("dewi")
