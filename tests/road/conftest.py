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
        self.cities: list[City] = []
        self.settings = parts.start(self.folder)

    def new_city(self) -> City:
        """A city without a single complaint."""
        self.cities.append(City(self.parts, self.settings, f"city_{len(self.cities)}"))
        return self.cities[-1]

    def shared_city(self) -> City:
        """The city of all tests that leave the clock alone."""
        return self.cities[0] if self.cities else self.new_city()

    def end(self) -> None:
        for city in self.cities:
            city.close()
        self.parts.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="package")
def embedded_ground() -> Iterator[Ground]:
    """The embedded parts."""
    yield from _ground(EmbeddedParts())


@pytest.fixture(scope="package")
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


@pytest.fixture
def city(embedded_ground: Ground) -> City:
    """A city on the embedded parts, shared: other tests' cases lie there too."""
    return embedded_ground.shared_city()


@pytest.fixture(params=["embedded", pytest.param("debian", marks=pytest.mark.real)])
def either_city(request: pytest.FixtureRequest) -> City:
    """The shared city on each of the two sets of parts."""
    return request.getfixturevalue(f"{request.param}_ground").shared_city()


@pytest.fixture
def own_city(embedded_ground: Ground) -> Iterator[City]:
    """A city on the embedded parts for one test alone; the shared one rests meanwhile."""
    embedded_ground.shared_city().rest()
    made = embedded_ground.new_city()
    yield made
    made.rest()
