"""The two sets of parts, started once each, and cities on them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.road import debian
from tests.road.city import City
from tests.road.embedded import EmbeddedParts
from tests.road.parts import Parts


class Ground:
    """Started parts, and the settings that name them."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        # A short path: unix sockets allow only about a hundred bytes. Other accounts must pass through it.
        self.folder = Path(tempfile.mkdtemp(prefix="road-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.cities = 0
        self.settings = parts.start(self.folder)

    def city(self) -> City:
        """A new city without a single complaint."""
        self.cities += 1
        return City(self.parts, self.settings, f"city_{self.cities}")

    def end(self) -> None:
        self.parts.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_ground() -> Iterator[Ground]:
    """The embedded parts."""
    yield from _ground(EmbeddedParts())


@pytest.fixture(scope="session")
def debian_ground() -> Iterator[Ground]:
    """Debian's parts; without them the tests are skipped, and fail where nothing may be missing."""
    if lacking := debian.missing():
        sentence = f"NOT TESTED on PostgreSQL, Redis, Dovecot and Postfix of the system: {lacking} is missing"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    yield from _ground(debian.DebianParts())


def _ground(parts: Parts) -> Iterator[Ground]:
    ground = None
    try:
        ground = Ground(parts)
        yield ground
    finally:
        ground.end() if ground else parts.stop()


@pytest.fixture(scope="module")
def city(embedded_ground: Ground) -> Iterator[City]:
    """A city on the embedded parts, one for each file of tests."""
    made = embedded_ground.city()
    yield made
    made.close()


@pytest.fixture(scope="module", params=["embedded", pytest.param("debian", marks=pytest.mark.real)])
def either_city(request: pytest.FixtureRequest) -> Iterator[City]:
    """A city on each of the two sets of parts."""
    ground: Ground = request.getfixturevalue(f"{request.param}_ground")
    made = ground.city()
    yield made
    made.close()
