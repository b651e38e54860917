"""The story, told once a test."""

import pytest

from service.agencies.directory import Directory
from tests.evidence.story import tell
from tests.fakes.clock import FakeClock


@pytest.fixture
def story(directory: Directory, clock: FakeClock) -> list[int]:
    """Ids of the four cases."""
    return tell(directory, clock)
